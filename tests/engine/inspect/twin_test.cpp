#include <frost/inspect/twin.hpp>

#include "engine/inspect/graphs.hpp"

#include <frost/inspect/recording.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <sstream>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using Kind = TwinDifference::Kind;

namespace {

// Method 1 and method 2 over scores of three and of one token, padded to three, of weight w.
struct Methods {
  Tensor features = doubles({1, 2, 3, 4, 5, 6}).view({2, 3});
  Tensor values = doubles({1, -2, 3});
  Tensor w1 = leaf({0.5}, "w"), w2 = leaf({0.5}, "w");
  Tensor first, second;

  Methods() {
    const Tensor mask = tensor({{false, false, false}, {false, true, true}});
    const Tensor scores = (features * w1).set_name("scores");
    const Tensor weights = scores.masked_fill(mask, -kInfinity).softmax(1).set_name("weights");
    first = matmul(weights, values).pow(2).sum().set_name("loss");

    std::vector<Tensor> contexts;
    for (const int64_t b : {0, 1}) {
      const std::string index = "[" + std::to_string(b) + "]";
      const int64_t n = b == 0 ? 3 : 1;
      const Tensor real = (features[b].narrow(0, 0, n) * w2).set_name("scores" + index);
      const Tensor pads = full({3 - n}, -kInfinity, dtype(kDouble)).set_name("pads" + index);
      const Tensor own = cat({real, pads}).softmax(0).set_name("weights" + index);
      contexts.push_back(matmul(own, values));
    }
    second = stack(contexts).pow(2).sum().set_name("loss");
  }
};

const TwinStop& stop_of(const Twin& twin, const std::string& name) {
  const auto found = std::find_if(twin.stops().begin(), twin.stops().end(),
                                  [&name](const TwinStop& stop) { return stop.name == name; });
  REQUIRE(found != twin.stops().end());
  return *found;
}

}  // namespace

TEST_CASE("Twin: slices of the one are paired with the other's whole, by name", "[inspect]") {
  const Methods methods;
  Twin twin(methods.first, methods.second);
  std::vector<std::string> names;
  for (const TwinStop& stop : twin.stops()) names.push_back(stop.name);
  CHECK(names == std::vector<std::string>{"loss", "weights", "scores", "w", "pads"});
  const TwinStop& scores = stop_of(twin, "scores");
  REQUIRE(scores.parts.size() == 2);
  CHECK(scores.parts[1].name == "scores[1]");
  CHECK(scores.parts[1].index == std::vector<int64_t>{1});
  CHECK(twin.compare(scores.parts[1]).kind == Kind::pending);
  twin.run();
  const TwinDifference whole = twin.compare(scores.parts[0]), padded = twin.compare(scores.parts[1]);
  CHECK((whole.kind == Kind::equal || whole.kind == Kind::rounding));
  CHECK(whole.left_over == 0);
  CHECK(padded.kind == Kind::equal);
  CHECK(padded.left_over == 2);  // the padding, where method 1 has zeros and method 2 nothing
  CHECK(padded.left_over_state == GradientState::zero);
  const TwinDifference pads = twin.compare(stop_of(twin, "pads").parts[0]);
  CHECK(pads.kind == Kind::only_second);
  CHECK(pads.second == GradientState::absent);
  const Kind w = twin.compare(stop_of(twin, "w").parts[0]).kind;
  CHECK((w == Kind::equal || w == Kind::rounding));
}

TEST_CASE("Twin: goes from name to name in both, and back", "[inspect]") {
  const Methods methods;
  Twin twin(methods.first, methods.second);
  CHECK_FALSE(twin.back());
  CHECK(twin.next());
  CHECK(twin.next());
  const TwinStop& weights = stop_of(twin, "weights");
  CHECK(twin.compare(weights.parts[0]).kind != Kind::pending);
  CHECK(twin.compare(stop_of(twin, "scores").parts[0]).kind == Kind::pending);
  CHECK_THAT(to_text(twin), Contains("\"weights\" after") && Contains("weights[1]: #") && Contains("equal"));
  const size_t before = twin.first().position();
  CHECK(twin.next());
  CHECK(twin.back());
  CHECK(twin.position() == 2);
  CHECK(twin.first().position() == before);
  twin.rewind();
  CHECK(twin.second().position() == 0);
  CHECK(to_text(twin) == "at the start: no step has been taken yet\n");
  twin.run();
  CHECK_FALSE(twin.next());
  CHECK(twin.second().trace().is_complete());
}

TEST_CASE("Twin: what differs, what is rounding, and what does not fit", "[inspect]") {
  const auto kind_of = [](const Tensor& first, const Tensor& second, const std::string& name) {
    Twin twin(first, second);
    twin.run();
    return twin.compare(stop_of(twin, name).parts[0]).kind;
  };
  const Tensor x = leaf({1, 2}, "x"), y = leaf({1, 2}, "x"), longer = leaf({1, 2, 3}, "x");
  CHECK(kind_of((x * 2).sum(), (y + y).sum(), "x") == Kind::equal);
  CHECK(kind_of((x * 2).sum(), (y * (2 + 1e-14)).sum(), "x") == Kind::rounding);
  CHECK(kind_of((x * 2).sum(), (y * 2.001).sum(), "x") == Kind::different);
  CHECK(kind_of((x * 2).sum(), (longer * 2).sum(), "x") == Kind::shapes);
  CHECK(kind_of((longer * 2).sum(), (y * 2).sum(), "x") == Kind::equal);
  const Tensor frozen = doubles({1, 2}).set_name("x"), w = leaf({1}, "w");
  CHECK(kind_of((x * w).sum(), (frozen * leaf({1}, "w")).sum(), "x") == Kind::different);  // absent, not 0
  CHECK(kind_of((x * 2).sum(), (leaf({1}, "y") * 2).sum(), "x") == Kind::only_first);
  CHECK_THROWS_WITH(Twin(x, y), Contains("scalar outputs"));
}

TEST_CASE("Twin: a NaN is equal to a NaN, and an infinity to the same infinity alone", "[inspect]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto compared = [](std::initializer_list<double> first, std::initializer_list<double> second) {
    Twin twin((leaf({1, 2, 3}, "x") * doubles(first)).sum(), (leaf({1, 2, 3}, "x") * doubles(second)).sum());
    twin.run();
    const std::string text = to_text(twin, stop_of(twin, "x"));
    CHECK(text.find("at most nan") == std::string::npos);
    return twin.compare(stop_of(twin, "x").parts[0]);
  };
  CHECK(compared({nan, 2, 3}, {nan, 2, 3}).kind == Kind::equal);
  CHECK(compared({kInfinity, -kInfinity, 3}, {kInfinity, -kInfinity, 3}).kind == Kind::equal);
  CHECK(compared({kInfinity, nan, 3}, {kInfinity, nan, 3 + 1e-14}).kind == Kind::rounding);
  const TwinDifference apart = compared({kInfinity, nan, 3}, {kInfinity, nan, 3.5});
  CHECK(apart.kind == Kind::different);
  CHECK(apart.largest == 0.5);
  CHECK(compared({nan, 2, 3}, {1, 2, 3}).kind == Kind::different);
  CHECK(compared({kInfinity, 2, 3}, {-kInfinity, 2, 3}).kind == Kind::different);
  CHECK(compared({kInfinity, 2, 3}, {1, 2, 3}).kind == Kind::different);
}

TEST_CASE("Twin: where a step throws, both programs stay where they were", "[inspect]") {
  const Methods methods;
  methods.w2.register_hook([](const Tensor&) { throw std::runtime_error("stop"); });
  Twin twin(methods.first, methods.second);
  for (int i = 0; i < 3; ++i) twin.next();
  const size_t first = twin.first().position(), second = twin.second().position();
  for (int i = 0; i < 2; ++i) {
    CHECK_THROWS_WITH(twin.next(), Contains("stop"));
    CHECK(twin.position() == 3);
    CHECK(twin.first().position() == first);
    CHECK(twin.second().position() == second);
  }
  CHECK(twin.back());
  CHECK(twin.position() == 2);
}

TEST_CASE("Twin: stepping through many names and back takes no quadratic time", "[inspect][deep]") {
  const auto chain = [] {
    Tensor y = ones({}, requires_grad()).set_name("x");
    for (int i = 0; i < 10'000; ++i) y = (y * 1).set_name("y" + std::to_string(i));
    return y;
  };
  const Tensor one = chain(), other = chain();
  const auto start = std::chrono::steady_clock::now();
  Twin twin(one, other);
  twin.run();
  CHECK(twin.position() == 10'001);
  twin.rewind();
  CHECK(twin.first().position() == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));  // quadratic, it takes minutes
}

TEST_CASE("Twin: a line for each name says what is equal and what exists in one only", "[inspect]") {
  const Methods methods;
  Twin twin(methods.first, methods.second);
  twin.run();
  const std::string text = summary_text(twin);
  CHECK_THAT(text, Contains("loss          values equal; gradients equal\n"));
  CHECK_THAT(text, Contains("scores[0]     values not known; gradients equal\n"));
  CHECK_THAT(text, Contains("pads[0]       only in the second, gradient absent\n"));
}

TEST_CASE("Twin: compares values, before a step was taken too", "[inspect]") {
  const Recording recording;
  const Methods methods;
  const Twin twin(methods.first, methods.second, {.outputs = recording.outputs()});
  for (const TwinPart& part : stop_of(twin, "scores").parts) {
    const TwinDifference found = twin.compare_values(part);
    CHECK(found.kind == Kind::equal);
    CHECK(found.left_over == (part.name == "scores[1]" ? 2 : 0));
  }
  CHECK(twin.compare_values(stop_of(twin, "pads").parts[0]).kind == Kind::only_second);
  CHECK_THAT(summary_text(twin),
             Contains("scores[1]     values equal; gradients pending; 2 more elements in the first\n"
                      "              alone\n"));
}

TEST_CASE("Twin: values may differ where gradients don't, and either way", "[inspect]") {
  const auto shown = [](const Tensor& first, const Tensor& second) {
    Twin twin(first, second, {.max_elements = 3});
    twin.run();
    const std::string text = to_text(twin, stop_of(twin, "x"));
    return text.substr(text.rfind("values "));
  };
  const auto sum_of = [](std::initializer_list<double> x, double slope) {
    return (leaf(x, "x") * slope).sum();
  };
  CHECK(shown(sum_of({1, 2}, 3), sum_of({1, 2}, 3)) == "values equal; gradients equal\n");
  CHECK(shown(sum_of({1, 2}, 3), sum_of({1, 2.5}, 3)) ==
        "values different (by at most 0.5); gradients equal\n");
  CHECK(shown(sum_of({1, 2}, 3), sum_of({1, 2 + 1e-14}, 3)) == "values equal; gradients equal\n");
  CHECK(shown(sum_of({1, 2}, 3), sum_of({1, 2}, 4)) == "values equal; gradients different (by at most 1)\n");
  CHECK(shown(sum_of({1, kInfinity}, 3), sum_of({1, 2}, 3)) ==
        "values different: in one a NaN or an infinity, in the other another\n          number; gradients "
        "equal\n");
  CHECK(shown(sum_of({1, 2, 3, 4}, 3), sum_of({1, 2, 3, 4}, 3)) == "values not known; gradients equal\n");
  CHECK(shown(sum_of({1, 2}, 3), sum_of({1, 2, 3}, 3)) ==
        "values of shapes that do not fit; gradients of shapes that do not fit\n");
  // Where they differ, they are shown.
  Twin twin(sum_of({1, 2}, 3), sum_of({1, 2.5}, 3));
  CHECK_THAT(to_text(twin, stop_of(twin, "x")),
             Contains("first   #2 AccumulateGrad, values [1, 2], gradient pending") &&
                 Contains("second  x: #2 AccumulateGrad, values [1, 2.5], gradient pending"));
}

TEST_CASE("Twin: no line is longer than 80 columns, however long a name is", "[inspect]") {
  const std::string name(300, 'w');
  Twin twin((leaf({1, 2}, name.c_str()) * 2).sum(), (leaf({1, 2}, name.c_str()) * 2).sum());
  twin.run();
  std::istringstream lines(summary_text(twin) + to_text(twin));
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
}
