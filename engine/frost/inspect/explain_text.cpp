#include <frost/inspect/explain.hpp>

#include <frost/inspect/formula.hpp>
#include <frost/inspect/remedy.hpp>
#include <frost/inspect/sentences.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace frost::inspect {

namespace {

using Kind = Explanation::Kind;

constexpr int64_t kFew = 16;  // elements that are written out
constexpr size_t kFewPaths = 6, kFewProducts = 8, kFewElements = 4, kFewNodes = 10;

class Writer {
 public:
  explicit Writer(const Explanation& told) : told_(told), to_(told), x_(to_.x), root_(to_.root) {}

  std::string text() {
    if (!told_.gradient.defined()) {
      say_absent(to_, told_);
      return to_.text();
    }
    if (told_.gradient.numel() == 0) {
      to_.say("∂" + root_ + "/∂" + x_ + " has no elements: " + x_ + " has none.");
      return to_.text();
    }
    say_value();
    if (told_.kind == Kind::nonfinite) {
      for (const Birth& birth : told_.births) say_birth(birth);
    } else {
      say_paths();
      say_products();
      say_zeros();
    }
    say_hooks();
    if (!told_.is_kept)
      to_.say("backward() does not leave it in .grad: " + x_ +
              " is not a leaf. Call retain_grad() before, or ask autograd::grad for it.");
    return to_.text();
  }

 private:
  // ---- there ----

  void say_hooks() {
    if (told_.hooked.empty()) return;
    std::string names;
    for (size_t k = 0; k < std::min(told_.hooked.size(), kFewElements); ++k)
      names += (k == 0 ? "" : ", ") + to_.label(told_.hooked[k]);
    if (told_.hooked.size() > kFewElements)
      names += " and " + std::to_string(told_.hooked.size() - kFewElements) + " more";
    to_.say("Hooks are left out here: backward() calls those of " + names +
            ", and what they return takes the place of the gradient there.");
  }

  void say_value() {
    const bool is_of_element = told_.element.has_value() || told_.gradient.dim() == 0;
    std::string value = values_text(told_.gradient, kFew);
    if (told_.kind == Kind::zero && !is_of_element)
      value = told_.gradient.numel() == 1
                  ? "0 in its one element"
                  : "0 in every one of its " + std::to_string(told_.gradient.numel()) + " elements";
    to_.say("∂" + root_ + "/∂" + x_ + " is " + value + ".");
  }

  void say_paths() {
    if (told_.paths.size() == 1 && told_.paths[0].nodes.empty()) return to_.say("It is the root itself.");
    if (told_.paths.size() == 1) {
      to_.say("It comes along one path:");
      to_.item(path(told_.paths[0]));
      return;
    }
    if (told_.kind == Kind::zero && told_.is_zero_by_structure) return;
    to_.say("It is the sum of what comes along " + std::to_string(told_.paths.size()) + " paths" +
            (are_all_whole() ? ":" : ", some of them many in one:"));
    for (size_t k = 0; k < std::min(told_.paths.size(), kFewPaths); ++k) {
      const Path& one = told_.paths[k];
      const bool is_shared = told_.kind == Kind::number;
      to_.item(values_text(one.share, kFew) + (is_shared ? " (" + percent(one.fraction) + ")" : "") + " by " +
               path(one));
    }
    if (told_.paths.size() > kFewPaths) {
      double rest = 0;
      for (size_t k = kFewPaths; k < told_.paths.size(); ++k) rest += told_.paths[k].fraction;
      to_.item("and " + (told_.kind == Kind::number ? percent(rest) + " by " : "") +
               std::to_string(told_.paths.size() - kFewPaths) + " more");
    }
    if (told_.kind == Kind::number && !is_sum_of_shares())
      to_.say("Rounding makes it what it is: larger numbers, of which it is the sum, cancel out.");
  }
  // But for what rounding does to a number that is no less than what it is the sum of.
  bool is_sum_of_shares() const {
    double sum = 0;
    for (const Path& path : told_.paths) sum += path.fraction;
    return std::abs(sum - 1) < 0.01;
  }
  bool are_all_whole() const {
    return std::all_of(told_.paths.begin(), told_.paths.end(), [](const Path& p) { return p.is_whole; });
  }

  // "scores <- MaskedFillBackward0 <- SoftmaxBackward0 "weights" <- SumBackward0"
  std::string path(const Path& path) const {
    std::string words = x_;
    for (size_t k = 0; k < path.nodes.size(); ++k) {
      if (path.nodes.size() > kFewNodes && k == kFewNodes / 2) {
        const size_t left_out = path.nodes.size() - kFewNodes;
        words += " <- … " + std::to_string(left_out) + " more …";
        k += left_out;
      }
      words += " <- " + to_.op(path.nodes[k]);
    }
    return path.is_whole ? words : words + " <- … (all ways that lead there)";
  }

  void say_products() {
    if (told_.products.empty()) return;
    std::vector<Product> products = told_.products;
    if (products.size() > kFewProducts)
      std::stable_sort(products.begin(), products.end(), [](const Product& a, const Product& b) {
        return std::abs(a.grad_out * a.derivative) > std::abs(b.grad_out * b.derivative);
      });
    const size_t i = products[0].node;
    to_.say("At " + to_.op(i) + " it is a sum over the elements that depend on " + x_ + ":");
    for (size_t k = 0; k < std::min(products.size(), kFewProducts); ++k) {
      const Product& one = products[k];
      const std::string element = to_.element({one.node, one.output_nr}, one.element);
      to_.item("∂" + root_ + "/∂" + element + " · ∂" + element + "/∂" + x_ + " = " +
               factor_text(one.grad_out) + "·" + factor_text(one.derivative) + " = " +
               number_text(one.grad_out * one.derivative));
    }
    if (products.size() > kFewProducts) {
      double rest = 0;
      for (size_t k = kFewProducts; k < products.size(); ++k)
        rest += products[k].grad_out * products[k].derivative;
      to_.item("and " + number_text(rest) + " by " + std::to_string(products.size() - kFewProducts) +
               " more");
    }
  }

  // ---- zeros ----

  void say_zeros() {
    if (told_.zeros == 0) return;
    const std::string subject = told_.kind == Kind::zero
                                    ? "It is 0"
                                    : std::to_string(told_.zeros) + " of its " +
                                          std::to_string(told_.gradient.numel()) + " elements " +
                                          (told_.zeros == 1 ? "is 0" : "are 0");
    if (told_.cuts.empty())
      return to_.say(subject + (told_.paths.size() == 1
                                    ? ", though no op on the way makes it so: the product of the slopes is "
                                      "too small for its dtype."
                                    : " because what comes along the ways to it cancels out, or is too small "
                                      "for its dtype."));
    to_.say(subject + (told_.is_zero_by_structure
                           ? " by structure, whatever the values are: every way is cut."
                           : " at these values; with others it may be a number. The ways to it end:"));
    for (size_t k = 0; k < std::min(told_.cuts.size(), kFewPaths); ++k) say_cut(told_.cuts[k]);
    if (told_.cuts.size() > kFewPaths)
      to_.item("and at " + std::to_string(told_.cuts.size() - kFewPaths) + " more ops");
  }

  void say_cut(const Cut& cut) {
    const TracedInput& input = told_.trace.nodes()[cut.node].inputs[cut.input];
    const Trace::Place from{*input.node, input.output_nr};
    std::string elements;
    for (size_t k = 0; k < std::min(cut.elements.size(), kFewElements); ++k)
      elements += (k == 0 ? "" : ", ") + to_.element(from, cut.elements[k]);
    if (cut.elements.size() > kFewElements)
      elements += " and " + std::to_string(cut.elements.size() - kFewElements) + " more elements";
    to_.item("at " + to_.op(cut.node) + ", " + reason(cut, elements));
  }

  static std::string reason(const Cut& cut, const std::string& elements) {
    switch (cut.cause) {
      case Cut::Cause::masked:
        return "which masks " + elements;
      case Cut::Cause::not_selected:
        return "which does not select " + elements;
      case Cut::Cause::replaced:
        return "which writes over " + elements;
      case Cut::Cause::zero_factor:
        return "which multiplies " + elements + " by exactly 0" +
               (cut.is_structural ? ": a constant, or a weight that a mask makes 0" : "");
      case Cut::Cause::alone:
        return "where " + elements +
               " is the only score of its row that is not masked: its weight is 1, whatever it is";
      case Cut::Cause::saturated:
        return "a softmax that is saturated there: the weight of " + elements +
               " is exactly 0 or 1, and its slope 0 (whether it is so for good, as beside frozen scores of "
               "-inf, the tape does not say)";
      case Cut::Cause::flat:
        return "whose slope is 0 at " + elements;
      case Cut::Cause::cancelled:
        return "where what comes from several elements, or by several inputs, sums to 0";
      default:
        return "which leads " + elements + " elsewhere at these values";
    }
  }

  // ---- not finite ----

  void say_birth(const Birth& birth) {
    const TracedNode& node = told_.trace.nodes()[birth.node];
    if (!birth.input)
      return to_.say(
          "It was born where gradients meet at " + to_.op(birth.node) +
          ": each is finite, and their sum is not. Their dtype is too small for it, or they are too large.");
    const TracedInput& input = node.inputs[*birth.input];
    const std::string element = to_.element({*input.node, input.output_nr}, birth.element);
    const Tensor& made = input.gradient.value;
    const std::string value = number_text(made.detach().reshape({-1})[birth.element].item<double>());
    std::string born = "It was born at " + to_.op(birth.node) + ", from gradients that were finite: ";
    if (const std::string_view rule = formula(node.name); !rule.empty())
      born += "its rule " + std::string(rule) + " ";
    else
      born += "its rule ";
    born += "gave " + value + " to " + element;
    if (birth.value) born += ", which is " + number_text(*birth.value);
    if (birth.grad_in) born += ", where g is " + number_text(*birth.grad_in);
    to_.say(born + ".");
    for (const std::string& sentence : remedy(birth, told_.trace, to_)) to_.say(sentence);
  }

  // ---- words ----

  // Where paths cancel, the share of one may be many times what is left.
  static std::string percent(double fraction) {
    if (std::abs(fraction) >= 10) return number_text(fraction) + " times the sum";
    return number_text(std::round(fraction * 1000) / 10) + "%";
  }

  const Explanation& told_;
  Sentences to_;
  const std::string &x_, &root_;
};

}  // namespace

std::string to_text(const Explanation& explanation) { return Writer(explanation).text(); }
std::ostream& operator<<(std::ostream& out, const Explanation& explanation) {
  return out << to_text(explanation);
}

}  // namespace frost::inspect
