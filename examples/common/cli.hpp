// What the command lines of the examples have in common.
#pragma once

#include "training.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace examples {

constexpr uint64_t kLargestSeed = (uint64_t{1} << 53) - 1;  // so that JSON holds it

// A check for options: a whole number from `low` to `high`, written with digits alone.
CLI::Validator whole_number(uint64_t low, uint64_t high);

// --epochs --batch --seed --threads --save --load --curve
void add_training_options(CLI::App& app, TrainingOptions& options);

// Keeps in options.settings what the named options are set to. With --load these are first given the values
// that the training was started with: throws InputError where the command line says otherwise of one.
void settle(CLI::App& app, TrainingOptions& options, const std::vector<std::string>& names);

// What remains to be done where a training was interrupted: saves it, to --save or to a file named after the
// program, and says how to go on. Returns the exit status.
int stop_with_checkpoint(const CLI::App& app, const TrainingOptions& options, Training& training);

// Parses the command line, runs the program and returns its exit status: kUsageError after a wrong option,
// kInputError after an InputError or a frost::Error, whose text goes to standard error.
int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& program);

}  // namespace examples
