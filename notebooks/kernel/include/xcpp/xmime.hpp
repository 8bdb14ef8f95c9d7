// What types without a mime_bundle_repr of their own are shown as, by xcpp::display: as they print.
#pragma once

#include <nlohmann/json.hpp>

#include <sstream>

namespace nl = nlohmann;

namespace xcpp {

template <class T>
nl::json mime_bundle_repr(const T& value) {
  std::ostringstream out;
  out << value;
  return {{"text/plain", out.str()}};
}

}  // namespace xcpp
