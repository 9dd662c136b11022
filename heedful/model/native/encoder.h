// Texts through the encoder, one behind the other: no row is spent on padding.
#pragma once

#include <algorithm>

#include "network.h"

namespace heedful {

// Token ids of n texts, one text behind the other. Arrays belong to the caller.
struct Texts {
    int32_t n;
    const int32_t* tokens;
    const int32_t* kinds;   // the types of these tokens; null: all are of the first
    const int64_t* offset;  // (n + 1) where each text begins

    int length(int i) const { return static_cast<int>(offset[i + 1] - offset[i]); }
};

// What the last layer leaves of each token, in s.x, before the norm that may follow. How many tokens are there?
inline int read(const Network& net, const Texts& texts, Scratch& s) {
    const Shape& shape = net.shape;
    const Stack& stack = net.encoder;
    const int d = shape.d_model, heads = shape.heads, window = shape.window;
    const int n = static_cast<int>(texts.offset[texts.n] - texts.offset[0]);
    s.x.resize(static_cast<size_t>(n) * d);
    float* x = s.x.get();
    for (int i = 0; i < texts.n; ++i)
        for (int t = 0; t < texts.length(i); ++t, x += d) {
            const int64_t at = texts.offset[i] + t;
            net.embed(stack, texts.tokens[at], texts.kinds ? texts.kinds[at] : 0, t, x);
        }
    s.context.resize(static_cast<size_t>(n) * d);
    for (const Layer& layer : stack.layers) {
        net.prepare(layer.norm, n, layer.qkv, s);
        const int stride = Network::spread(s.rows, 0, n, layer.qkv, s.wide);
        float *q = s.wide.get(), *mixed = s.context.get();
        for (int i = 0; i < texts.n; ++i) {
            const int length = texts.length(i);
            for (int t = 0; t < length; ++t) {
                net.rotate(stack.tables, t, heads, q + static_cast<size_t>(t) * stride);
                net.rotate(stack.tables, t, shape.groups, q + static_cast<size_t>(t) * stride + d);
            }
            s.keys.open(shape.groups, net.d_head(), length);
            s.keys.fill(q + d, q + d + net.d_group(), stride);
            const auto low = [&](int t) { return window < 0 ? 0 : std::max(0, t - window); };
            const auto high = [&](int t) { return window < 0 ? length : std::min(length, t + window + 1); };
            attend(q, stride, length, heads, s.keys, low, high, mixed, d, s.scores);
            q += static_cast<size_t>(length) * stride;
            mixed += static_cast<size_t>(length) * d;
        }
        net.mix(n, layer.mix, layer.norm, s);
        net.feed_forward(layer, n, s);
    }
    return n;
}

// What `read` has left, to rows of the caller's: text i from row i * room on.
inline void hand_over(const Network& net, const Texts& texts, const Scratch& s, int room, float* to) {
    const int d = net.shape.d_model;
    const float* x = s.x.get();
    for (int i = 0; i < texts.n; ++i)
        for (int t = 0; t < texts.length(i); ++t, x += d) {
            float* row = to + (static_cast<size_t>(i) * room + t) * d;
            if (net.encoder.last.weight)
                net.normalise(net.encoder.last, x, row);
            else
                std::memcpy(row, x, d * sizeof(float));
        }
}

}  // namespace heedful
