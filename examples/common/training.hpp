// Training in epochs and batches: progress on the terminal, a stop in good order, checkpoints to go on from.
#pragma once

#include <frost/frost.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace examples {

// What a training was started with, by the names of options: its checkpoints hold it.
using Settings = std::map<std::string, std::string>;

// What the command line says of a training.
struct TrainingOptions {
  int64_t epochs = 3, batch = 64;
  uint64_t seed = 0;
  int threads = frost::get_num_threads();
  std::string save, load, curve;
  Settings settings;
};

// An epoch that is done.
struct Epoch {
  int64_t number;              // from 1
  double loss;                 // mean over its batches
  double seconds, per_second;  // time without that of tests in between, and examples a second
};

// One model in training, from its start or, with options.load, from where that checkpoint left it, as if
// there had been no break.
class Training {
 public:
  // Throws frost::Error or InputError where the file at options.load is no checkpoint of such a training.
  Training(frost::nn::Module& model, frost::optim::Optimizer& optimizer, const TrainingOptions& options,
           int64_t examples);

  // The mean loss of a batch, given the numbers of its examples; 0 ≤ number < examples.
  using Loss = std::function<frost::Tensor(const std::vector<int64_t>& batch)>;
  // Trains until all epochs are done, and after each of them saves where options.save says; the order of the
  // examples in each is drawn from seed and epoch. Returns false where it was interrupted, after a whole
  // batch. `name` stands at the head of the progress line.
  bool run(const std::string& name, const Loss& loss, const std::function<void(const Epoch&)>& at_epoch_end);

  // A checkpoint: model, optimiser, random generator, how far the training is, and options.settings.
  void save(const std::string& path);
  static Settings settings_in(const std::string& path);

 private:
  void load(const std::string& path);

  frost::nn::Module& model_;
  frost::optim::Optimizer& optimizer_;
  const TrainingOptions& options_;
  int64_t examples_;
  frost::Checkpoint checkpoint_;

  int64_t epoch_ = 0;    // whole epochs done
  int64_t batches_ = 0;  // of the epoch after those
  double loss_sum_ = 0;  // over these batches
  double seconds_ = 0;   // spent on these batches
};

}  // namespace examples
