// How the examples end.
#pragma once

#include <stdexcept>
#include <string>

namespace examples {

constexpr int kInputError = 1, kUsageError = 2;

// What is wrong with a file or an option, in a sentence for the user.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Throws InputError where a file can't be written at `path`: better told before long work than after it.
void check_can_write(const std::string& path);

}  // namespace examples
