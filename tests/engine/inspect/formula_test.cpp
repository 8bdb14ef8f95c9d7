#include <frost/inspect/formula.hpp>

#include "gradients.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

using frost::inspect::formula;

namespace {

// The names that frost gives its nodes: those of ops, of leaves and of writes through a view.
std::set<std::string> recorded_names() {
  static const std::regex name("\"([A-Z][A-Za-z0-9]*Backward[0-9]+|CopySlices|torch::autograd::[A-Za-z]+)\"");
  std::set<std::string> names;
  for (const char* const folder : {"/engine/frost", "/nn/frost"})
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(FROST_SOURCE) + folder)) {
      if (entry.path().extension() != ".cpp" || entry.path().parent_path().filename() == "inspect") continue;
      std::ifstream file(entry.path());
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found)
        names.insert((*found)[1]);
    }
  return names;
}

}  // namespace

TEST_CASE("formula: every name that frost records has a line that fits a terminal", "[inspect]") {
  const std::set<std::string> names = recorded_names();
  CHECK(names.size() > 100);
  CHECK(names.contains("torch::autograd::CopySlices"));
  for (const std::string& name : names) {
    INFO(name << " needs an entry in engine/frost/inspect/formula.cpp");
    CHECK_FALSE(formula(name).empty());
    CHECK(std::count_if(formula(name).begin(), formula(name).end(),
                        [](char c) { return (c & 0xc0) != 0x80; }) <= 80);
  }
}

TEST_CASE("formula: a name that frost does not know has none", "[inspect]") {
  CHECK(formula("MyOwnBackward0").empty());
  CHECK(formula("").empty());
  CHECK(formula("MulBackward0") == "grad_x = g·y, grad_y = g·x");
}
