#include "text.hpp"

#include "common/error.hpp"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace side_by_side {

using examples::InputError;

namespace {

std::string read_all(const std::string& path) {
  std::ostringstream content;
  if (path == "-") {
    if (std::cin.peek() != std::istream::traits_type::eof()) content << std::cin.rdbuf();
    return content.str();
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(fmt::format("can't open {}: {}", path, std::strerror(errno)));
  if (std::filesystem::is_directory(path))
    throw InputError(fmt::format("can't read {}: it is a folder", path));
  if (file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  if (file.bad() || content.bad()) throw InputError(fmt::format("can't read {}", path));
  return content.str();
}

bool is_space(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

std::vector<std::string> split(const std::string& line, TokenKind kind) {
  std::vector<std::string> tokens;
  bool in_word = false;
  for (auto place = line.begin(); place != line.end();) {
    const auto start = place;
    const char32_t c = utf8::next(place, line.end());
    if (is_space(c)) {
      in_word = false;
      continue;
    }
    if (kind == TokenKind::chars || !in_word) tokens.emplace_back();
    tokens.back().append(start, place);
    in_word = true;
  }
  return tokens;
}

}  // namespace

Text read_text(const std::string& path, TokenKind kind) {
  std::string content = read_all(path);
  const std::string source = path == "-" ? "standard input" : path;
  if (utf8::starts_with_bom(content.begin(), content.end())) content.erase(0, 3);
  Text text;
  size_t number = 0;
  for (size_t start = 0; start < content.size();) {
    const size_t end = std::min(content.find('\n', start), content.size());
    const std::string line = content.substr(start, end - start);
    start = end + 1;
    ++number;
    const auto invalid = utf8::find_invalid(line.begin(), line.end());
    if (invalid != line.end())
      throw InputError(fmt::format("{}, line {}: byte {} is not valid UTF-8 (0x{:02x})", source, number,
                                   invalid - line.begin() + 1, static_cast<unsigned char>(*invalid)));
    std::vector<std::string> tokens = split(line, kind);
    if (tokens.empty())
      ++text.empty_lines;
    else
      text.sequences.push_back(std::move(tokens));
  }
  if (text.sequences.empty())
    throw InputError(fmt::format("{} holds no tokens{}", source,
                                 content.empty() ? ": it is empty" : ": every line of it is blank"));
  return text;
}

std::string shortened(const std::string& text, size_t width) {
  if (static_cast<size_t>(utf8::distance(text.begin(), text.end())) <= width) return text;
  auto place = text.begin();
  utf8::advance(place, static_cast<std::ptrdiff_t>(width) - 1, text.end());
  return std::string(text.begin(), place) + "…";
}

}  // namespace side_by_side
