// Sixteen floats at a time, and memory that is aligned for them.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

namespace heedful {

using Vec = __m512;
constexpr int LANES = 16;
constexpr float INF = std::numeric_limits<float>::infinity();

inline int round_up(int n, int multiple) { return (n + multiple - 1) / multiple * multiple; }

// An array that grows and never shrinks; `resize` keeps nothing, `extend` keeps what is there.
template <class T>
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(size_t n) { resize(n); }
    Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { std::free(data_); }

    void resize(size_t n) {
        if (n > size_) {
            std::free(data_);
            data_ = allocate(n);
            size_ = n;
        }
    }
    void extend(size_t n) {
        if (n > size_) {
            T* larger = allocate(n);
            if (size_) std::memcpy(static_cast<void*>(larger), data_, size_ * sizeof(T));
            std::free(data_);
            data_ = larger;
            size_ = n;
        }
    }
    size_t size() const { return size_; }
    T* get() { return data_; }
    const T* get() const { return data_; }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }

private:
    // 64 bytes more than asked for: a last vector may reach past the end.
    static T* allocate(size_t n) {
        size_t bytes = (n * sizeof(T) + 127) / 64 * 64;
        void* memory = std::aligned_alloc(64, bytes);
        if (!memory) throw std::bad_alloc();
        std::memset(memory, 0, bytes);
        return static_cast<T*>(memory);
    }
    T* data_ = nullptr;
    size_t size_ = 0;
};

inline Vec load(const float* at) { return _mm512_loadu_ps(at); }
inline void store(float* at, Vec v) { _mm512_storeu_ps(at, v); }
inline Vec splat(float value) { return _mm512_set1_ps(value); }

// e^x to about 1e-7 of itself, NaN for NaN: 2^n times a polynomial of what is left (the coefficients of Cephes' expf).
inline Vec exp(Vec x) {
    x = _mm512_max_ps(splat(-87.3f), x);  // of a NaN in the second place the result is NaN
    Vec n = _mm512_roundscale_ps(_mm512_mul_ps(x, splat(1.44269504088896341f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    Vec r = _mm512_fnmadd_ps(n, splat(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, splat(-2.12194440e-4f), r);
    Vec p = splat(1.9875691500e-4f);
    for (float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f})
        p = _mm512_fmadd_ps(p, r, splat(c));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, splat(1.0f)));
    return _mm512_scalef_ps(p, n);
}

// Turn a square of 16 x 16 floats over: what stood in lane j of v[i] stands in lane i of v[j].
inline void transpose(Vec (&v)[LANES]) {
    const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    // Blocks off the diagonal change places: of 8 x 8, then those of 4 x 4 within each, and so on.
    for (int half = LANES / 2; half; half /= 2) {
        const __mmask16 second = _mm512_test_epi32_mask(lane, _mm512_set1_epi32(half));
        // Of two vectors side by side lanes 16 to 31 are the second's.
        const __m512i left = _mm512_mask_add_epi32(lane, second, lane, _mm512_set1_epi32(LANES - half));
        const __m512i right = _mm512_mask_mov_epi32(_mm512_add_epi32(lane, _mm512_set1_epi32(half)), second,
                                                    _mm512_add_epi32(lane, _mm512_set1_epi32(LANES)));
        for (int i = 0; i < LANES; ++i) {
            if (i & half) continue;
            const Vec a = v[i], b = v[i + half];
            v[i] = _mm512_permutex2var_ps(a, left, b);
            v[i + half] = _mm512_permutex2var_ps(a, right, b);
        }
    }
}

inline float sum(Vec v) { return _mm512_reduce_add_ps(v); }
inline float largest(Vec v) { return _mm512_reduce_max_ps(v); }

// The sums of sixteen vectors, as one, with half the work of summing each by itself: that of v[slot(i)] comes out in
// place i.
inline int slot(int i) { return i / 4 + i % 4 * 4; }
inline Vec sums(const Vec (&v)[LANES]) {
    Vec a[8], b[4], c[2];
    for (int i = 0; i < 8; ++i)
        a[i] = _mm512_add_ps(_mm512_unpacklo_ps(v[i], v[i + 8]), _mm512_unpackhi_ps(v[i], v[i + 8]));
    for (int i = 0; i < 4; ++i)
        b[i] = _mm512_add_ps(_mm512_unpacklo_ps(a[i], a[i + 4]), _mm512_unpackhi_ps(a[i], a[i + 4]));
    // Each quarter of b[i] holds its share of the sums of v[i], v[i + 4], v[i + 8] and v[i + 12].
    for (int i = 0; i < 2; ++i)
        c[i] = _mm512_add_ps(_mm512_shuffle_f32x4(b[2 * i], b[2 * i + 1], 0x88), _mm512_shuffle_f32x4(b[2 * i], b[2 * i + 1], 0xdd));
    return _mm512_add_ps(_mm512_shuffle_f32x4(c[0], c[1], 0x88), _mm512_shuffle_f32x4(c[0], c[1], 0xdd));
}

}  // namespace heedful
