// The attention of a translation as a picture: which characters of the input each character of the answer
// looked at.
#pragma once

#include "model.hpp"

#include <string>

namespace translate_dates {

// An SVG: the input along the top, the answer down the side, a cell as dark as its weight, and a legend; in
// the colours of the reader's light or dark scheme.
std::string to_svg(const Translation& translation);

// For a terminal: the input, and under it a line for each character of the answer, shaded ░▒▓█.
std::string to_text(const Translation& translation);

}  // namespace translate_dates
