#include <frost/inspect/tangent.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/ops.hpp>

#include <algorithm>

namespace frost::inspect {

namespace {

bool has_nan(const std::vector<Tensor>& tensors) {
  const NoGradGuard guard;
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const Tensor& x) { return x.defined() && any(isnan(x)).item<bool>(); });
}

std::vector<Tensor> differentiated_rule(Node& node, std::vector<Tensor> grad_outs,
                                        const std::vector<Tensor>& directions) {
  std::vector<Tensor> from, cotangents;
  {
    const AutoGradMode mode(true);
    for (Tensor& grad_out : grad_outs)
      if (grad_out.defined()) grad_out = grad_out.detach().requires_grad_();
    const std::vector<Tensor> answers = Backward::apply(node, grad_outs);
    for (size_t i = 0; i < answers.size(); ++i)
      if (directions[i].defined() && answers[i].defined()) {
        from.push_back(answers[i]);
        cotangents.push_back(directions[i]);
      }
  }
  // The rule's own values may come from the forward pass: not on to that.
  const uint64_t first = [&grad_outs] {
    uint64_t least = UINT64_MAX;
    for (const Tensor& grad_out : grad_outs)
      if (grad_out.defined()) least = std::min(least, gradient_edge(grad_out).function->sequence_nr());
    return least;
  }();
  std::vector<Tensor> changes(grad_outs.size());
  differentiate(from, cotangents, [&grad_outs, &changes, first](Node& recorded, ArrayRef<Tensor> arrived) {
    for (size_t k = 0; k < grad_outs.size(); ++k)
      if (grad_outs[k].defined() && gradient_edge(grad_outs[k]).function.get() == &recorded)
        changes[k] = arrived[0];
    return recorded.sequence_nr() > first;
  });
  return changes;
}

}  // namespace

std::vector<Tensor> generic_grad_outs(const TracedNode& node) {
  std::vector<Tensor> grad_outs(node.outputs.size());
  for (size_t k = 0; k < grad_outs.size(); ++k)
    if (node.outputs[k].gradient.value.defined())
      grad_outs[k] = generic(node.outputs[k].tensor.sizes, node.outputs[k].tensor.dtype);
  return grad_outs;
}

std::vector<Tensor> changes_along(Node& node, const std::vector<Tensor>& grad_outs,
                                  const std::vector<Tensor>& directions) {
  std::vector<Tensor> all = differentiated_rule(node, grad_outs, directions);
  if (!has_nan(all)) return all;
  // What does not change changes nothing, however steep the slope is there.
  std::vector<Tensor> sum(all.size());
  const NoGradGuard guard;
  for (size_t i = 0; i < directions.size(); ++i) {
    if (!directions[i].defined()) continue;
    std::vector<Tensor> alone(directions.size());
    alone[i] = directions[i];
    const std::vector<Tensor> changes = differentiated_rule(node, grad_outs, alone);
    const Tensor still = untouched_by(node, i, directions[i]);
    for (size_t k = 0; k < sum.size(); ++k) {
      if (!changes[k].defined()) continue;
      const Tensor change = still.defined() ? changes[k].masked_fill(still, 0) : changes[k];
      sum[k] = sum[k].defined() ? sum[k] + change : change;
    }
  }
  return sum;
}

Tangents::Tangents(const Trace& trace, const Trace::Place& place, const Tensor& direction) : trace_(trace) {
  std::vector<Tensor>& tangents = tangents_[place.node];
  tangents.resize(trace.nodes()[place.node].outputs.size());
  tangents[place.output_nr] = direction;
}

const std::vector<Tensor>& Tangents::of(size_t i) {
  if (const auto found = tangents_.find(i); found != tangents_.end()) return found->second;
  const std::vector<Tensor> directions = arriving_at(i);
  const TracedNode& node = trace_.nodes()[i];
  const bool is_reached =
      std::any_of(directions.begin(), directions.end(), [](const Tensor& x) { return x.defined(); });
  return tangents_[i] =
             is_reached ? changes_along(node, directions) : std::vector<Tensor>(node.outputs.size());
}

std::vector<Tensor> Tangents::arriving_at(size_t i) const {
  std::vector<Tensor> directions;
  for (const TracedInput& input : trace_.nodes()[i].inputs) {
    directions.emplace_back();
    if (!input.node) continue;
    const auto found = tangents_.find(*input.node);
    if (found != tangents_.end() && has_any(found->second[input.output_nr]))
      directions.back() = found->second[input.output_nr];
  }
  return directions;
}

}  // namespace frost::inspect
