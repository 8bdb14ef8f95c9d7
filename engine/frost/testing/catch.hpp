// Catch2, version 2 or 3: the one file that knows where its headers are and what they renamed.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

#include <string>

namespace Catch {
// As version 2 calls it.
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
using Matchers::MatcherBase;
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
