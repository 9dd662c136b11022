// The engine: sentences are read in batches without padding, written a token a step, and replaced when they are done; or
// read alone.
#include <exception>
#include <memory>
#include <mutex>

#include "encoder.h"
#include "search.h"

using namespace heedful;

namespace {

using Job = std::unique_ptr<Sentence>;

// The caller is answered after so many steps at the latest: it may want to stop.
constexpr int STEPS = 16;
// What is answered in place of a number of sentences.
enum Failure : int32_t { no_numbers = -1, no_memory = -2 };

// One thread's share of the work.
class Worker {
public:
    Worker(const Network& net, const Task& task, const Answer& answer) : net_(net), task_(task), answer_(answer) {
        chooser_.wanted = task.kept ? task.width : 2;
        chooser_.may_end = !task.kept;
        chooser_.pad = task.pad, chooser_.bos = task.bos, chooser_.eos = task.eos;
        if (task.n_common) common_.gather(net.output, task.common, task.n_common);
    }

    // Work until there is news. How many sentences are done by now?
    int32_t go_on() {
        const int capacity = std::max(1, task_.rows / task_.width);
        for (int steps = 0; steps < STEPS && done_ < task_.n; ++steps) {
            while (next_ < task_.n && 4 * static_cast<int>(work_.size()) <= 3 * capacity) admit(capacity);
            if (!step()) return no_numbers;
            if (clear()) break;
        }
        return done_;
    }

private:
    // Bring sentences to work: as many as have a place and fit into one batch of the encoder.
    void admit(int capacity) {
        const size_t first = work_.size();
        int n_tokens = 0;
        while (next_ < task_.n && static_cast<int>(work_.size()) < capacity) {
            const int length = static_cast<int>(task_.offset[next_ + 1] - task_.offset[next_]);
            if (work_.size() > first && n_tokens + length > task_.tokens) break;
            if (spare_.empty()) spare_.push_back(std::make_unique<Sentence>());
            work_.push_back(std::move(spare_.back()));
            spare_.pop_back();
            work_.back()->open(task_, net_, next_++);
            n_tokens += length;
        }
        encode(first);
        ++answer_.counters[2];
    }

    void encode(size_t first) {
        const int n_sentences = static_cast<int>(work_.size() - first);
        const int n = read(net_, {n_sentences, task_.source, nullptr, task_.offset + work_[first]->index}, s_);
        net_.finish(net_.encoder, n, net_.memory, s_);
        const int stride = Network::spread(s_.rows, 0, n, net_.memory, s_.wide), size = net_.d_group();
        const float* at = s_.wide.get();
        for (size_t i = first; i < work_.size(); ++i) {
            Sentence& one = *work_[i];
            for (size_t l = 0; l < one.memories.size(); ++l) one.memories[l].fill(at + 2 * l * size, at + (2 * l + 1) * size, stride);
            at += static_cast<size_t>(one.length) * stride;
        }
    }

    // One token more for every sentence at work. False where the model computes what is not a number.
    bool step() {
        const Shape& shape = net_.shape;
        const int d = shape.d_model;
        rows_.clear();
        for (Job& job : work_)
            for (int beam = 0; beam < job->rows(); ++beam) rows_.push_back({job.get(), beam});
        const int n = static_cast<int>(rows_.size());
        s_.x.resize(static_cast<size_t>(n) * d);
        s_.context.resize(static_cast<size_t>(n) * d);
        for (Job& job : work_)
            for (Past& past : job->pasts) past.reserve(round_up(job->written + 1, 16));
        for (int r = 0; r < n; ++r) {
            Sentence& one = *rows_[r].sentence;
            const int beam = rows_[r].beam;
            one.slots(beam)[one.written] = static_cast<uint16_t>(beam);
            net_.embed(net_.decoder, one.last_token(beam, task_.bos), 0, one.written, s_.x.get() + static_cast<size_t>(r) * d);
        }
        for (size_t l = 0; l < net_.decoder.layers.size(); ++l) layer(l, n);
        net_.finish(net_.decoder, n, net_.output, s_);
        chooser_.open(n);
        if (task_.n_common) {
            score(0, n, &common_);
            int row = 0;
            for (Job& job : work_) {
                score(row, job->rows(), &job->own);
                row += job->rows();
            }
        } else {
            score(0, n, nullptr);
        }
        answer_.counters[0] += 1;
        answer_.counters[1] += n;
        if (!chooser_.finish()) return false;
        int row = 0;
        for (Job& job : work_) {
            const int some = job->rows();
            if (task_.kept)
                job->advance_beams(task_, &chooser_.rows[row]);
            else
                job->advance_greedily(task_, chooser_.rows[row]);
            row += some;
        }
        return true;
    }

    // Rows first..first+n of the decoder with all tokens, or some.
    void score(int first, int n, const Tokens* some) {
        chooser_.expect(some);
        multiply(s_.rows, first, n, some ? some->gathered : net_.output,
                 [&](int row, int column, const Vec(&v)[VECTORS]) { chooser_.take(row, column, v); });
    }

    void layer(size_t index, int n) {
        const Shape& shape = net_.shape;
        const Layer& layer = net_.decoder.layers[index];
        const int d = shape.d_model, heads = shape.heads, d_head = net_.d_head(), size = net_.d_group();
        net_.prepare(layer.norm, n, layer.qkv, s_);
        int stride = Network::spread(s_.rows, 0, n, layer.qkv, s_.wide);
        for (int r = 0; r < n; ++r) {
            Sentence& one = *rows_[r].sentence;
            const int beam = rows_[r].beam, position = one.written;
            Past& past = one.pasts[index];
            float *q = s_.wide.get() + static_cast<size_t>(r) * stride, *k = q + d;
            net_.rotate(net_.decoder.tables, position, heads, q);
            net_.rotate(net_.decoder.tables, position, shape.groups, k);
            std::memcpy(past.key(position, beam), k, 2 * size * sizeof(float));
            const int low = shape.window < 0 ? 0 : std::max(0, position - shape.window);
            attend_past(q, heads, shape.groups, d_head, past, one.slots(beam), low, position + 1,
                        s_.context.get() + static_cast<size_t>(r) * d, s_.scores);
        }
        net_.mix(n, layer.mix, layer.norm, s_);

        net_.prepare(layer.cross_norm, n, layer.cross_query, s_);
        stride = Network::spread(s_.rows, 0, n, layer.cross_query, s_.wide);
        int row = 0;
        for (Job& job : work_) {
            const int some = job->rows(), length = job->length;
            attend(s_.wide.get() + static_cast<size_t>(row) * stride, stride, some, heads, job->memories[index],
                   [](int) { return 0; }, [&](int) { return length; }, s_.context.get() + static_cast<size_t>(row) * d, d, s_.scores);
            row += some;
        }
        net_.mix(n, layer.cross_mix, layer.cross_norm, s_);
        net_.feed_forward(layer, n, s_);
    }

    // Hand over the sentences that are done. True when there were any.
    bool clear() {
        const int before = done_, kept = std::max(1, task_.kept);
        for (Job& job : work_) {
            if (!job->done) continue;
            const size_t first = static_cast<size_t>(job->index) * kept;
            int32_t* text = answer_.tokens + answer_.start[job->index];
            for (size_t i = 0; i < static_cast<size_t>(kept); ++i, text += job->max_len) {
                if (i >= job->best.size()) {
                    answer_.n_tokens[first + i] = -1;
                    continue;
                }
                const Hypothesis& found = job->best[i];
                job->trace(found, text);
                answer_.n_tokens[first + i] = found.n_tokens;
                answer_.total[first + i] = found.total;
                answer_.stop[first + i] = found.stop;
            }
            spare_.push_back(std::move(job));
            ++done_;
        }
        work_.erase(std::remove(work_.begin(), work_.end(), nullptr), work_.end());
        return done_ > before;
    }

    struct Row {
        Sentence* sentence;
        int beam;
    };
    const Network& net_;
    const Task task_;
    const Answer answer_;
    Chooser chooser_;
    Scratch s_;
    Tokens common_;
    std::vector<Row> rows_;
    std::vector<Job> work_, spare_;
    int next_ = 0, done_ = 0;
};

// A network, and room to compute in for those who read with it.
struct Engine {
    Network net;

    // Not given back where memory runs short.
    std::unique_ptr<Scratch> borrow() {
        const std::lock_guard<std::mutex> guard(lock_);
        if (idle_.empty()) return std::make_unique<Scratch>();
        auto found = std::move(idle_.back());
        idle_.pop_back();
        return found;
    }
    void give_back(std::unique_ptr<Scratch> scratch) {
        const std::lock_guard<std::mutex> guard(lock_);
        idle_.push_back(std::move(scratch));
    }

private:
    std::mutex lock_;
    std::vector<std::unique_ptr<Scratch>> idle_;
};

// Takes the arrays of a network in the order in which weights.py hands them over.
struct Reader {
    const MatrixIn* matrix;
    const float* const* vector;

    Matrix next(float floor = 0.0f) { return Matrix(*matrix++, floor); }
    Norm norm() {
        const Norm found{vector[0], vector[1]};
        vector += 2;
        return found;
    }
    Tables tables() {
        const Tables found{vector[0], vector[1], vector[2], vector[3], vector[4]};
        vector += 5;
        return found;
    }
    void stack(Stack& to, int n_layers, bool cross) {
        to.tables = tables();
        to.first = norm();
        to.last = norm();
        for (int i = 0; i < n_layers; ++i) {
            Layer layer;
            layer.qkv = next(), layer.mix = next(), layer.norm = norm();
            if (cross) layer.cross_query = next(), layer.cross_mix = next(), layer.cross_norm = norm();
            layer.widen = next(), layer.narrow = next(), layer.ff_norm = norm();
            to.layers.push_back(std::move(layer));
        }
    }
};

}  // namespace

extern "C" {

// A network, or null when memory is short. Matrices are copied; vectors (norms, tables) stay the caller's. One without
// layers that write only reads.
void* heedful_open(const Shape* shape, const MatrixIn* matrices, const float* const* vectors) try {
    auto engine = std::make_unique<Engine>();
    Network& net = engine->net;
    net.shape = *shape;
    Reader reader{matrices, vectors};
    reader.stack(net.encoder, shape->encoder_layers, false);
    if (shape->decoder_layers) {
        reader.stack(net.decoder, shape->decoder_layers, true);
        net.memory = reader.next();
        net.output = reader.next(-INF);
    }
    return engine.release();
} catch (const std::exception&) {
    return nullptr;
}

void heedful_close(void* engine) { delete static_cast<Engine*>(engine); }

// What the encoder makes of each token: text i to the rows of `to` (n, room, D) from i * room on. 0, or what has failed.
// Several threads may read at once.
int32_t heedful_read(void* engine, const Texts* texts, int32_t room, float* to) try {
    Engine& here = *static_cast<Engine*>(engine);
    auto scratch = here.borrow();
    read(here.net, *texts, *scratch);
    hand_over(here.net, *texts, *scratch, room, to);
    here.give_back(std::move(scratch));
    return 0;
} catch (const std::exception&) {
    return no_memory;
}

// A search that is ready to begin, or null when memory is short. Task and answer are copied, what they point at is not.
void* heedful_begin(const void* engine, const Task* task, const Answer* answer) try {
    return new Worker(static_cast<const Engine*>(engine)->net, *task, *answer);
} catch (const std::exception&) {
    return nullptr;
}

// Search for a while: how many sentences are done by now, or what has failed; then nothing but an end may follow.
int32_t heedful_go_on(void* search) try {
    return static_cast<Worker*>(search)->go_on();
} catch (const std::exception&) {
    return no_memory;
}

void heedful_end(void* search) { delete static_cast<Worker*>(search); }
}
