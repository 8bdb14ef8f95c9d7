#include <frost/printable.hpp>

#include <algorithm>

namespace frost {

namespace {

std::string escaped(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (byte == '\n') return "\\n";
  if (byte == '\t') return "\\t";
  return {'\\', 'x', digits[byte / 16], digits[byte % 16]};
}

// Of a whole character, by the order that UTF-8 keeps: whether it is a control character (those below space,
// U+007F to U+009F), a mark of direction (U+061C, U+200E and U+200F), a separator of lines, an embedding or
// an override (U+2028 to U+202E), or an isolate (U+2066 to U+2069).
bool is_control(std::string_view character) {
  const auto is_between = [character](std::string_view first, std::string_view last) {
    return character.size() == first.size() && first <= character && character <= last;
  };
  return static_cast<unsigned char>(character[0]) < 0x20 || character == "\x7f" ||
         is_between("\xc2\x80", "\xc2\x9f") || character == "\xd8\x9c" ||
         is_between("\xe2\x80\x8e", "\xe2\x80\x8f") || is_between("\xe2\x80\xa8", "\xe2\x80\xae") ||
         is_between("\xe2\x81\xa6", "\xe2\x81\xa9");
}

}  // namespace

size_t character_bytes(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t count = first < 0x80   ? 1
                       : first < 0xc2 ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                       : first < 0xf5 ? 4
                                      : 0;
  if (count > text.size()) return 0;
  for (size_t i = 1; i < count; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if (count < 3) return count;
  // Too long for what they say, surrogates, or past the last character.
  const bool is_wrong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                        (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90);
  return is_wrong ? 0 : count;
}

std::string printable(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const size_t count = character_bytes(text);
    const std::string_view character = text.substr(0, std::max<size_t>(count, 1));
    if (count == 0 || is_control(character))
      for (const char c : character) line += escaped(static_cast<unsigned char>(c));
    else
      (line += character == "\"" || character == "\\" ? "\\" : "") += character;
    text.remove_prefix(character.size());
  }
  return line;
}

}  // namespace frost
