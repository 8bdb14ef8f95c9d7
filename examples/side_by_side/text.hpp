// Reading sequences of tokens from a text, a sequence a line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace side_by_side {

enum class TokenKind { words, chars };

struct Text {
  std::vector<std::vector<std::string>> sequences;  // none of them empty
  size_t empty_lines = 0;                           // lines without a token, left out
};

// Reads the file, or standard input for "-". Words are what whitespace separates; chars are Unicode code
// points but whitespace. Throws examples::InputError where the file can't be read, is not UTF-8, or holds no
// token.
Text read_text(const std::string& path, TokenKind kind);

// The first characters of `text`, at most `width` of them, ended by "…" where some are left out.
std::string shortened(const std::string& text, size_t width);

}  // namespace side_by_side
