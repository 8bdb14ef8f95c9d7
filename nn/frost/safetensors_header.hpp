// The header of a safetensors file, as text and as what it says. <frost/safetensors.hpp> tells of the format.
#pragma once

#include <frost/error.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace frost::safetensors {

struct Entry {
  std::string name, dtype;
  std::vector<uint64_t> shape, data_offsets;
};

struct Header {
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;
};

constexpr const char* kMetadataName = "__metadata__";

// Names the file in errors. What the entries say is not checked: only that they say it in the format's form,
// each name and each field once.
Header parse_header(const std::string& path, const std::string& text);
// Errors, which name the file: a text that is not UTF-8.
std::string format_header(const std::string& path, const Header& header);

// Text of a file in a message: not too long, and nothing that would upset a terminal.
std::string quoted(std::string text);

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const Parts&... parts) {
  fail("safetensors", path, ": ", parts...);
}

}  // namespace frost::safetensors
