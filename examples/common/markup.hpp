// Text within HTML and XML.
#pragma once

#include <string>

namespace examples {

// With &, <, > and " as entities.
std::string escaped(const std::string& text);

}  // namespace examples
