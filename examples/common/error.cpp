#include "error.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace examples {

void check_can_write(const std::string& path) {
  std::error_code ignored;
  const bool is_new = !std::filesystem::exists(path, ignored);
  if (!is_new && !std::filesystem::is_regular_file(path, ignored))
    throw InputError(fmt::format("can't write {}: it is not a regular file", path));
  if (!std::ofstream(path, std::ios::app)) throw InputError(fmt::format("can't write {}", path));
  if (is_new) std::filesystem::remove(path, ignored);
}

}  // namespace examples
