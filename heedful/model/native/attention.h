// Attention of a few queries to the keys of one sentence, in float32: a small part of the work beside the products.
#pragma once

#include <cmath>

#include "simd.h"

namespace heedful {

// Scores to weights in place: n of them, those outside of [low, high) zero. Room for whole vectors is expected.
inline void softmax(float* scores, int n, int low, int high) {
    const int padded = round_up(n, LANES);
    for (int i = 0; i < low; ++i) scores[i] = -INF;
    for (int i = high; i < padded; ++i) scores[i] = -INF;
    Vec most = splat(-INF);
    for (int i = 0; i < padded; i += LANES) most = _mm512_max_ps(most, load(scores + i));
    const Vec peak = splat(largest(most));
    Vec total = _mm512_setzero_ps();
    for (int i = 0; i < padded; i += LANES) {
        Vec raw = load(scores + i);
        Vec weight = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(raw, splat(-INF), _CMP_NEQ_UQ), exp(_mm512_sub_ps(raw, peak)));
        store(scores + i, weight);
        total = _mm512_add_ps(total, weight);
    }
    const Vec share = splat(1.0f / sum(total));
    for (int i = 0; i < padded; i += LANES) store(scores + i, _mm512_mul_ps(load(scores + i), share));
}

// The keys and values of a sentence that all its queries share: keys (groups, d_head, room), values (groups, length,
// d_head). Keys lie on their side, so that one vector holds sixteen keys and a product with a query needs no sum
// across a vector.
struct Memory {
    int groups = 0, d_head = 0, length = 0, room = 0;
    Buffer<float> keys, values;

    void open(int groups_, int d_head_, int length_) {
        groups = groups_, d_head = d_head_, length = length_, room = round_up(length, LANES);
        keys.resize(static_cast<size_t>(groups) * d_head * room);
        values.resize(static_cast<size_t>(groups) * d_head * length);
    }
    // Keys and values (groups * d_head) of all positions, `stride` floats apart.
    void fill(const float* key, const float* value, int stride) {
        for (int i = 0; i < groups * d_head; i += LANES)
            for (int s = 0; s < length; s += LANES) {
                Vec square[LANES];
                for (int j = 0; j < LANES; ++j)
                    square[j] = s + j < length ? load(key + static_cast<size_t>(s + j) * stride + i) : _mm512_setzero_ps();
                transpose(square);
                for (int j = 0; j < LANES; ++j) store(&keys[static_cast<size_t>(i + j) * room + s], square[j]);
            }
        for (int g = 0; g < groups; ++g)
            for (int s = 0; s < length; ++s)
                std::memcpy(&values[(static_cast<size_t>(g) * length + s) * d_head],
                            value + static_cast<size_t>(s) * stride + g * d_head, d_head * sizeof(float));
    }
};

// 16 * V scores of M queries, from key `at` on. Several sums for each where there are few: an addition waits for the one
// before it.
template <int M, int V>
inline void score(const float* const* queries, const float* keys, int d_head, int room, float scale, int at, float* scores) {
    constexpr int CHAINS = M * V <= 2 ? 4 : M * V == 3 ? 2 : 1;
    Vec parts[CHAINS][M][V];
    for (int c = 0; c < CHAINS; ++c)
        for (int m = 0; m < M; ++m)
            for (int v = 0; v < V; ++v) parts[c][m][v] = _mm512_setzero_ps();
    for (int i = 0; i < d_head; i += CHAINS)
        for (int c = 0; c < CHAINS; ++c) {
            Vec key[V];
            for (int v = 0; v < V; ++v) key[v] = load(keys + static_cast<size_t>(i + c) * room + at + v * LANES);
            for (int m = 0; m < M; ++m) {
                const Vec query = splat(queries[m][i + c]);
                for (int v = 0; v < V; ++v) parts[c][m][v] = _mm512_fmadd_ps(query, key[v], parts[c][m][v]);
            }
        }
    for (int m = 0; m < M; ++m)
        for (int v = 0; v < V; ++v) {
            Vec total = parts[0][m][v];
            for (int c = 1; c < CHAINS; ++c) total = _mm512_add_ps(total, parts[c][m][v]);
            store(scores + m * room + at + v * LANES, _mm512_mul_ps(total, splat(scale)));
        }
}

// 16 * V floats of what M queries see, from float `at` of the values on.
template <int M, int V>
inline void blend(const float* weights, int room, const float* values, int length, int d_head, int at, float* const* mixed) {
    Vec sums[M][V];
    for (int m = 0; m < M; ++m)
        for (int v = 0; v < V; ++v) sums[m][v] = _mm512_setzero_ps();
    for (int s = 0; s < length; ++s)
        for (int v = 0; v < V; ++v) {
            const Vec value = load(values + static_cast<size_t>(s) * d_head + at + v * LANES);
            for (int m = 0; m < M; ++m) sums[m][v] = _mm512_fmadd_ps(splat(weights[m * room + s]), value, sums[m][v]);
        }
    for (int m = 0; m < M; ++m)
        for (int v = 0; v < V; ++v) store(mixed[m] + at + v * LANES, sums[m][v]);
}

// M queries of one head; `scores` holds M * room floats.
template <int M>
inline void look(const float* const* queries, int group, const Memory& memory, const int* low, const int* high,
                 float scale, float* const* mixed, float* scores) {
    const int d_head = memory.d_head, room = memory.room, length = memory.length;
    const float* keys = memory.keys.get() + static_cast<size_t>(group) * d_head * room;
    int s = 0;
    for (; s + 4 * LANES <= room; s += 4 * LANES) score<M, 4>(queries, keys, d_head, room, scale, s, scores);
    for (; s + 2 * LANES <= room; s += 2 * LANES) score<M, 2>(queries, keys, d_head, room, scale, s, scores);
    for (; s < room; s += LANES) score<M, 1>(queries, keys, d_head, room, scale, s, scores);
    for (int m = 0; m < M; ++m) softmax(scores + m * room, length, low[m], high[m]);
    const float* values = memory.values.get() + static_cast<size_t>(group) * length * d_head;
    int i = 0;
    for (; i + 4 * LANES <= d_head; i += 4 * LANES) blend<M, 4>(scores, room, values, length, d_head, i, mixed);
    for (; i + 2 * LANES <= d_head; i += 2 * LANES) blend<M, 2>(scores, room, values, length, d_head, i, mixed);
    for (; i < d_head; i += LANES) blend<M, 1>(scores, room, values, length, d_head, i, mixed);
}

// Any number of queries, all heads: queries and results (n, heads * d_head) lie `stride` and `out_stride` floats apart;
// query m sees the keys from low(m) to before high(m).
template <class Low, class High>
void attend(const float* queries, int stride, int n, int heads, const Memory& memory, Low&& low, High&& high,
            float* mixed, int out_stride, Buffer<float>& scratch) {
    const int d_head = memory.d_head, per_group = heads / memory.groups;
    const float scale = 1.0f / std::sqrt(static_cast<float>(d_head));
    scratch.resize(static_cast<size_t>(5) * memory.room);
    for (int head = 0; head < heads; ++head) {
        for (int first = 0; first < n; first += 5) {
            const int some = n - first < 5 ? n - first : 5;
            const float* from[5];
            float* to[5];
            int lows[5], highs[5];
            for (int m = 0; m < some; ++m) {
                from[m] = queries + static_cast<size_t>(first + m) * stride + head * d_head;
                to[m] = mixed + static_cast<size_t>(first + m) * out_stride + head * d_head;
                lows[m] = low(first + m), highs[m] = high(first + m);
            }
            const int group = head / per_group;
            switch (some) {
                case 5: look<5>(from, group, memory, lows, highs, scale, to, scratch.get()); break;
                case 4: look<4>(from, group, memory, lows, highs, scale, to, scratch.get()); break;
                case 3: look<3>(from, group, memory, lows, highs, scale, to, scratch.get()); break;
                case 2: look<2>(from, group, memory, lows, highs, scale, to, scratch.get()); break;
                default: look<1>(from, group, memory, lows, highs, scale, to, scratch.get()); break;
            }
        }
    }
}

// What the beams of a sentence have written: keys and values (room, width, 2, groups * d_head). Nothing moves when beams
// change places: each beam knows in which slot of each position its ancestor wrote.
struct Past {
    int width = 0, size = 0;  // size: groups * d_head
    Buffer<float> slots;

    void open(int width_, int size_) { width = width_, size = size_; }
    void reserve(int positions) { slots.extend(static_cast<size_t>(positions) * width * 2 * size); }
    float* key(int position, int slot) { return slots.get() + (static_cast<size_t>(position) * width + slot) * 2 * size; }
    float* value(int position, int slot) { return key(position, slot) + size; }
};

// mixed[i] = sum over positions of weight * value, 16 * V floats from float `at` of the values on.
template <int V>
inline void mix_past(Past& past, const uint16_t* ancestors, int low, int n, const float* weights, int at, float* mixed) {
    Vec sums[V];
    for (int v = 0; v < V; ++v) sums[v] = _mm512_setzero_ps();
    for (int p = low; p < n; ++p) {
        const float* value = past.value(p, ancestors[p]) + at;
        for (int v = 0; v < V; ++v) sums[v] = _mm512_fmadd_ps(splat(weights[p]), load(value + v * LANES), sums[v]);
    }
    for (int v = 0; v < V; ++v) store(mixed + v * LANES, sums[v]);
}

// One beam's query (heads * d_head) to positions low..n-1 of its own past; `ancestors[p]` is its slot at position p.
inline void attend_past(const float* query, int heads, int groups, int d_head, Past& past, const uint16_t* ancestors,
                        int low, int n, float* mixed, Buffer<float>& scratch) {
    const Vec scale = splat(1.0f / std::sqrt(static_cast<float>(d_head)));
    const int per_group = heads / groups;
    scratch.resize(round_up(n, LANES));
    float* scores = scratch.get();
    for (int head = 0; head < heads; ++head, query += d_head, mixed += d_head) {
        const int at = head / per_group * d_head;
        for (int first = low / LANES * LANES; first < n; first += LANES) {
            Vec products[LANES];
            for (int p = first; p < first + LANES; ++p) {
                Vec total = _mm512_setzero_ps();
                if (p >= low && p < n) {
                    const float* key = past.key(p, ancestors[p]) + at;
                    for (int i = 0; i < d_head; i += LANES) total = _mm512_fmadd_ps(load(query + i), load(key + i), total);
                }
                products[slot(p - first)] = total;
            }
            store(scores + first, _mm512_mul_ps(sums(products), scale));
        }
        softmax(scores, n, low, n);
        int i = 0;
        for (; i + 4 * LANES <= d_head; i += 4 * LANES) mix_past<4>(past, ancestors, low, n, scores, at + i, mixed + i);
        for (; i + 2 * LANES <= d_head; i += 2 * LANES) mix_past<2>(past, ancestors, low, n, scores, at + i, mixed + i);
        for (; i < d_head; i += LANES) mix_past<1>(past, ancestors, low, n, scores, at + i, mixed + i);
    }
}

}  // namespace heedful
