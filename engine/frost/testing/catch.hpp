// Catch2, version 2 or 3: the one file that knows where its headers are and what they renamed.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>

namespace Catch {
// As version 2 calls them.
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
using Matchers::EndsWith, Matchers::MatcherBase, Matchers::StartsWith;
}  // namespace Catch

using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
