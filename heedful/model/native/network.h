// The Transformer of heedful/model, read only: the same architecture by value, the same sums, float32 between products.
#pragma once

#include <vector>

#include "attention.h"
#include "product.h"

namespace heedful {

enum class Activation : int32_t { relu = 0, gelu = 1, relu2 = 2, swiglu = 3, silu = 4, gelu_tanh = 5, geglu_tanh = 6 };

struct Shape {
    int32_t vocab_size, d_model, heads, groups, d_ff, encoder_layers, decoder_layers, max_len;
    int32_t activation, rms, pre, window;  // window: -1 sees all
    float norm_eps, embedding_scale;
};

struct Norm {
    const float *weight = nullptr, *bias = nullptr;
};

struct Layer {
    Matrix qkv, mix, cross_query, cross_mix, widen, narrow;
    Norm norm, cross_norm, ff_norm;
};

// Tables of a stack: tokens (V, D); types of tokens (kinds, D) or null; position vectors (max_len, D) or null; cosines and
// sines (max_len, d_head / 2) or null.
struct Tables {
    const float *tokens, *kinds, *positions, *cosine, *sine;
};

struct Stack {
    std::vector<Layer> layers;
    Tables tables{};
    Norm first, last;  // of what was embedded, and of what the last layer left; without weights there is none
};

// What one thread needs to compute with.
struct Scratch {
    Buffer<float> x, wide, context, hidden, scores, line;
    Rows rows, inner;
    Memory keys;
};

struct Network {
    Shape shape;
    Stack encoder, decoder;
    Matrix memory;  // keys and values of all decoder layers: (layers * 2 * groups * d_head, D)
    Matrix output;

    int d_head() const { return shape.d_model / shape.heads; }
    int d_group() const { return shape.groups * d_head(); }

    void embed(const Stack& stack, int token, int kind, int position, float* x) const {
        const int d = shape.d_model;
        const float* from = stack.tables.tokens + static_cast<size_t>(token) * d;
        for (int i = 0; i < d; ++i) x[i] = from[i] * shape.embedding_scale;
        if (const float* added = stack.tables.kinds)
            for (int i = 0; i < d; ++i) x[i] += added[static_cast<size_t>(kind) * d + i];
        if (const float* added = stack.tables.positions)
            for (int i = 0; i < d; ++i) x[i] += added[static_cast<size_t>(position) * d + i];
        if (stack.first.weight) normalise(stack.first, x, x);
    }

    void normalise(const Norm& norm, const float* x, float* to) const {
        const int d = shape.d_model;
        float mean = 0.0f;
        if (!shape.rms) {
            Vec total = _mm512_setzero_ps();
            for (int i = 0; i < d; i += LANES) total = _mm512_add_ps(total, load(x + i));
            mean = sum(total) / d;
        }
        Vec squares = _mm512_setzero_ps();
        for (int i = 0; i < d; i += LANES) {
            Vec v = _mm512_sub_ps(load(x + i), splat(mean));
            squares = _mm512_fmadd_ps(v, v, squares);
        }
        const float factor = 1.0f / std::sqrt(sum(squares) / d + shape.norm_eps);
        for (int i = 0; i < d; i += LANES) {
            Vec v = _mm512_mul_ps(_mm512_sub_ps(load(x + i), splat(mean)), splat(factor));
            v = _mm512_mul_ps(v, load(norm.weight + i));
            store(to + i, norm.bias ? _mm512_add_ps(v, load(norm.bias + i)) : v);
        }
    }

    // What a sublayer reads: x itself, or normalised before it.
    void prepare(const Norm& norm, int n, const Matrix& reader, Scratch& s) const {
        const int d = shape.d_model;
        s.rows.open(reader.kind, n, d);
        s.line.resize(d);
        for (int r = 0; r < n; ++r) {
            const float* x = s.x.get() + static_cast<size_t>(r) * d;
            if (shape.pre) {
                normalise(norm, x, s.line.get());
                x = s.line.get();
            }
            s.rows.put(r, x);
        }
    }

    // x += rows * w; where norms come after the sum, the norm.
    void add(const Rows& rows, int first, int n, const Matrix& w, const Norm& norm, Scratch& s) const {
        const int d = shape.d_model;
        multiply(rows, 0, n, w, [&](int row, int column, const Vec(&v)[VECTORS]) {
            float* to = s.x.get() + static_cast<size_t>(first + row) * d + column;
            for (int i = 0; i < VECTORS && column + i * LANES < d; ++i)
                store(to + i * LANES, _mm512_add_ps(load(to + i * LANES), v[i]));
        });
        if (!shape.pre)
            for (int r = first; r < first + n; ++r) {
                float* x = s.x.get() + static_cast<size_t>(r) * d;
                normalise(norm, x, x);
            }
    }

    // rows * w to (n, w.n padded) floats; the number of floats from row to row is returned.
    static int spread(const Rows& rows, int first, int n, const Matrix& w, Buffer<float>& to) {
        const int stride = round_up(w.n, PANEL);
        to.resize(static_cast<size_t>(n) * stride);
        multiply(rows, first, n, w, [&](int row, int column, const Vec(&v)[VECTORS]) {
            float* at = to.get() + static_cast<size_t>(row - first) * stride + column;
            for (int i = 0; i < VECTORS; ++i) store(at + i * LANES, v[i]);
        });
        return stride;
    }

    // Contexts (n, D) of an attention, through its last product, onto x.
    void mix(int n, const Matrix& w, const Norm& norm, Scratch& s) const {
        s.rows.open(w.kind, n, shape.d_model);
        for (int r = 0; r < n; ++r) s.rows.put(r, s.context.get() + static_cast<size_t>(r) * shape.d_model);
        add(s.rows, 0, n, w, norm, s);
    }

    // Turn the pairs (x[i], x[i + K/2]) of so many heads by the angles of a position.
    void rotate(const Tables& tables, int position, int heads, float* x) const {
        if (!tables.cosine) return;
        const int half = d_head() / 2;
        const float* cosine = tables.cosine + static_cast<size_t>(position) * half;
        const float* sine = tables.sine + static_cast<size_t>(position) * half;
        for (int head = 0; head < heads; ++head, x += 2 * half)
            for (int i = 0; i < half; ++i) {
                const float left = x[i], right = x[i + half];
                x[i] = left * cosine[i] - right * sine[i];
                x[i + half] = right * cosine[i] + left * sine[i];
            }
    }

    void feed_forward(const Layer& layer, int n, Scratch& s) const {
        // So many rows at a time that what is between the two products stays in the core's own cache.
        constexpr int BLOCK = 16 * TILE;
        prepare(layer.ff_norm, n, layer.widen, s);
        for (int first = 0; first < n; first += BLOCK) {
            const int some = n - first < BLOCK ? n - first : BLOCK;
            s.inner.open(layer.narrow.kind, some, shape.d_ff);
            widen(layer, first, some, s);
            add(s.inner, first, some, layer.narrow, layer.ff_norm, s);
        }
    }

    // Rows first..first+n widened and bent, to s.inner.
    void widen(const Layer& layer, int first, int n, Scratch& s) const {
        const int f = shape.d_ff;
        const bool gated = is_gated();
        if (!gated && s.inner.kind != Kind::int8) {
            // On the way, without a place between.
            multiply(s.rows, first, n, layer.widen, [&](int row, int column, const Vec(&v)[VECTORS]) {
                for (int i = 0; i < VECTORS && column + i * LANES < f; ++i)
                    s.inner.put(row - first, column + i * LANES, bend(v[i]));
            });
            return;
        }
        const int stride = spread(s.rows, first, n, layer.widen, s.hidden);
        for (int r = 0; r < n; ++r) {
            float* h = s.hidden.get() + static_cast<size_t>(r) * stride;
            for (int i = 0; i < f; i += LANES) {
                const Vec bent = bend(load(h + i));
                store(h + i, gated ? _mm512_mul_ps(bent, load(h + f + i)) : bent);
            }
            s.inner.put(r, h);
        }
    }

    // x * sigmoid(y); of numbers beyond e^88 there is no float.
    static Vec gate(Vec x, Vec y) {
        const Vec most = _mm512_min_ps(splat(88.0f), _mm512_sub_ps(_mm512_setzero_ps(), y));
        return _mm512_div_ps(x, _mm512_add_ps(splat(1.0f), exp(most)));
    }
    // (1 + tanh(u)) / 2 = sigmoid(2u), with u = sqrt(2 / pi) * (x + 0.044715 x^3)
    static Vec gelu_tanh(Vec x) {
        const Vec factor = _mm512_fmadd_ps(_mm512_mul_ps(x, x), splat(0.07135481627f), splat(1.595769122f));
        return gate(x, _mm512_mul_ps(x, factor));
    }
    // max(x, 0) - |x| P(|x|), where P(a) = erfc(a / sqrt(2)) / 2 is what a normal variable exceeds a with: half of
    // exp(-a p(a)). The polynomial p was fitted for the least error of the result on [0, 6.5], 1e-8; beyond, P is nothing.
    static Vec gelu(Vec x) {
        const Vec a = _mm512_abs_ps(x);
        Vec p = splat(1.3183366718e-6f);
        for (float c : {-1.9446595616e-5f, 9.1125009931e-5f, 1.8860296404e-4f, -5.0221648999e-3f, 3.6478698254e-2f,
                        3.1826692820e-1f, 7.9788935184e-1f})
            p = _mm512_fmadd_ps(p, a, splat(c));
        const Vec tail = exp(_mm512_fnmadd_ps(p, a, _mm512_setzero_ps()));
        const Vec half = _mm512_mul_ps(a, splat(0.5f));
        return _mm512_fnmadd_ps(half, tail, _mm512_max_ps(_mm512_setzero_ps(), x));
    }

    bool is_gated() const {
        const auto activation = static_cast<Activation>(shape.activation);
        return activation == Activation::swiglu || activation == Activation::geglu_tanh;
    }

    // What is bent of the inner width: all of it, or the half that opens the gate for the other.
    Vec bend(Vec x) const {
        switch (static_cast<Activation>(shape.activation)) {
            case Activation::gelu: return gelu(x);
            case Activation::gelu_tanh: case Activation::geglu_tanh: return gelu_tanh(x);
            case Activation::silu: case Activation::swiglu: return gate(x, x);
            default: break;
        }
        const Vec positive = _mm512_max_ps(_mm512_setzero_ps(), x);
        return static_cast<Activation>(shape.activation) == Activation::relu2 ? _mm512_mul_ps(positive, positive) : positive;
    }

    // What the last layer left (n, D), ready for `reader`.
    void finish(const Stack& stack, int n, const Matrix& reader, Scratch& s) const { prepare(stack.last, n, reader, s); }
};

}  // namespace heedful
