// Trains a small classifier on ragged batches, and says how much memory the process takes as it goes on. It
// must stay flat:
//
//   flat_memory 100000    that many steps; fails where the second half needs more than the first, or where
//                         tensors are left over from a step
#include <frost/frost.hpp>
#include <frost/nn/testing/ragged.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace frost;

namespace {

struct ClassifierImpl : nn::Cloneable<ClassifierImpl> {
  ClassifierImpl() { reset(); }
  void reset() override {
    embedding = register_module("embedding", nn::Embedding(nn::EmbeddingOptions(20, 8).padding_idx(0)));
    gru = register_module("gru", nn::GRU(nn::GRUOptions(8, 6).batch_first(true).bidirectional(true)));
    pooling = register_module("pooling", nn::AttentionPooling(12, 6));
    head = register_module("head", nn::Linear(12, 20));
  }
  Tensor forward(const Tensor& tokens, const Tensor& lengths) const {
    const Tensor states = std::get<0>(gru->forward_with_lengths(embedding(tokens), lengths));
    return head(nn::functional::dropout(pooling(states, lengths)));
  }
  nn::Embedding embedding{nullptr};
  nn::GRU gru{nullptr};
  nn::AttentionPooling pooling{nullptr};
  nn::Linear head{nullptr};
};
TORCH_MODULE(Classifier);

// Of the process, as the system counts it.
int64_t resident_bytes() {
  int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// What else the process may take over, in steps as few as those of CI: some pages of the heap.
constexpr int64_t kSlack = 256 * 1024;

// One step, and its loss.
double train(const Classifier& model, optim::AdamW& optimizer, int64_t step) {
  const uint64_t seed = static_cast<uint64_t>(step % 500);  // every length comes again in the second half
  const testing::RaggedBatch batch = testing::random_lengths(4, 1 + step % 10, seed, /*min_len=*/1);
  const Tensor tokens = randint(1, 20, {4, batch.max_len}).masked_fill(batch.mask(), 0);
  optimizer.zero_grad();
  const Tensor loss =
      nn::functional::cross_entropy(model(tokens, batch.length_tensor()), tokens.select(1, 0));
  loss.backward();
  nn::utils::clip_grad_norm_(model->parameters(), 1);
  optimizer.step();
  return loss.item<double>();
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t steps = argc > 1 ? std::atoll(argv[1]) : 100000;
  manual_seed(0);
  Classifier model;
  optim::AdamW optimizer(model->parameters(), optim::AdamWOptions(1e-3));
  std::printf("%10s %10s %14s %14s\n", "step", "loss", "resident KiB", "tensors, bytes");
  int64_t largest_before = 0, largest_after = 0;
  int64_t between_steps = 0;  // what tensors take: the parameters, their gradients, the optimiser's state
  for (int64_t step = 1; step <= steps; ++step) {
    const double loss = train(model, optimizer, step);
    if (step == 1) between_steps = memory_allocated();
    if (memory_allocated() != between_steps) {
      std::printf("after step %lld tensors take %lld bytes, after the first %lld\n",
                  static_cast<long long>(step), static_cast<long long>(memory_allocated()),
                  static_cast<long long>(between_steps));
      return 1;
    }
    int64_t& largest = step <= steps / 2 ? largest_before : largest_after;
    largest = std::max(largest, resident_bytes());
    if (step % std::max<int64_t>(steps / 10, 1) == 0)
      std::printf("%10lld %10.4f %14lld %14lld\n", static_cast<long long>(step), loss,
                  static_cast<long long>(resident_bytes() / 1024), static_cast<long long>(between_steps));
  }
  const int64_t growth = largest_after - largest_before;
  std::printf("the second half took %lld KiB more than the first\n", static_cast<long long>(growth / 1024));
  return growth <= kSlack ? 0 : 1;
}
