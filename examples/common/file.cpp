#include "file.hpp"

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

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw InputError(fmt::format("can't write {}", path));
}

}  // namespace examples
