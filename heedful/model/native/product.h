// Products of a few rows with a weight that is packed for it, in float32, bfloat16 or int8.
//
// A weight lies in panels of 64 columns, so that a tile of six rows and one panel fills 24 of the 32 registers with sums
// and reads every weight once, in order. Every sum is taken in the same order however many rows there are: a row's
// result does not depend on its company.
#pragma once

#include <cmath>

#include "simd.h"

namespace heedful {

// bfloat16 is the upper half of a float32. Where the CPU has no instruction for it, or the compiler is too old to know
// that it has, the same is said in others.
#ifdef __AVX512BF16__
inline __m256i to_bfloat16(Vec x) {
    __m256bh rounded = _mm512_cvtneps_pbh(x);
    return reinterpret_cast<__m256i&>(rounded);
}
// sum + a * b, two neighbours at a time.
inline Vec add_products(Vec sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh&>(a), reinterpret_cast<__m512bh&>(b));
}
#else
inline __m256i to_bfloat16(Vec x) {
    const __m512i bits = _mm512_castps_si512(x), is_odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(is_odd, _mm512_set1_epi32(0x7fff)));
    // The sum may carry a NaN over to a number.
    rounded = _mm512_mask_mov_epi32(rounded, _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), _mm512_set1_epi32(0x7fc00000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
}
inline Vec add_products(Vec sum, __m512i a, __m512i b) {
    const __m512i upper = _mm512_set1_epi32(static_cast<int32_t>(0xffff0000));
    const Vec a0 = _mm512_castsi512_ps(_mm512_slli_epi32(a, 16)), a1 = _mm512_castsi512_ps(_mm512_and_si512(a, upper));
    const Vec b0 = _mm512_castsi512_ps(_mm512_slli_epi32(b, 16)), b1 = _mm512_castsi512_ps(_mm512_and_si512(b, upper));
    return _mm512_fmadd_ps(a1, b1, _mm512_fmadd_ps(a0, b0, sum));
}
#endif

enum class Kind : int32_t { float32 = 0, bfloat16 = 1, int8 = 2 };

constexpr int PANEL = 64;
constexpr int VECTORS = PANEL / LANES;
constexpr int TILE = 6;

// How many neighbouring inputs one instruction multiplies and adds, and the bytes of one.
inline int step_of(Kind kind) { return kind == Kind::float32 ? 1 : kind == Kind::bfloat16 ? 2 : 4; }
inline int bytes_of(Kind kind) { return 4 / step_of(kind); }

// Rows made ready to be multiplied: bfloat16, or bytes 128 + round(x / scale), a scale for each row.
struct Rows {
    Kind kind = Kind::float32;
    int width = 0;
    Buffer<uint8_t> bytes;
    Buffer<float> scale;

    void open(Kind kind_, int n_rows, int width_) {
        kind = kind_;
        width = width_;
        bytes.resize(static_cast<size_t>(n_rows) * width * bytes_of(kind));
        scale.resize(n_rows);
    }
    uint8_t* row(int r) { return bytes.get() + static_cast<size_t>(r) * width * bytes_of(kind); }
    const uint8_t* row(int r) const { return bytes.get() + static_cast<size_t>(r) * width * bytes_of(kind); }

    // Convert one row; the width is a multiple of 16.
    void put(int r, const float* x) {
        if (kind == Kind::float32) {
            std::memcpy(row(r), x, width * sizeof(float));
        } else if (kind == Kind::bfloat16) {
            for (int i = 0; i < width; i += LANES) put(r, i, load(x + i));
        } else {
            put_int8(r, x);
        }
    }

    // Sixteen numbers of a row; not in int8, where a row has one scale.
    void put(int r, int at, Vec x) {
        if (kind == Kind::float32)
            store(reinterpret_cast<float*>(row(r)) + at, x);
        else
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(row(r) + 2 * at), to_bfloat16(x));
    }

private:
    void put_int8(int r, const float* x) {
        Vec most = _mm512_setzero_ps();
        __mmask16 broken = 0;
        for (int i = 0; i < width; i += LANES) {
            Vec v = load(x + i);
            broken |= _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
            most = _mm512_max_ps(most, _mm512_abs_ps(v));
        }
        // The same steps as `quantized` in heedful/compression/quantize.py, rounding included.
        const float step = largest(most) / 127.0f;
        const Vec divisor = splat(step > 0 ? step : 1.0f);
        scale[r] = broken ? NAN : step;
        uint8_t* to = row(r);
        for (int i = 0; i < width; i += LANES) {
            __m512i whole = _mm512_cvtps_epi32(_mm512_div_ps(load(x + i), divisor));
            whole = _mm512_add_epi32(whole, _mm512_set1_epi32(128));
            _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i), _mm512_cvtusepi32_epi8(whole));
        }
    }
};

// A weight as it comes: (n, k), row after row; scale (n) for int8 alone; bias (n) or null.
struct MatrixIn {
    int32_t kind, n, k;
    const void* weight;
    const float* scale;
    const float* bias;
};

struct Matrix {
    Kind kind = Kind::float32;
    int n = 0, k = 0;
    Buffer<uint8_t> panels;
    Buffer<float> bias;     // zeros where there is none; `floor` behind the last column
    Buffer<float> scale;    // int8: of each column
    Buffer<int32_t> start;  // int8: what the 128 in every input adds, taken off beforehand

    Matrix() = default;
    // `floor` is what the columns that fill up the last panel come out as.
    Matrix(const MatrixIn& in, float floor) : kind(static_cast<Kind>(in.kind)), n(in.n), k(in.k) {
        const int step = step_of(kind), size = bytes_of(kind), padded = round_up(n, PANEL);
        panels.resize(static_cast<size_t>(padded) * k * size);
        bias.resize(padded);
        scale.resize(padded);
        start.resize(padded);
        const uint8_t* from = static_cast<const uint8_t*>(in.weight);
        for (int column = 0; column < padded; ++column) {
            bias[column] = column >= n ? floor : in.bias ? in.bias[column] : 0.0f;
            scale[column] = column < n && in.scale ? in.scale[column] : 0.0f;
            if (column >= n) continue;
            int32_t total = 0;
            uint8_t* panel = panels.get() + static_cast<size_t>(column / PANEL) * PANEL * k * size;
            for (int i = 0; i < k; ++i) {
                const uint8_t* weight = from + (static_cast<size_t>(column) * k + i) * size;
                // (k / step, 64 columns, step)
                size_t at = (static_cast<size_t>(i / step) * PANEL + column % PANEL) * step + i % step;
                std::memcpy(panel + at * size, weight, size);
                if (kind == Kind::int8) total += static_cast<int8_t>(*weight);
            }
            start[column] = -128 * total;
        }
    }
    // Become some columns of another, in the order given.
    void gather(const Matrix& from, const int32_t* columns, int count, float floor) {
        kind = from.kind, n = count, k = from.k;
        const int padded = round_up(n, PANEL), stride = 4 * PANEL;
        const size_t size = static_cast<size_t>(PANEL) * k * bytes_of(kind);
        panels.resize(padded / PANEL * size);
        bias.resize(padded), scale.resize(padded), start.resize(padded);
        for (int first = 0; first < padded; first += PANEL) {
            const int some = n - first < PANEL ? n - first : PANEL;
            const uint8_t* at[PANEL];
            for (int c = 0; c < PANEL; ++c) {
                const bool is_one = c < some;
                const int column = is_one ? columns[first + c] : 0;
                at[c] = from.panel(column / PANEL) + 4 * (column % PANEL);
                bias[first + c] = is_one ? from.bias[column] : floor;
                scale[first + c] = is_one ? from.scale[column] : 0.0f;
                start[first + c] = is_one ? from.start[column] : 0;
            }
            uint8_t* to = panels.get() + first / PANEL * size;
            for (size_t offset = 0; offset < size; offset += stride) {
                for (int c = 0; c < some; ++c) std::memcpy(to + offset + 4 * c, at[c] + offset, 4);
                // What was here before could be no number.
                std::memset(to + offset + 4 * some, 0, 4 * (PANEL - some));
            }
        }
    }
    int n_panels() const { return round_up(n, PANEL) / PANEL; }
    const uint8_t* panel(int p) const { return panels.get() + static_cast<size_t>(p) * PANEL * k * bytes_of(kind); }
};

template <Kind kind>
struct Unit;  // one multiply-and-add of 16 columns: Sum, first(matrix, column), add(sum, input, weight), finish

template <>
struct Unit<Kind::float32> {
    using Sum = Vec;
    static Sum first(const Matrix&, int) { return _mm512_setzero_ps(); }
    static Sum add(Sum sum, __m512i input, __m512i weight) {
        return _mm512_fmadd_ps(_mm512_castsi512_ps(input), _mm512_castsi512_ps(weight), sum);
    }
    static Vec finish(Sum sum, const Matrix& w, int column, float) { return _mm512_add_ps(sum, load(w.bias.get() + column)); }
};

template <>
struct Unit<Kind::bfloat16> : Unit<Kind::float32> {
    static Sum add(Sum sum, __m512i input, __m512i weight) { return add_products(sum, input, weight); }
};

template <>
struct Unit<Kind::int8> {
    using Sum = __m512i;
    static Sum first(const Matrix& w, int column) { return _mm512_loadu_si512(w.start.get() + column); }
    // _mm512_dpbusd_epi32, said so that compilers keep 24 sums in registers: GCC 12 copies each to memory and back.
    static Sum add(Sum sum, __m512i input, __m512i weight) {
        __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(input), "v"(weight));
        return sum;
    }
    static Vec finish(Sum sum, const Matrix& w, int column, float row_scale) {
        const Vec y = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), splat(row_scale));
        return _mm512_fmadd_ps(y, load(w.scale.get() + column), load(w.bias.get() + column));
    }
};

// M rows with one panel. Not inlined: among other code compilers run out of registers and put the sums into memory.
template <Kind kind, int M>
[[gnu::noinline]] void tile(const Rows& a, int row, const Matrix& w, int p, Vec (&out)[TILE][VECTORS]) {
    using U = Unit<kind>;
    const int column = p * PANEL, n_steps = w.k / step_of(kind), stride = a.width * bytes_of(kind);
    typename U::Sum sums[M][VECTORS];
    for (int v = 0; v < VECTORS; ++v)
        for (int r = 0; r < M; ++r) sums[r][v] = U::first(w, column + v * LANES);
    const uint8_t *inputs = a.row(row), *weights = w.panel(p);
    for (int s = 0; s < n_steps; ++s, inputs += 4, weights += 4 * PANEL) {
        __m512i weight[VECTORS];
        for (int v = 0; v < VECTORS; ++v) weight[v] = _mm512_loadu_si512(weights + v * 64);
        for (int r = 0; r < M; ++r) {
            int32_t four;
            std::memcpy(&four, inputs + r * stride, 4);
            __m512i input = _mm512_set1_epi32(four);
            for (int v = 0; v < VECTORS; ++v) sums[r][v] = U::add(sums[r][v], input, weight[v]);
        }
    }
    for (int r = 0; r < M; ++r)
        for (int v = 0; v < VECTORS; ++v) out[r][v] = U::finish(sums[r][v], w, column + v * LANES, a.scale[row + r]);
}

// `take(row, column, Vec (&)[4])` gets each row's 64 sums.
template <Kind kind, class Take>
void multiply_as(const Rows& a, int first, int n_rows, const Matrix& w, Take&& take) {
    Vec sums[TILE][VECTORS];
    for (int p = 0; p < w.n_panels(); ++p) {
        for (int row = first, end = first + n_rows; row < end; row += TILE) {
            const int some = end - row < TILE ? end - row : TILE;
            switch (some) {
                case 6: tile<kind, 6>(a, row, w, p, sums); break;
                case 5: tile<kind, 5>(a, row, w, p, sums); break;
                case 4: tile<kind, 4>(a, row, w, p, sums); break;
                case 3: tile<kind, 3>(a, row, w, p, sums); break;
                case 2: tile<kind, 2>(a, row, w, p, sums); break;
                default: tile<kind, 1>(a, row, w, p, sums); break;
            }
            for (int r = 0; r < some; ++r) take(row + r, p * PANEL, sums[r]);
        }
    }
}

// Rows first..first+n_rows of `a`, which are of the weight's kind, times the weight, plus its bias.
template <class Take>
void multiply(const Rows& a, int first, int n_rows, const Matrix& w, Take&& take) {
    switch (w.kind) {
        case Kind::float32: multiply_as<Kind::float32>(a, first, n_rows, w, take); break;
        case Kind::bfloat16: multiply_as<Kind::bfloat16>(a, first, n_rows, w, take); break;
        case Kind::int8: multiply_as<Kind::int8>(a, first, n_rows, w, take); break;
    }
}

}  // namespace heedful
