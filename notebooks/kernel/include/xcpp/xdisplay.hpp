// xcpp::display(x), as xeus-cpp has it: shows x in a notebook as mime_bundle_repr(x) says, which is looked up
// by the type's namespace and returns JSON: {"text/html": "…", "text/plain": "…"}. A type without one is
// shown as it prints.
#pragma once

#include <xcpp/xmime.hpp>

#include <iostream>

namespace xcpp {

template <class T>
void display(const T& value) {
  const nl::json bundle = mime_bundle_repr(value);
  // kernel/guard.cpp says what such a frame is.
  std::cout << "\033]xcpp;display;" << bundle.dump(-1, ' ', true, nl::json::error_handler_t::replace) << '\a'
            << std::flush;
}

}  // namespace xcpp
