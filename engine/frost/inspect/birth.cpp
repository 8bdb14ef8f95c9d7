#include <frost/inspect/birth.hpp>

#include <frost/inspect/culprit.hpp>
#include <frost/inspect/cuts.hpp>
#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/origin.hpp>
#include <frost/inspect/tangent.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace frost::inspect {

namespace {

bool is_any(const Tensor& mask) { return mask.defined() && any(mask).item<bool>(); }

Tensor both(const Tensor& a, const Tensor& b) { return a.logical_and(b); }

// Of as many the values that are to blame are looked for: each takes a pass through a part of the graph.
constexpr size_t kFewBirths = 16;
constexpr int64_t kFewUnknown = 64;

class Search {
 public:
  Search(const Trace& trace, const Uses& uses) : trace_(trace), uses_(uses), origins_(trace, uses) {}

  std::vector<Birth> births(const Trace::Place& place, std::optional<int64_t> element) {
    const NoGradGuard guard;
    Tensor asked = is_nonfinite(gradient_at(place));
    if (element) {
      const Tensor one = zeros({asked.numel()}, kBool);
      one[*element].fill_(true);
      asked = both(asked, one.view(asked.sizes()));
    }
    affect(place, asked);
    while (!affected_.empty()) {  // from x's side: what uses a node stands before it
      const auto last = std::prev(affected_.end());
      const size_t i = last->first;
      const std::vector<Tensor> elements = std::move(affected_.extract(last).mapped());
      for (uint32_t k = 0; k < elements.size(); ++k)
        if (is_any(elements[k])) visit({i, k}, elements[k]);
    }
    return std::move(births_);
  }

 private:
  const Tensor& gradient_at(const Trace::Place& place) const {
    return trace_.nodes()[place.node].outputs[place.output_nr].gradient.value;
  }

  void affect(const Trace::Place& place, const Tensor& elements) {
    std::vector<Tensor>& of_node = affected_[place.node];
    of_node.resize(trace_.nodes()[place.node].outputs.size());
    Tensor& known = of_node[place.output_nr];
    known = known.defined() ? known.logical_or(elements) : elements;
  }

  // Where these elements of a gradient, which are not finite, have that from.
  void visit(const Trace::Place& place, const Tensor& elements) {
    Tensor left = elements;
    for (const Use& use : uses_.of(place)) {
      const Tensor& gradient = trace_.nodes()[use.node].inputs[use.input].gradient.value;
      if (!gradient.defined()) continue;
      const Tensor bad = both(elements, is_nonfinite(gradient));
      if (!is_any(bad)) continue;
      left = both(left, bad.logical_not());
      add_births(use, both(bad, came_in(use, bad).logical_not()));
    }
    // Each of them is finite, and their sum is not.
    if (const std::optional<int64_t> at = first_of(left))
      births_.push_back({place.node, std::nullopt, *at, Birth::Cause::overflow, place.node, {}, {}, {}, {}});
  }

  std::vector<Tensor> grad_outs_of(const TracedNode& node, const std::vector<Tensor>& elements) const {
    std::vector<Tensor> grad_outs = generic_grad_outs(node);
    for (size_t k = 0; k < grad_outs.size(); ++k)
      if (grad_outs[k].defined()) grad_outs[k] = grad_outs[k].masked_fill(elements[k].logical_not(), 0);
    return grad_outs;
  }

  // Which of an input's elements depend on gradients of the outputs that came in so; these are looked at
  // next.
  Tensor came_in(const Use& use, const Tensor& bad) {
    const TracedNode& node = trace_.nodes()[use.node];
    std::vector<Tensor> in;
    bool is_any_in = false;
    for (const TracedOutput& output : node.outputs) {
      const Tensor& gradient = output.gradient.value;
      in.push_back(gradient.defined() ? is_nonfinite(gradient) : zeros(output.tensor.sizes, kBool));
      is_any_in |= is_any(in.back());
    }
    if (!is_any_in) return zeros(bad.sizes(), kBool);
    if (acts_on_each_element(*node.node, use.input)) {
      const Tensor those = both(bad, in[0]);
      affect({use.node, 0}, those);
      return those;
    }
    if (const Tensor apart = untouched_by(*node.node, use.input, bad); apart.defined()) {  // a softmax
      const Tensor hit = both(in[0], apart.logical_not());
      affect({use.node, 0}, hit);
      return both(bad, untouched_by(*node.node, use.input, hit).logical_not());
    }
    // Where all slopes are finite, what depends on such a gradient is told from what does not; where some are
    // not, 0·inf may hide it.
    const Tensor is_steady = is_nonfinite(slopes_at(use)).logical_not();
    const Tensor steady = both(bad, is_steady), wild = both(bad, is_steady.logical_not());
    Tensor those = zeros(bad.sizes(), kBool);
    if (is_any(steady)) {
      std::vector<Tensor> hit = reaching(use, in, steady);
      const Tensor marked = Backward::apply(*node.node, grad_outs_of(node, hit))[use.input];
      if (marked.defined()) those = both(steady, marked != 0);
      // Of finite numbers alone come infinities, and no NaN: of a slope of 0 and an infinity that came in.
      const Tensor& gradient = node.inputs[use.input].gradient.value;
      if (const Tensor hidden = both(both(steady, isnan(gradient)), those.logical_not()); is_any(hidden)) {
        those = those.logical_or(hidden);
        hit = in;
      }
      for (uint32_t k = 0; k < hit.size(); ++k) affect({use.node, k}, hit[k]);
    }
    if (!is_any(wild)) return those;
    const std::vector<Tensor> changes = changes_of(use, wild);
    for (uint32_t k = 0; k < in.size(); ++k) {
      if (!changes[k].defined()) continue;
      const Tensor hit = both(in[k], changes[k] != 0);
      if (!is_any(hit)) continue;
      affect({use.node, k}, hit);
      those = those.logical_or(wild);
    }
    return those;
  }

  // Those of the outputs' elements on which these of the input depend, by slopes that are finite.
  std::vector<Tensor> reaching(const Use& use, const std::vector<Tensor>& among, const Tensor& steady) const {
    const TracedNode& node = trace_.nodes()[use.node];
    const std::vector<Tensor> changes = changes_of(use, steady);
    std::vector<Tensor> found;
    for (size_t k = 0; k < among.size(); ++k) {
      found.push_back(changes[k].defined() ? both(among[k], changes[k] != 0) : zeros_like(among[k]));
      if (!changes[k].defined()) continue;
      // Slopes of other elements that are not finite hide which it is: one is asked about after the other.
      const Tensor unknown = both(found[k], is_nonfinite(changes[k]));
      if (unknown.sum().item<int64_t>() > kFewUnknown) continue;
      const std::vector<double> is_unknown = numbers(unknown);
      for (size_t e = 0; e < is_unknown.size(); ++e) {
        if (is_unknown[e] == 0) continue;
        std::vector<Tensor> one;
        for (const Tensor& of_output : among) one.push_back(zeros_like(of_output));
        one[k].view({-1})[static_cast<int64_t>(e)].fill_(true);
        const Tensor answer = Backward::apply(*node.node, grad_outs_of(node, one))[use.input];
        if (!answer.defined() || !is_any(both(steady, answer != 0)))
          found[k] = both(found[k], one[k].logical_not());
      }
    }
    return found;
  }

  std::vector<Tensor> changes_of(const Use& use, const Tensor& elements) const {
    const TracedNode& node = trace_.nodes()[use.node];
    const TracedTensor& x =
        trace_.nodes()[*node.inputs[use.input].node].outputs[node.inputs[use.input].output_nr].tensor;
    std::vector<Tensor> directions(node.inputs.size());
    directions[use.input] = generic(x.sizes, x.dtype).masked_fill(elements.logical_not(), 0);
    return changes_along(node, directions);
  }

  // What the rule makes of gradients that are finite.
  Tensor slopes_at(const Use& use) const {
    const TracedNode& node = trace_.nodes()[use.node];
    return Backward::apply(*node.node, generic_grad_outs(node))[use.input];
  }

  // ---- births ----

  // One for each cause and origin, at the first element of which it is so.
  void add_births(const Use& use, const Tensor& born) {
    if (!is_any(born)) return;
    const TracedNode& node = trace_.nodes()[use.node];
    Tensor answer;
    {
      const AutoGradMode mode(true);
      answer = slopes_at(use);
    }
    const std::vector<double> elements = numbers(born), keys = origins_.keys_of(answer),
                              slopes = numbers(answer);
    const bool is_on_each = acts_on_each_element(*node.node, use.input);
    const std::vector<double> frozen = frozen_at(use, is_on_each);
    const std::vector<double> grads =
        is_on_each ? numbers(node.outputs[0].gradient.value) : std::vector<double>();
    for (size_t e = 0; e < elements.size(); ++e) {
      if (elements[e] == 0) continue;
      Birth birth{use.node, use.input, static_cast<int64_t>(e), Birth::Cause::overflow, use.node, {}, {},
                  {},       {}};
      if (keys[e] != 0) find_cause(birth, origins_.origin(keys[e]), frozen[e], std::isnan(slopes[e]));
      if (is_on_each) set_grad_in(birth, grads[e]);
      if (!known_.insert({birth.node, birth.cause, birth.origin}).second) continue;
      birth.value = value_of(node, use.input, birth.element);
      if (births_.size() < kFewBirths) birth.culprit = culprit_of(trace_, birth, answer);
      std::optional<int64_t> output = birth.element;
      if (!is_on_each) output = place_of_divisor(birth);
      if (!is_on_each && output)
        set_grad_in(birth, numbers(node.outputs[0].gradient.value)[static_cast<size_t>(*output)]);
      if (birth.grad_in == 0.0) birth.muted_by = muting_op(birth.node, *output);
      births_.push_back(birth);
    }
  }

  static void set_grad_in(Birth& birth, double grad) {
    const bool is_infinite = birth.cause == Birth::Cause::infinite_slope;
    if (!is_infinite && birth.cause != Birth::Cause::nan_slope) return;
    birth.grad_in = grad;
    if (is_infinite && grad == 0) birth.cause = Birth::Cause::zero_times_infinity;
  }

  // Of a slope that is not finite.
  static void find_cause(Birth& birth, std::optional<Origin> origin, double frozen, bool is_nan) {
    birth.cause = is_nan ? Birth::Cause::nan_slope : Birth::Cause::infinite_slope;
    const bool is_own = !origin || (origin->node == birth.node && origin->kind <= Origin::Kind::nan);
    if (is_own && frozen == 0) return;  // the op made it of finite numbers, as far as is known
    if (is_own) origin = Origin{birth.node, frozen == 2 ? Origin::Kind::nan : Origin::Kind::infinite};
    birth.origin = origin->node;
    birth.cause = origin->kind == Origin::Kind::empty_row ? Birth::Cause::empty_row
                  : origin->kind == Origin::Kind::nan_row ? Birth::Cause::nan_row
                  : origin->kind == Origin::Kind::nan     ? Birth::Cause::forward_value
                                                          : Birth::Cause::forward_infinity;
  }

  // Where in the output the divisor stands that is 0, if it is as large.
  std::optional<int64_t> place_of_divisor(const Birth& birth) const {
    const TracedNode& node = trace_.nodes()[birth.node];
    const bool is_divisor =
        birth.culprit && birth.culprit->place && birth.cause == Birth::Cause::infinite_slope;
    if (!is_divisor || !acts_on_each_element(*node.node, 1)) return std::nullopt;
    return birth.culprit->element;
  }

  // What lets no gradient through to this element of the node's output.
  std::optional<size_t> muting_op(size_t node, int64_t element) const {
    const TracedTensor& output = trace_.nodes()[node].outputs[0].tensor;
    const Tensor direction = zeros({numel(output.sizes)}, output.dtype);
    direction[element].fill_(1);
    const Trace::Place place{node, 0};
    Tangents tangents(trace_, place, direction.view(output.sizes));
    for (const Cut& cut : cuts_behind(trace_, uses_, tangents, place))
      if (cut.cause == Cut::Cause::masked || cut.cause == Cut::Cause::not_selected) return cut.node;
    return std::nullopt;
  }

  // Of an element of an input, in the forward pass: if the node saved it, and it was not written to since.
  std::optional<double> value_of(const TracedNode& node, size_t i, int64_t element) const {
    const TracedInput& input = node.inputs[i];
    const std::vector<Tensor> saved = node.node->saved_tensors();
    for (size_t k = 0; k < saved.size(); ++k)
      if (const std::optional<Trace::Place> place = trace_.find(saved[k]);
          place && place->node == input.node && place->output_nr == input.output_nr &&
          node.node->is_as_saved(k))
        return numbers(saved[k])[static_cast<size_t>(element)];
    return std::nullopt;
  }

  // What stands at each element of frozen tensors that the node saved: 2 for a NaN, 1 for an infinity, else
  // 0.
  std::vector<double> frozen_at(const Use& use, bool is_on_each) const {
    const TracedNode& node = trace_.nodes()[use.node];
    Tensor worst = zeros(node.inputs[use.input].gradient.value.sizes(), kDouble);
    std::vector<Tensor> all = node.node->saved_tensors();
    if (node.node->saved_output().defined()) all.pop_back();
    for (const Tensor& saved : all) {
      if (!saved.is_floating_point() || saved.numel() == 0 || trace_.find(saved)) continue;
      const Tensor bad = is_nonfinite(saved).to(kDouble) + isnan(saved.detach()).to(kDouble);
      const bool is_of_each = is_on_each && is_broadcastable_to(saved.sizes(), worst.sizes());
      worst = maximum(worst, is_of_each ? bad : bad.amax());
    }
    return numbers(worst);
  }

  const Trace& trace_;
  const Uses& uses_;
  std::map<size_t, std::vector<Tensor>> affected_;  // elements of nodes' outputs, by node
  Origins origins_;
  std::vector<Birth> births_;
  std::set<std::tuple<size_t, Birth::Cause, size_t>> known_;  // by node, cause and origin
};

}  // namespace

std::vector<Birth> births_behind(const Trace& trace, const Uses& uses, const Trace::Place& place,
                                 std::optional<int64_t> element) {
  return Search(trace, uses).births(place, element);
}

}  // namespace frost::inspect
