// From the decoder's last rows to each row's best tokens: the product with the vocabulary, the sum of exponentials and
// the choice of the best in one pass, 64 tokens at a time. The logits themselves are never written down.
#pragma once

#include <algorithm>
#include <vector>

#include "network.h"

namespace heedful {

constexpr float LOWEST = std::numeric_limits<float>::lowest();

struct Candidate {
    float value;
    int32_t token;
};

// The tokens that are chosen among: all, each its own column, or some that were gathered.
struct Tokens {
    Matrix gathered;
    std::vector<int32_t> names;  // of the gathered columns

    void gather(const Matrix& output, const int32_t* tokens, int n) {
        gathered.gather(output, tokens, n, -INF);
        names.assign(tokens, tokens + n);
    }
};

// What is known of one row's distribution. Ties go to the lower token.
struct Best {
    // Lane by lane: the largest logit, and the sum of exp(logit - peak). A lane that has seen nothing but -inf, as of a
    // vocabulary of ten, stands at the lowest number: -inf - -inf would be NaN.
    Vec peak = splat(LOWEST), total = _mm512_setzero_ps();
    float end = -INF;                                      // the logit of the end of a sentence
    float normaliser = 0.0f;
    int found = 0;
    Candidate* best = nullptr;  // `wanted` of them, best first
};

struct Chooser {
    int wanted, pad, bos, eos;
    bool may_end;  // whether the end competes with the other tokens (greedy), or is kept apart (beam)
    std::vector<Best> rows;
    std::vector<Candidate> candidates;
    const int32_t* names = nullptr;  // of the columns that come; null: each is the token of its number
    int end = -1;                    // the column of the end of a sentence; -1: it is not among them

    // What comes next are all tokens, or some.
    void expect(const Tokens* some) {
        names = some ? some->names.data() : nullptr;
        end = eos;
        if (some) {
            const auto found = std::find(some->names.begin(), some->names.end(), eos);
            end = found == some->names.end() ? -1 : static_cast<int>(found - some->names.begin());
        }
    }

    void open(int n) {
        rows.assign(n, Best());
        candidates.resize(static_cast<size_t>(n) * wanted);
        for (int r = 0; r < n; ++r) rows[r].best = candidates.data() + static_cast<size_t>(r) * wanted;
    }

    void take(int row, int column, const Vec (&logits)[VECTORS]) {
        Best& here = rows[row];
        Vec most = _mm512_max_ps(_mm512_max_ps(logits[0], logits[1]), _mm512_max_ps(logits[2], logits[3]));
        if (_mm512_cmp_ps_mask(most, here.peak, _CMP_GT_OQ)) {
            Vec peak = _mm512_max_ps(here.peak, most);
            here.total = _mm512_mul_ps(here.total, exp(_mm512_sub_ps(here.peak, peak)));
            here.peak = peak;
        }
        Vec sums[VECTORS];
        for (int v = 0; v < VECTORS; ++v) sums[v] = exp(_mm512_sub_ps(logits[v], here.peak));
        here.total = _mm512_add_ps(here.total, _mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])));

        const float bar = here.found == wanted ? here.best[wanted - 1].value : -INF;
        const bool has_end = end >= column && end < column + PANEL;
        if (!has_end && !reach(most, bar)) return;
        alignas(64) float values[PANEL];
        for (int v = 0; v < VECTORS; ++v) _mm512_store_ps(values + v * LANES, logits[v]);
        if (has_end) here.end = values[end - column];
        for (int v = 0; v < VECTORS; ++v) {
            uint32_t better = reach(logits[v], bar);
            for (; better; better &= better - 1) {
                const int i = v * LANES + __builtin_ctz(better);
                offer(here, values[i], names ? names[column + i] : column + i);
            }
        }
    }

    // Turn logits into log-probabilities. False where they are not numbers.
    bool finish() {
        bool sound = true;
        for (Best& here : rows) {
            const float peak = largest(here.peak);
            const Vec weight = exp(_mm512_sub_ps(here.peak, splat(peak)));
            here.normaliser = peak + std::log(sum(_mm512_mul_ps(here.total, weight)));
            sound &= peak > LOWEST && std::isfinite(here.normaliser);
            for (int i = here.found; i < wanted; ++i) here.best[i] = {-INF, 0};
            for (int i = 0; i < here.found; ++i) here.best[i].value -= here.normaliser;
        }
        return sound;
    }

private:
    // Which of sixteen logits may be among the best. Of all tokens the lower come first and win ties; one that was
    // gathered may be lower than its equal of an earlier product. What fills up a panel is never among them.
    uint32_t reach(Vec logits, float bar) const {
        if (!names) return _mm512_cmp_ps_mask(logits, splat(bar), _CMP_GT_OQ);
        return _mm512_cmp_ps_mask(logits, splat(bar), _CMP_GE_OQ) & _mm512_cmp_ps_mask(logits, splat(-INF), _CMP_GT_OQ);
    }
    static bool precedes(const Candidate& one, const Candidate& other) {
        return one.value > other.value || (one.value == other.value && one.token < other.token);
    }
    void offer(Best& here, float value, int token) const {
        if (token == pad || token == bos || (token == eos && !may_end)) return;
        const Candidate one{value, token};
        if (here.found == wanted && !precedes(one, here.best[wanted - 1])) return;
        int i = here.found < wanted ? here.found++ : wanted - 1;
        for (; i > 0 && precedes(one, here.best[i - 1]); --i) here.best[i] = here.best[i - 1];
        here.best[i] = one;
    }
};

}  // namespace heedful
