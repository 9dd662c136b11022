// Greedy and beam search as in heedful/decoding (paths.py, beams.py), which say why; the order of ties is theirs too.
#pragma once

#include <algorithm>
#include <vector>

#include "output.h"

namespace heedful {

// How to search, and what for. Arrays belong to the caller.
struct Task {
    int32_t n, width, kept;   // sentences; beams; hypotheses wanted of each, 0 for greedy
    int32_t period;           // the longest loop that is watched for
    int32_t rows, tokens;     // of a step of the decoder; of a batch of the encoder
    int32_t bos, eos, pad;
    const int32_t* source;    // all sentences, one behind the other
    const int64_t* offset;    // (n + 1) where each begins
    const int32_t* max_len;   // (n)
    const int32_t* min_len;   // (n)
    const int32_t* loop_runs; // (n, period)
    const double* divisor;    // (longest max_len + 2)
    int32_t n_common;         // the tokens that every answer may have; 0: any answer may have any token
    const int32_t* common;
    const int32_t* own;       // those that each may have beside them, one sentence behind the other
    const int64_t* own_start; // (n + 1) where those of each begin
};

// What came out. Arrays belong to the caller.
struct Answer {
    const int64_t* start; // (n) where the texts of each sentence begin among the tokens: max(kept, 1) times max_len
    int32_t* tokens;
    int32_t* n_tokens; // (n, max(kept, 1)); -1: no such hypothesis
    float* total;      // log-probabilities
    int32_t* stop;     // 0 its end, 1 its length, 2 a loop
    int64_t* counters; // steps, rows of them, batches of the encoder
};

enum Stop : int32_t { ended = 0, too_long = 1, looping = 2 };

// Below any score that ends, as in beams.py.
constexpr double CUT = 1e6;

struct Hypothesis {
    double rank;
    float total;
    int32_t n_tokens, beam;
    Stop stop;
};

// One sentence at work: what its decoder looks at, and what has been written.
struct Sentence {
    int index = 0, length = 0, max_len = 0, min_len = 0, width = 0, period = 0;
    const int32_t* loop_runs = nullptr;
    Tokens own;                                   // beside those of every answer; where all are allowed, nothing
    std::vector<Memory> memories;
    std::vector<Past> pasts;
    int written = 0;                              // tokens chosen so far
    bool done = false;
    std::vector<uint16_t> ancestors, spare;       // (width, room)
    std::vector<int32_t> tokens, parents;         // (written, width)
    std::vector<int32_t> recent, runs, old_recent, old_runs;  // (width, period)
    std::vector<float> log_probability;           // (width)
    std::vector<Hypothesis> best;
    Stop stop = ended;

    int room() const { return max_len + 1; }

    void open(const Task& task, const Network& net, int index_) {
        index = index_, width = task.width, period = task.period;
        length = static_cast<int>(task.offset[index + 1] - task.offset[index]);
        max_len = task.max_len[index], min_len = task.min_len[index];
        loop_runs = task.loop_runs + static_cast<size_t>(index) * period;
        const int n_layers = net.shape.decoder_layers;
        memories.resize(n_layers);
        pasts.resize(n_layers);
        for (int l = 0; l < n_layers; ++l) {
            memories[l].open(net.shape.groups, net.d_head(), length);
            pasts[l].open(width, net.d_group());
        }
        if (task.n_common) {
            const int64_t first = task.own_start[index];
            own.gather(net.output, task.own + first, static_cast<int>(task.own_start[index + 1] - first));
        }
        written = 0, done = false, stop = ended;
        ancestors.assign(static_cast<size_t>(width) * room(), 0);
        spare.assign(ancestors.size(), 0);
        tokens.clear(), parents.clear(), best.clear();
        recent.assign(static_cast<size_t>(width) * period, -1);
        runs.assign(static_cast<size_t>(width) * period, 0);
        log_probability.assign(width, -INF);
        log_probability[0] = 0.0f;
    }

    // Rows of the next step: all beams begin alike.
    int rows() const { return written ? width : 1; }
    int last_token(int beam, int bos) const { return written ? tokens[static_cast<size_t>(written - 1) * width + beam] : bos; }
    uint16_t* slots(int beam) { return ancestors.data() + static_cast<size_t>(beam) * room(); }

    // One more token for every beam, from the candidates of its rows.
    void advance_beams(const Task& task, const Best* rows) {
        std::vector<float> after(width, -INF), ending(width, -INF);
        std::vector<int32_t> next(width, 0), from(width, 0);
        int found = 0;
        for (int beam = 0; beam < this->rows(); ++beam)
            for (int i = 0; i < width; ++i) {
                const float value = rows[beam].best[i].value + log_probability[beam];
                if (found == width && !(value > after[width - 1])) continue;
                int at = found < width ? found++ : width - 1;
                for (; at > 0 && value > after[at - 1]; --at)
                    after[at] = after[at - 1], next[at] = next[at - 1], from[at] = from[at - 1];
                after[at] = value, next[at] = rows[beam].best[i].token, from[at] = beam;
            }
        const bool too_short = written < min_len;
        for (int beam = 0; beam < this->rows(); ++beam)
            ending[beam] = log_probability[beam] + (rows[beam].end - rows[beam].normaliser);
        std::vector<char> loops = write(next.data(), from.data());
        const bool full = written >= max_len;

        const size_t before = best.size();
        for (int beam = 0; beam < width; ++beam)
            if (ending[beam] >= after[width - 1] && ending[beam] > -INF && !too_short)
                best.push_back({ending[beam] / task.divisor[written], ending[beam], written - 1, beam, ended});
        for (int beam = 0; beam < width; ++beam)
            if ((loops[beam] || full) && after[beam] != -INF) {
                const Stop why = full ? too_long : looping;
                best.push_back({after[beam] / task.divisor[written] - CUT, after[beam], written, beam, why});
                after[beam] = -INF;
            }
        if (best.size() > before) {
            std::stable_sort(best.begin(), best.end(), [](const Hypothesis& a, const Hypothesis& b) { return a.rank > b.rank; });
            if (static_cast<int>(best.size()) > task.kept) best.resize(task.kept);
        }
        log_probability = after;
        const double reach = *std::max_element(after.begin(), after.end()) / task.divisor[max_len];
        const double worst = static_cast<int>(best.size()) == task.kept ? best.back().rank : -INF;
        done = worst >= reach || full;
    }

    // The likeliest token, or the second where the first is an end that comes too early.
    void advance_greedily(const Task& task, const Best& row) {
        const bool early = row.best[0].token == task.eos && written < min_len;
        const Candidate choice = row.best[early];
        log_probability[0] += choice.value;
        const int32_t self = 0;
        const bool loops = write(&choice.token, &self)[0];
        done = true;
        if (choice.token == task.eos)
            stop = ended;
        else if (written >= max_len)
            stop = too_long;
        else if (loops)
            stop = looping;
        else
            done = false;
        if (done) best = {{0.0, log_probability[0], stop == ended ? written - 1 : written, 0, stop}};
    }

    // The text that ends at a beam, found from its end.
    void trace(const Hypothesis& found, int32_t* text) const {
        int beam = found.beam;
        for (int t = found.n_tokens - 1; t >= 0; --t) {
            text[t] = tokens[static_cast<size_t>(t) * width + beam];
            beam = parents[static_cast<size_t>(t) * width + beam];
        }
    }

private:
    // Let the beams go on; which of them are now in a loop?
    std::vector<char> write(const int32_t* next, const int32_t* from) {
        // What each has read becomes its heir's.
        for (int beam = 0; beam < width; ++beam)
            std::memcpy(spare.data() + static_cast<size_t>(beam) * room(), slots(from[beam]), (written + 1) * sizeof(uint16_t));
        std::swap(spare, ancestors);
        tokens.insert(tokens.end(), next, next + width);
        parents.insert(parents.end(), from, from + width);
        ++written;
        std::vector<char> loops(width, 0);
        old_recent = recent, old_runs = runs;
        for (int beam = 0; beam < width; ++beam) {
            const int32_t *was = old_recent.data() + static_cast<size_t>(from[beam]) * period;
            const int32_t *ran = old_runs.data() + static_cast<size_t>(from[beam]) * period;
            int32_t *now = recent.data() + static_cast<size_t>(beam) * period, *run = runs.data() + static_cast<size_t>(beam) * period;
            for (int n = 0; n < period; ++n) {
                run[n] = was[n] == next[beam] ? ran[n] + 1 : 0;
                loops[beam] |= run[n] >= loop_runs[n];
            }
            for (int n = period - 1; n > 0; --n) now[n] = was[n - 1];
            if (period) now[0] = next[beam];
        }
        return loops;
    }
};

}  // namespace heedful
