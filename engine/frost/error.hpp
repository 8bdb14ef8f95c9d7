// The one place that words errors. Every error frost throws is a frost::Error whose text names the function
// in brackets, then says what is wrong with which values, and where it helps, what to do:
//
//   [matmul] mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace frost {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}

  // libtorch's errors carry a backtrace that this leaves out; frost's never do.
  const char* what_without_backtrace() const noexcept { return what(); }
  std::string msg() const { return what(); }
};

// Pieces of a message. A type of frost's that is to appear in messages adds an overload beside its
// definition.
inline std::string_view to_text(std::string_view text) { return text; }
inline const char* to_text(const char* text) { return text; }
inline const char* to_text(bool value) { return value ? "true" : "false"; }
inline std::string to_text(int value) { return std::to_string(value); }
inline std::string to_text(int64_t value) { return std::to_string(value); }
inline std::string to_text(size_t value) { return std::to_string(value); }
inline std::string to_text(unsigned value) { return std::to_string(value); }
std::string to_text(double value);

[[noreturn]] void throw_error(std::string_view function, const std::string& message);

// Throws Error("[function] " + parts…).
template <class... Parts>
[[noreturn]] void fail(std::string_view function, const Parts&... parts) {
  std::string message;
  (message.append(to_text(parts)), ...);
  throw_error(function, message);
}

// Throws as `fail` does unless `condition` holds; the message is put together only then.
template <class... Parts>
inline void check(bool condition, std::string_view function, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(function, parts...);
}

}  // namespace frost
