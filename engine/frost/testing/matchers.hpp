// The checks of values.hpp, gradients.hpp and leak.hpp as Catch2 matchers, which say what each means.
//
//   loss.backward();
//   CHECK_THAT(weights, SumsToOne(-1));
//   CHECK_THAT(scores, GradZeroAt(padded).from(loss));
//   CHECK_THAT(scores, GradNonZeroAt(~padded).from(loss));
//   CHECK_THAT(frozen_scores, GradAbsent());
//
// A failing test prints the tensor, what was asked of it, and the element at fault:
//
//   tensor([1., 2.], requires_grad=True) has gradient zero where the mask is true
//     gradient of scores at [1]: expected zero, found a number, 0.25; so at 1 of 1 elements; gradient path: …
//
// They combine with &&, || and ! as other matchers do. Those about modules: <frost/nn/testing/matchers.hpp>.
#pragma once

#include <frost/testing/catch.hpp>
#include <frost/testing/gradients.hpp>
#include <frost/testing/leak.hpp>
#include <frost/testing/values.hpp>

#include <functional>
#include <string>
#include <utility>

namespace frost::testing {

// A matcher made of a check: check(x) says whether x passes, and `demand` is what it must be like, as in
// "has no gradient".
template <class T, class Check>
class CheckMatcher : public Catch::MatcherBase<T> {
 public:
  CheckMatcher(std::string demand, Check check) : demand_(std::move(demand)), check_(std::move(check)) {}

  bool match(const T& x) const override {
    result_ = check_(x);
    return result_.ok;
  }
  std::string describe() const override { return result_.ok ? demand_ : demand_ + "\n  " + result_.message; }

 private:
  std::string demand_;
  Check check_;
  mutable Result result_;  // of the last match: Catch2 asks for the description after it
};

template <class T, class Check>
CheckMatcher<T, Check> matcher(std::string demand, Check check) {
  return {std::move(demand), std::move(check)};
}

// One about a gradient; .from(root) has messages name the nodes that lead from there to the tensor.
class GradMatcher : public CheckMatcher<Tensor, std::function<Result(const Tensor&)>> {
 public:
  using RootedCheck = std::function<Result(const Tensor& x, const Tensor& root)>;

  GradMatcher(const std::string& demand, const RootedCheck& check, const Tensor& root = {})
      : CheckMatcher(demand, [check, root](const Tensor& x) { return check(x, root); }),
        asked_(demand),
        rooted_check_(check) {}

  GradMatcher from(const Tensor& root) const { return {asked_, rooted_check_, root}; }

 private:
  std::string asked_;
  RootedCheck rooted_check_;
};

// ---- values ----

inline auto AllClose(Tensor expected, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) {
  return matcher<Tensor>("is close to what was expected",
                         [expected = std::move(expected), rtol, atol, equal_nan](const Tensor& x) {
                           return all_close(x, expected, rtol, atol, equal_nan);
                         });
}

inline auto SumsToOne(int64_t dim = -1, double atol = 1e-6) {
  return matcher<Tensor>("sums to one along dim " + to_text(dim),
                         [dim, atol](const Tensor& x) { return sums_to_one(x, dim, atol); });
}

// Takes the step when it is asked.
inline auto UnchangedBy(std::function<void()> step, Tensor mask = {}) {
  return matcher<Tensor>("stays as it was, bit for bit",
                         [step = std::move(step), mask = std::move(mask)](const Tensor& x) {
                           return unchanged_by(x, step, mask);
                         });
}

// ---- gradients, as backward() left them ----

inline GradMatcher GradAbsent() { return {"has no gradient", grad_absent}; }

inline GradMatcher GradZeroAt(Tensor mask = {}) {
  return {mask.defined() ? "has gradient zero where the mask is true" : "has gradient zero",
          [mask](const Tensor& x, const Tensor& root) { return grad_zero_at(x, mask, root); }};
}

inline GradMatcher GradNonZeroAt(Tensor mask = {}) {
  return {mask.defined() ? "has a gradient other than zero where the mask is true"
                         : "has a gradient other than zero",
          [mask](const Tensor& x, const Tensor& root) { return grad_non_zero_at(x, mask, root); }};
}

inline auto SameGradients(Tensor other, double rtol = 0, double atol = 0) {
  return matcher<Tensor>("has the same gradient", [other = std::move(other), rtol, atol](const Tensor& x) {
    return same_gradients(x, other, rtol, atol);
  });
}

inline auto GradMatches(std::function<Tensor(const Tensor&)> function, GradcheckOptions options = {}) {
  return matcher<Tensor>("has the gradient that differences of the function give",
                         [function = std::move(function), options = std::move(options)](const Tensor& x) {
                           return grad_matches(x, function, options);
                         });
}

// ---- leaks ----

inline auto NoLeakFrom(Tensor mask, std::function<Tensor(const Tensor&)> function, LeakOptions options = {}) {
  return matcher<Tensor>(
      "does not leak from where the mask is true",
      [mask = std::move(mask), function = std::move(function),
       options = std::move(options)](const Tensor& x) { return no_leak_from(mask, function, x, options); });
}

}  // namespace frost::testing
