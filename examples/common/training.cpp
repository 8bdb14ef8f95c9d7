#include "training.hpp"

#include "error.hpp"
#include "file.hpp"
#include "progress.hpp"
#include "table.hpp"

#include <fmt/format.h>
#include <frost/random.hpp>
#include <frost/safetensors.hpp>

#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string_view>

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
    file_.seekp(0, std::ios::end);
    if (file_.tellp() == std::streampos(0)) file_ << "epoch,batch,loss\n";
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

Training::Training(nn::Module& model, optim::Optimizer& optimizer, const TrainingOptions& options,
                   int64_t examples)
    : model_(model), optimizer_(optimizer), options_(options), examples_(examples) {
  checkpoint_.add("model", model);
  checkpoint_.add("optimizer", optimizer);
  checkpoint_.add("generator", default_generator());
  if (!options.load.empty()) load(options.load);
}

bool Training::run(const std::string& name, const Loss& loss,
                   const std::function<void(const Epoch&)>& at_epoch_end) {
  using Clock = std::chrono::steady_clock;
  if (!options_.save.empty()) check_can_write(options_.save);
  const Interrupt interrupt;
  Progress progress;
  Curve curve(options_.curve, !options_.load.empty());
  const int64_t batches = (examples_ + options_.batch - 1) / options_.batch;
  while (epoch_ < options_.epochs) {
    model_.train();
    const std::vector<int64_t> order = order_of(examples_, options_.seed, epoch_);
    while (batches_ < batches) {
      if (Interrupt::requested()) return false;
      const auto start = Clock::now();
      const auto first = order.begin() + batches_ * options_.batch;
      const auto last = order.begin() + std::min(examples_, (batches_ + 1) * options_.batch);
      optimizer_.zero_grad();
      const Tensor batch_loss = loss({first, last});
      const double value = batch_loss.item<double>();
      if (!std::isfinite(value))
        throw InputError(
            fmt::format("the loss became {} in epoch {}, batch {}", value, epoch_ + 1, batches_ + 1));
      batch_loss.backward();
      nn::utils::clip_grad_norm_(model_.parameters(), 1);
      optimizer_.step();
      loss_sum_ += value;
      seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
      curve.add(epoch_ + 1, ++batches_, value);
      const double per_second = static_cast<double>(batches_ * options_.batch) / std::max(seconds_, 1e-9);
      const double left = seconds_ / static_cast<double>(batches_) * static_cast<double>(batches - batches_);
      progress.show(
          fmt::format("{}epoch {}/{}", name, epoch_ + 1, options_.epochs), batches_, batches,
          fmt::format("loss {:.3f} {:.0f} seq/s {} left", loss_sum_ / batches_, per_second, duration(left)));
    }
    progress.clear();
    const Epoch done{epoch_ + 1, loss_sum_ / static_cast<double>(batches), seconds_,
                     static_cast<double>(examples_) / std::max(seconds_, 1e-9)};
    epoch_ = done.number;
    batches_ = 0;
    loss_sum_ = seconds_ = 0;
    if (!options_.save.empty()) save(options_.save);
    at_epoch_end(done);
    if (Interrupt::requested()) return false;
  }
  return true;
}

// The settings stand among the metadata under names that begin so.
constexpr std::string_view kSetting = "setting.";

void Training::save(const std::string& path) {
  std::map<std::string, std::string>& metadata = checkpoint_.metadata;
  metadata.clear();
  for (const auto& [name, value] : options_.settings) metadata[std::string(kSetting) + name] = value;
  metadata["epoch"] = fmt::format("{}", epoch_);
  metadata["batches"] = fmt::format("{}", batches_);
  metadata["loss_sum"] = fmt::format("{}", loss_sum_);  // with as many digits as give the same number again
  metadata["seconds"] = fmt::format("{}", seconds_);
  checkpoint_.save(path);
}

Settings Training::settings_in(const std::string& path) {
  Settings settings;
  for (const auto& [name, value] : safetensors::read_metadata(path))
    if (name.starts_with(kSetting)) settings[name.substr(kSetting.size())] = value;
  return settings;
}

void Training::load(const std::string& path) {
  checkpoint_.load(path);
  const auto number = [&](const char* name, auto& value) {
    std::istringstream text(checkpoint_.metadata[name]);
    if (!(text >> value) || !text.eof() || !(value >= 0))
      throw InputError(fmt::format("{}: {} is '{}', which is no number from 0", path, name, text.str()));
  };
  number("epoch", epoch_);
  number("batches", batches_);
  number("loss_sum", loss_sum_);
  number("seconds", seconds_);
}

}  // namespace examples
