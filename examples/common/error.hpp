// How the examples end.
#pragma once

#include <stdexcept>

namespace examples {

constexpr int kInputError = 1, kUsageError = 2;

// What is wrong with a file or an option, in a sentence for the user.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace examples
