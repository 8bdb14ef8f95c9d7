// How wide text is on a terminal.
#pragma once

#include <cstddef>
#include <string_view>

namespace frost::inspect {

// The columns that UTF-8 text takes: two for each wide character (East Asian ones, and most emoji), none for
// a mark that joins the character before it, one for each other, and for a byte that is no UTF-8.
size_t columns(std::string_view text);

}  // namespace frost::inspect
