#include <frost/inspect/remedy.hpp>

#include <algorithm>
#include <cmath>

namespace frost::inspect {

namespace {

bool begins_with_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [name](std::string_view beginning) { return name.starts_with(beginning); });
}

constexpr std::string_view kSmaller =
    "What prevents it: smaller numbers there, by scaling before, clamp_max, or functions made for it: "
    "log_softmax, logsumexp, softplus.";

// What prevents an infinity that this op made.
std::string remedy_of_infinity(std::string_view op) {
  if (begins_with_any(op, {"Log", "Div", "Reciprocal", "Rsqrt"}))
    return "What prevents it: keep what goes into that op away from 0, by clamp_min, or by adding a small "
           "number.";
  if (begins_with_any(op, {"MaskedFill", "Where", "Fill", "torch::autograd::AccumulateGrad"}))
    return "It was put there, and not worked out. What prevents it: an infinity, as that of a mask, must go "
           "into a softmax alone; or write a large number instead.";
  return std::string(kSmaller);
}

// What prevents an infinite slope of this op: of a large value, or of one at which it has a pole.
std::string remedy_of_slope(std::string_view op, std::optional<double> value) {
  if (begins_with_any(op, {"Exp"}) || (value && std::abs(*value) > 1)) return std::string(kSmaller);
  return "What prevents it: keep the value away from there, by clamp_min, or by adding a small number before "
         "the function.";
}

}  // namespace

std::vector<std::string> remedy(const Birth& birth, const std::string& origin, std::string_view name,
                                const std::string& muted_by) {
  switch (birth.cause) {
    case Birth::Cause::empty_row:
      return {
          "The forward pass made it: in this row every score is masked, and a softmax of nothing but -inf is "
          "0/0.",
          "What prevents it: masked_softmax, which gives zeros to a row without a single score left "
          "(EmptyRow::Zeros); or no such rows in the batch."};
    case Birth::Cause::forward_value:
      return {"The forward pass had made a NaN before: the first that is known is the output of " + origin +
              ". Look for what went into it."};
    case Birth::Cause::forward_infinity:
      return {"The forward pass had made an infinity before: the first that is known is the output of " +
                  origin + ". Of infinities come others, and NaN: inf - inf, inf/inf and 0·inf.",
              remedy_of_infinity(name)};
    case Birth::Cause::zero_times_infinity:
      if (!birth.muted_by)
        return {"No gradient comes in there, but the slope is infinite, and 0·inf is NaN.",
                remedy_of_slope(name, birth.value)};
      return {"No gradient comes in there, but the slope is infinite, and 0·inf is NaN: " + muted_by +
              ", after the function, cannot take that back. What prevents it: a `where` before the function, "
              "so that it never sees this value: log(where(ok, x, 1)), not where(ok, log(x), 0)."};
    case Birth::Cause::infinite_slope:
      return {"The slope there is infinite. " + remedy_of_slope(name, birth.value)};
    default:
      return {
          "A number that the dtype can't hold came of finite ones. What prevents it: smaller numbers, by "
          "scaling before, or by functions made for it: log_softmax, logsumexp, softplus, log1p."};
  }
}

}  // namespace frost::inspect
