#include <frost/inspect/remedy.hpp>

#include <frost/inspect/structure.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace frost::inspect {

namespace {

bool begins_with_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [name](std::string_view beginning) { return name.starts_with(beginning); });
}

constexpr std::string_view kSmaller =
    "What prevents it: smaller numbers there, by scaling before, clamp_max, or functions made for it: "
    "log_softmax, logsumexp, softplus.";
constexpr std::string_view kOfMask =
    "What prevents it: an infinity, as that of a mask, must go into a "
    "softmax alone; or write a large number instead.";

constexpr std::string_view kLogSoftmax =
    "What prevents it, where the scores are finite: log_softmax in place of the log of a softmax, whose "
    "weights may be too small for the dtype.";

// How an op is called so that it sees another value where it must not see that one.
std::string_view guarded_call(std::string_view op) {
  constexpr std::pair<std::string_view, std::string_view> calls[] = {
      {"Div", "a / where(ok, b, 1)"},          {"Log1P", "log1p(where(ok, x, 0))"},
      {"LogBackward", "log(where(ok, x, 1))"}, {"Sqrt", "sqrt(where(ok, x, 1))"},
      {"Rsqrt", "rsqrt(where(ok, x, 1))"},     {"Reciprocal", "reciprocal(where(ok, x, 1))"},
      {"Pow", "pow(where(ok, x, 1), y)"},      {"Expm1", "expm1(where(ok, x, 0))"},
      {"Exp", "exp(where(ok, x, 0))"}};
  for (const auto& [beginning, call] : calls)
    if (op.starts_with(beginning)) return call;
  return "f(where(ok, x, 1))";
}

// How an op makes a NaN of numbers, and how that is prevented.
struct MadeNan {
  std::string_view what_went_in, why_slope, remedy;
};
constexpr std::string_view kAbove0 = "keep it above 0, by clamp_min.";
constexpr MadeNan kOneElement{"", "unbiased=true divides by n - 1, and n is 1",
                              "unbiased=false, or more elements."};

std::optional<MadeNan> made_nan(std::string_view op) {
  if (begins_with_any(op, {"Pow"}))
    return MadeNan{"a negative number, whose power is NaN unless it is that of an integer",
                   "a negative number to a power that is no integer", "keep the base above 0, by clamp_min."};
  if (begins_with_any(op, {"LogBackward", "Sqrt", "Rsqrt"}))
    return MadeNan{"a negative number", "what went into it was negative, or NaN", kAbove0};
  if (begins_with_any(op, {"Div"}))
    return MadeNan{"0/0, or infinities", "0/0",
                   "keep the divisor away from 0, by clamp_min, or by adding a small number before the op."};
  return std::nullopt;
}

class Remedy {
 public:
  Remedy(const Birth& birth, const Trace& trace, const Sentences& words)
      : birth_(birth),
        trace_(trace),
        words_(words),
        node_(trace.nodes()[birth.node]),
        origin_(trace.nodes()[birth.origin]) {}

  std::vector<std::string> sentences() const {
    switch (birth_.cause) {
      case Birth::Cause::empty_row:
        return {"The forward pass made it: in " + row("in ") + " every score is masked, and a " + softmax() +
                    " of nothing but -inf is " + (is_log_softmax() ? "inf - inf." : "0/0."),
                "What prevents it: " + of_empty_row()};
      case Birth::Cause::nan_row:
        return {"The forward pass made it: " + row("") + " is nothing but NaN. A " + softmax() +
                    " makes that of a row of nothing but -inf, as where a mask that is added masks "
                    "everything, and of one with a NaN" +
                    (is_log_softmax() ? "" : " or +inf") +
                    " in it; which of these it was, the tape does not know.",
                "What prevents it, if it was the mask: " + of_empty_row()};
      case Birth::Cause::forward_value:
        if (birth_.culprit) return {"It was there in the forward pass: " + culprit("is NaN", "a NaN") + "."};
        return of_forward_value();
      case Birth::Cause::forward_infinity:
        if (birth_.culprit)
          return {"It was there in the forward pass: " + culprit("is infinite", "an infinity") + ". " +
                      kOfInfinities,
                  std::string(kOfMask)};
        return {"The forward pass had made an infinity before: the first that is known is the output of " +
                    words_.op(birth_.origin) + ". " + kOfInfinities,
                of_infinity()};
      case Birth::Cause::zero_times_infinity:
        return of_zero_times("infinite", "inf");
      case Birth::Cause::infinite_slope:
        return {"The slope there is infinite" + because() + ". " + of_slope()};
      case Birth::Cause::nan_slope:
        if (birth_.grad_in == 0.0) return of_zero_times("NaN", "NaN");
        return {of_nan_slope()};
      default:
        return {
            "A number that the dtype can't hold came of finite ones. What prevents it: smaller numbers, by "
            "scaling before, or by functions made for it: log_softmax, logsumexp, softplus, log1p."};
    }
  }

 private:
  bool is_log_softmax() const { return origin_.name.starts_with("Log"); }
  std::string softmax() const { return is_log_softmax() ? "log_softmax" : "softmax"; }

  // "row 1 of #2 SoftmaxBackward0, as in 2 more,"
  std::string row(const std::string& in) const {
    const std::string of_op = " of " + words_.op(birth_.origin);
    if (!birth_.culprit) return "a row" + of_op;
    const Birth::Culprit& known = *birth_.culprit;
    const std::string others =
        known.others == 0 ? "" : ", as " + in + std::to_string(known.others) + " more,";
    if (known.sizes.size() < 2) return "the row" + of_op;
    return "row " + words_.row(known.sizes, known.element, static_cast<size_t>(*known.dim)) + of_op + others;
  }

  std::string of_empty_row() const {
    if (is_log_softmax()) return "no such rows in the batch, or a finite number there in place of -inf.";
    return "masked_softmax, which gives zeros to a row without a single score left (EmptyRow::Zeros); or no "
           "such rows in the batch.";
  }

  static constexpr const char* kOfInfinities =
      "Of infinities come others, and NaN: inf - inf, inf/inf and 0·inf.";

  std::vector<std::string> of_forward_value() const {
    const std::string before = "The forward pass had made a NaN before", first = words_.op(birth_.origin);
    if (is_of_one_element(origin_))
      return {before + ", at " + first + ": " + std::string(kOneElement.why_slope) + ".",
              "What prevents it: " + std::string(kOneElement.remedy)};
    const std::optional<MadeNan> made = made_nan(origin_.name);
    return {before + ": the first that is known is the output of " + first + ". Look for what went into it" +
            (made ? ": " + std::string(made->what_went_in) + ", or a NaN." : ".")};
  }

  // A variance or a standard deviation.
  bool is_of_one_element(const TracedNode& node) const {
    if (!begins_with_any(node.name, {"Var", "Std"}) || !node.inputs[0].node) return false;
    const TracedOutput& x = trace_.nodes()[*node.inputs[0].node].outputs[node.inputs[0].output_nr];
    return numel(x.tensor.sizes) == numel(node.outputs[0].tensor.sizes);
  }

  std::string of_nan_slope() const {
    const std::optional<MadeNan> made =
        is_of_one_element(node_) ? std::optional(kOneElement) : made_nan(node_.name);
    if (!made) return "The slope there is NaN. Look for what went into the op.";
    const bool is_exponent =
        node_.name == "PowBackward2" || (node_.name == "PowBackward1" && *birth_.input == 1);
    return "The slope there is NaN, " +
           (is_exponent ? "for it takes the log of the base, which is negative"
                        : "as the value itself is: " + std::string(made->why_slope)) +
           ". What prevents it: " + std::string(made->remedy);
  }

  std::vector<std::string> of_zero_times(const std::string& slope, const std::string& written) const {
    const std::string why = "No gradient comes in there, but the slope is " + slope + because() + ", and 0·" +
                            written + " is NaN";
    if (!birth_.muted_by)
      return {why + ".", birth_.cause == Birth::Cause::nan_slope ? of_nan_slope() : of_slope()};
    const std::string after =
        why + ": " + words_.op(*birth_.muted_by) + ", after the op, cannot take that back.";
    if (is_log_of_softmax(node_)) return {after + " " + std::string(kLogSoftmax)};
    return {after +
            " What prevents it: a `where` before the op, too, so that "
            "it never sees this value: where(ok, " +
            std::string(guarded_call(node_.name)) + ", 0)."};
  }

  // "w[0] is itself NaN", "a factor of #1 MulBackward0 that requires no grad holds a NaN at [0]"
  std::string culprit(const std::string& is_so, const std::string& what) const {
    const Birth::Culprit& known = *birth_.culprit;
    const std::string others =
        known.others == 0
            ? ""
            : ", and " + count_text(static_cast<size_t>(known.others), "more element") + " of it";
    if (known.place)
      return words_.element(*known.place, known.element) + " is itself" + is_so.substr(2) + others;
    if (!known.name.empty())
      return words_.element(known.name, known.sizes, known.element) + ", which requires no grad, " + is_so +
             others;
    const std::string at = known.sizes.empty() ? "" : " at " + words_.element("", known.sizes, known.element);
    return std::string(is_product(*origin_.node) ? "a factor of " : "a tensor that was saved by ") +
           words_.op(birth_.origin) + (is_product(*origin_.node) ? " that" : " and") +
           " requires no grad holds " + what + at + others;
  }

  // Of an infinite slope: which value makes it so, if that is another one than what was asked about.
  std::string because() const {
    if (!birth_.culprit) return "";
    const Birth::Culprit& known = *birth_.culprit;
    const TracedInput& input = node_.inputs[*birth_.input];
    if (known.place && known.place->node == input.node && known.place->output_nr == input.output_nr)
      return "";
    if (known.place || !known.name.empty()) return ", as " + fault() + " is " + number_text(known.value);
    return ", as the divisor" + (known.sizes.empty() ? "" : " at " + fault()) + " is " +
           number_text(known.value);
  }
  std::string fault() const {
    const Birth::Culprit& known = *birth_.culprit;
    return known.place ? words_.element(*known.place, known.element)
                       : words_.element(known.name, known.sizes, known.element);
  }

  // Of weights, or of some that were picked from them.
  bool is_log_of_softmax(const TracedNode& log) const {
    if (log.name != "LogBackward0") return false;
    const TracedNode* from = &log;
    do {
      if (!from->inputs[0].node) return false;
      from = &trace_.nodes()[*from->inputs[0].node];
    } while (begins_with_any(
        from->name, {"Select", "Slice", "Gather", "Index", "View", "ReshapeAlias", "UnsafeView", "Squeeze",
                     "Unsqueeze", "Transpose", "TBackward", "Permute", "Split", "Unbind"}));
    return from->name == "SoftmaxBackward0";
  }

  // What prevents an infinity that this op made.
  std::string of_infinity() const {
    if (is_log_of_softmax(origin_)) return std::string(kLogSoftmax);
    if (begins_with_any(origin_.name, {"LogBackward", "Log1P", "Div", "Reciprocal", "Rsqrt"}))
      return "What prevents it: keep what goes into that op away from 0, by clamp_min, or by adding a small "
             "number.";
    if (begins_with_any(origin_.name, {"MaskedFill", "Where", "Fill"}))
      return "It was put there, and not worked out. " + std::string(kOfMask);
    return std::string(kSmaller);
  }

  // What prevents an infinite slope of this op: of a large value, or of one at which it has a pole.
  std::string of_slope() const {
    if (is_log_of_softmax(node_)) return std::string(kLogSoftmax);
    const bool is_large = !birth_.culprit && birth_.value && std::abs(*birth_.value) > 1;
    if (begins_with_any(node_.name, {"Exp"}) || is_large) return std::string(kSmaller);
    const bool is_quotient = begins_with_any(node_.name, {"Div"});
    return std::string("What prevents it: keep the ") +
           (is_quotient ? "divisor away from 0" : "value away from there") +
           ", by clamp_min, or by adding a small number before the op.";
  }

  const Birth& birth_;
  const Trace& trace_;
  const Sentences& words_;
  const TracedNode &node_, &origin_;
};

}  // namespace

std::vector<std::string> remedy(const Birth& birth, const Trace& trace, const Sentences& words) {
  return Remedy(birth, trace, words).sentences();
}

}  // namespace frost::inspect
