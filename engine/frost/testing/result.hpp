// What a check of frost::testing returns. Any test framework can use it:
//
//   const frost::testing::Result result = frost::testing::grad_absent(weight);
//   if (!result) report(result.message);
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace frost::testing {

struct Result {
  bool ok = true;
  // What was expected and what was found, of which element; "" where ok.
  std::string message = "";

  explicit operator bool() const { return ok; }
  static Result failure(std::string message) { return {false, std::move(message)}; }
};

inline std::ostream& operator<<(std::ostream& out, const Result& result) {
  return out << (result.ok ? "ok" : result.message);
}

}  // namespace frost::testing
