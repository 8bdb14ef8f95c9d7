// Text of the user's own, tensors' names above all, made harmless to stand in a message or on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace frost {

// On one line, to stand between quotes: quotes and backslashes behind a backslash; as \n, \t or bytes like
// \x1b what is not UTF-8, controls a terminal, breaks a line, or turns the direction of what stands around
// it.
std::string printable(std::string_view text);

// How many bytes the UTF-8 character takes that `text`, not empty, starts with; 0 if that is none.
size_t character_bytes(std::string_view text);

}  // namespace frost
