// Files that the examples write.
#pragma once

#include <string>

namespace examples {

// Throws InputError where a file can't be written at `path`: better told before long work than after it.
void check_can_write(const std::string& path);

// A file with this content, in place of what was at `path`. Throws InputError where it can't be written.
void write_file(const std::string& path, const std::string& content);

}  // namespace examples
