#include "training.hpp"

#include "error.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <fstream>

namespace examples {

using namespace frost;

namespace {

std::vector<int64_t> order_of(int64_t examples, uint64_t seed, int64_t epoch) {
  Generator generator(seed * 1000003 + static_cast<uint64_t>(epoch));
  std::vector<int64_t> order(static_cast<size_t>(examples));
  random::permutation(order.data(), examples, generator);
  return order;
}

// The losses of the batches as a table of comma-separated values, a line per batch.
class Curve {
 public:
  Curve(const std::string& path, bool goes_on) : path_(path) {
    if (path.empty()) return;
    file_.open(path, goes_on ? std::ios::app : std::ios::trunc);
    if (!goes_on) file_ << "epoch,batch,loss\n";
    check();
  }
  void add(int64_t epoch, int64_t batch, double loss) {
    if (path_.empty()) return;
    file_ << fmt::format("{},{},{:.9g}\n", epoch, batch, loss) << std::flush;
    check();
  }

 private:
  void check() const {
    if (!file_) throw InputError("can't write " + path_);
  }

  std::string path_;
  std::ofstream file_;
};

}  // namespace

Training::Training(nn::Module& model, optim::Optimizer& optimizer, const TrainingOptions& options, int64_t examples)
    : model_(model), optimizer_(optimizer), options_(options), examples_(examples) {}

bool Training::run(const std::string& name, const Loss& loss, const std::function<void(const Epoch&)>& at_epoch_end) {
  using Clock = std::chrono::steady_clock;
  const Interrupt interrupt;
  Progress progress;
  Curve curve(options_.curve, !options_.load.empty());
  const int64_t batches = (examples_ + options_.batch - 1) / options_.batch;
  while (position.epoch < options_.epochs) {
    model_.train();
    const std::vector<int64_t> order = order_of(examples_, options_.seed, position.epoch);
    while (position.batches < batches) {
      if (Interrupt::requested()) return false;
      const auto start = Clock::now();
      const auto first = order.begin() + position.batches * options_.batch;
      const auto last = order.begin() + std::min(examples_, (position.batches + 1) * options_.batch);
      optimizer_.zero_grad();
      const Tensor batch_loss = loss({first, last});
      batch_loss.backward();
      nn::utils::clip_grad_norm_(model_.parameters(), 1);
      optimizer_.step();
      const double value = batch_loss.item<double>();
      if (!std::isfinite(value))
        throw InputError(fmt::format("the loss became {} in epoch {}, batch {}", value, position.epoch + 1,
                                     position.batches + 1));
      position.loss_sum += value;
      position.seconds += std::chrono::duration<double>(Clock::now() - start).count();
      curve.add(position.epoch + 1, ++position.batches, value);
      const double per_second =
          static_cast<double>(position.batches * options_.batch) / std::max(position.seconds, 1e-9);
      const double left = position.seconds / static_cast<double>(position.batches) *
                          static_cast<double>(batches - position.batches);
      progress.show(fmt::format("{}epoch {}/{}", name, position.epoch + 1, options_.epochs), position.batches, batches,
                    fmt::format("loss {:.3f} {:.0f} seq/s {} left", position.loss_sum / position.batches, per_second,
                                duration(left)));
    }
    progress.clear();
    const Epoch done{position.epoch + 1, position.loss_sum / static_cast<double>(batches), position.seconds,
                     static_cast<double>(examples_) / std::max(position.seconds, 1e-9)};
    position = {done.number, 0, 0, 0};
    at_epoch_end(done);
  }
  return true;
}

}  // namespace examples
