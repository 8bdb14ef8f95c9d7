#include <frost/error.hpp>

#include <cstdio>

namespace frost {

std::string to_text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  return buffer;
}

void throw_error(std::string_view function, const std::string& message) {
  throw Error("[" + std::string(function) + "] " + message);
}

}  // namespace frost
