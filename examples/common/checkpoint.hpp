// A training in a file: the model, the optimiser, how far it is, and what it was started with.
#pragma once

#include "cli.hpp"
#include "training.hpp"

#include <frost/serialize.hpp>

#include <functional>
#include <string>

namespace examples {

struct Checkpoint {
  std::string file;
  Settings settings;
  Position position;
  frost::safetensors::Contents contents;
};

void save_checkpoint(const std::string& path, const frost::nn::Module& model, const frost::optim::Optimizer& optimizer,
                     const Position& position, const Settings& settings);
// Throws frost::Error where the file is no checkpoint.
Checkpoint read_checkpoint(const std::string& path);
// Leaves everything as it was where it throws.
void load_checkpoint(const Checkpoint& checkpoint, frost::nn::Module& model, frost::optim::Optimizer& optimizer,
                     Position& position);

// What remains to be done where a training was interrupted: saves it, to --save or to a file named after the program,
// says how to go on, and returns the exit status.
int stop_with_checkpoint(const CLI::App& app, const TrainingOptions& options,
                         const std::function<void(const std::string& path)>& save);

}  // namespace examples
