#include <frost/inspect/cuts.hpp>

#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/structure.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace frost::inspect {

namespace {

using Cause = Cut::Cause;

bool is_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [name](std::string_view beginning) { return name.starts_with(beginning); });
}

Cause cause_of(const Node& node) {
  const std::string op = node.name();
  if (is_any(op, {"MaskedFill", "Tril", "Triu"})) return Cause::masked;
  if (is_any(op, {"Select", "Slice", "Split", "Unbind", "AsStrided", "Index", "Gather", "MaskedSelect",
                  "Where", "Embedding", "PackPadded", "PadPacked", "NllLoss"}) &&
      !op.starts_with("IndexPut"))
    return Cause::not_selected;
  if (is_any(op, {"Fill", "Zero", "Uniform", "Normal", "Bernoulli", "Copy", "torch::autograd::Copy",
                  "IndexPut", "Scatter"}))
    return Cause::replaced;
  if (is_product(node) || is_any(op, {"MaskedAttention", "RecurrentLayer"})) return Cause::zero_factor;
  return Cause::flat;
}

// Why elements of one input get nothing, whatever came in.
class Causes {
 public:
  Causes(const TracedNode& node, size_t input) : op_(cause_of(*node.node)) {
    const Edge& edge = node.node->next_edge(input);
    if (const Tensor mask = mask_over(*node.node, input); mask.defined())
      mask_ = numbers(mask.expand(edge.function->output(edge.input_nr).sizes));
    if (is_softmax(*node.node)) is_lone_ = numbers(lone_scores(*node.node));
  }

  Cause of(int64_t element) const {
    const auto e = static_cast<size_t>(element);
    if (!mask_.empty() && mask_[e] != 0) return Cause::masked;
    if (is_lone_.empty()) return op_;
    return is_lone_[e] != 0 ? Cause::alone : Cause::saturated;
  }

 private:
  Cause op_;
  std::vector<double> mask_, is_lone_;
};

bool is_masked_for_good(const Node& node, size_t input) {
  const Tensor mask = mask_over(node, input);
  return mask.defined() && is_fixed(mask);
}

bool is_structural(Node& node, const Cut& cut, const Tensor& answer) {
  if (is_rule_fixed(node)) return true;
  switch (cut.cause) {
    case Cause::masked:
      return is_masked_for_good(node, cut.input);
    case Cause::alone:
      return true;  // or it would not be alone, but at these values
    case Cause::zero_factor:
      return are_factors_fixed(answer, cut.elements);
    default:
      return false;
  }
}

// Of one input. `answer` is what the rule makes of gradients that are not 0.
void find_cuts(const TracedNode& node, Cut cut, const Tensor& direction, const Tensor& answer,
               std::vector<Cut>& cuts) {
  const std::vector<double> changes = numbers(direction);
  const std::vector<double> passed = answer.defined() ? numbers(answer) : std::vector<double>(changes.size());
  std::map<Cause, std::vector<int64_t>> elements;
  std::optional<Causes> causes;
  for (size_t e = 0; e < changes.size(); ++e) {
    if (changes[e] == 0 || passed[e] != 0) continue;
    if (!causes) causes.emplace(node, cut.input);
    elements[causes->of(static_cast<int64_t>(e))].push_back(static_cast<int64_t>(e));
  }
  for (auto& [cause, those] : elements) {
    cut.cause = cause;
    cut.elements = std::move(those);
    cut.is_structural = is_structural(*node.node, cut, answer);
    cuts.push_back(cut);
  }
}

// Two inputs of one op that are one tensor, as of x*x, are cut as one.
bool is_same(const TracedNode& node, const Cut& a, const Cut& b) {
  const TracedInput &x = node.inputs[a.input], &y = node.inputs[b.input];
  return a.node == b.node && a.elements == b.elements && x.node == y.node && x.output_nr == y.output_nr;
}

class Search {
 public:
  Search(const Trace& trace, const Uses& uses, Tangents& tangents)
      : trace_(trace), uses_(uses), tangents_(tangents) {}

  std::vector<Cut> cuts(const Trace::Place& place) {
    open(place);
    while (!open_.empty()) {  // from the place's side
      const size_t i = *std::prev(open_.end());
      open_.erase(i);
      visit(i);
      const std::vector<Tensor>& changes = tangents_.of(i);
      for (uint32_t k = 0; k < changes.size(); ++k)
        if (has_any(changes[k])) open({i, k});
    }
    return std::move(cuts_);
  }

 private:
  void open(const Trace::Place& place) {
    for (const Use& use : uses_.of(place)) open_.insert(use.node);
  }

  void visit(size_t i) {
    const std::vector<Tensor> directions = tangents_.arriving_at(i);
    const auto first = std::find_if(directions.begin(), directions.end(),
                                    [](const Tensor& direction) { return direction.defined(); });
    if (first == directions.end()) return;
    if (!is_steady(i, directions)) unsteady_.insert(i);
    for (Cut& cut : cut_elements(trace_, i, directions))
      if (cuts_.empty() || !is_same(trace_.nodes()[i], cut, cuts_.back())) cuts_.push_back(std::move(cut));
    if (cancels(i, directions))
      cuts_.push_back(
          {i, static_cast<size_t>(first - directions.begin()), Cause::cancelled, !unsteady_.contains(i), {}});
  }

  // Whether what changes of its outputs changes so whatever the leaves hold: all rules from the place to here
  // are fixed.
  bool is_steady(size_t i, const std::vector<Tensor>& directions) const {
    const TracedNode& node = trace_.nodes()[i];
    for (size_t k = 0; k < directions.size(); ++k)
      if (directions[k].defined() && unsteady_.contains(*node.inputs[k].node)) return false;
    return is_rule_fixed(*node.node);
  }

  // Whether some output does not change, and would, were the changes of the inputs not as they are to one
  // another.
  bool cancels(size_t i, std::vector<Tensor> directions) {
    const std::vector<Tensor> changes = tangents_.of(i);
    const NoGradGuard guard;
    for (size_t k = 0; k < directions.size(); ++k)
      if (directions[k].defined())
        directions[k] = directions[k] * generic(directions[k].sizes(), directions[k].scalar_type()) *
                        (1 + 0.37 * static_cast<double>(k));
    const std::vector<Tensor> others = changes_along(trace_.nodes()[i], directions);
    for (size_t k = 0; k < others.size(); ++k)
      if (others[k].defined() &&
          (!changes[k].defined() || has_any(others[k].masked_fill(changes[k] != 0, 0))))
        return true;
    return false;
  }

  const Trace& trace_;
  const Uses& uses_;
  Tangents& tangents_;
  std::set<size_t> open_;      // nodes that use what changes
  std::set<size_t> unsteady_;  // nodes of which what changes depends on what the leaves hold
  std::vector<Cut> cuts_;
};

}  // namespace

std::string_view to_text(Cut::Cause cause) {
  switch (cause) {
    case Cause::masked:
      return "masked";
    case Cause::not_selected:
      return "not selected";
    case Cause::replaced:
      return "replaced";
    case Cause::zero_factor:
      return "zero factor";
    case Cause::alone:
      return "alone";
    case Cause::saturated:
      return "saturated";
    case Cause::flat:
      return "flat";
    case Cause::cancelled:
      return "cancelled";
    default:
      return "elsewhere";
  }
}

std::vector<Cut> cut_elements(const Trace& trace, size_t i, const std::vector<Tensor>& directions) {
  const TracedNode& node = trace.nodes()[i];
  std::vector<Tensor> answers;
  {
    const AutoGradMode mode(true);
    answers = Backward::apply(*node.node, generic_grad_outs(node));
  }
  std::vector<Cut> cuts;
  for (size_t k = 0; k < directions.size(); ++k)
    if (directions[k].defined())
      find_cuts(node, {i, k, Cause::flat, false, {}}, directions[k], answers[k], cuts);
  return cuts;
}

std::vector<Cut> cuts_behind(const Trace& trace, const Uses& uses, Tangents& tangents,
                             const Trace::Place& place) {
  return Search(trace, uses, tangents).cuts(place);
}

}  // namespace frost::inspect
