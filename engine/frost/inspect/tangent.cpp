#include <frost/inspect/tangent.hpp>

#include <frost/inspect/numbers.hpp>
#include <frost/inspect/paths.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace frost::inspect {

namespace {

bool is_any(std::string_view name, std::initializer_list<std::string_view> beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [name](std::string_view beginning) { return name.starts_with(beginning); });
}

Cut::Cause cause_of(std::string_view op) {
  using Cause = Cut::Cause;
  if (is_any(op, {"MaskedFill", "MaskedSoftmax", "Tril", "Triu"})) return Cause::masked;
  if (is_any(op, {"Select", "Slice", "Split", "Unbind", "AsStrided", "Index", "Gather", "MaskedSelect",
                  "Where", "Embedding", "PackPadded", "PadPacked", "NllLoss", "RecurrentLayer"}) &&
      !op.starts_with("IndexPut"))
    return Cause::not_selected;
  if (is_any(op, {"Fill", "Zero", "Uniform", "Normal", "Bernoulli", "Copy", "torch::autograd::Copy",
                  "IndexPut", "Scatter"}))
    return Cause::replaced;
  if (is_any(op, {"Mul", "Div", "Mm", "Bmm", "Mv", "Dot", "Softmax", "MaskedAttention"}))
    return Cause::zero_factor;
  return Cause::flat;
}

bool has_any(const Tensor& x) {
  const NoGradGuard guard;
  return x.defined() && any(x != 0).item<bool>();
}

// The gradients of the outputs that the root depends on.
std::vector<Tensor> generic_grad_outs(const TracedNode& node) {
  std::vector<Tensor> grad_outs(node.outputs.size());
  for (size_t k = 0; k < grad_outs.size(); ++k)
    if (node.outputs[k].gradient.value.defined())
      grad_outs[k] = generic(node.outputs[k].tensor.sizes, node.outputs[k].tensor.dtype);
  return grad_outs;
}

// Whether these elements of a softmax's output, where `marks` is not 0, are exactly 0 whatever the scores
// are: because the op behind it masked them.
bool are_muted(const Trace& trace, size_t softmax, const Tensor& marks) {
  const TracedNode* node = &trace.nodes()[softmax];
  if (node->name == "SoftmaxBackward0") {
    if (!node->inputs[0].node) return false;
    node = &trace.nodes()[*node->inputs[0].node];
  }
  if (cause_of(node->name) != Cut::Cause::masked) return false;
  const Tensor passed = Backward::apply(*node->node, {generic(marks.sizes(), marks.scalar_type())})[0];
  return passed.defined() && passed.sizes() == marks.sizes() && !has_any(passed * marks);
}

bool is_softmax(const TracedNode& node) {
  return node.name == "SoftmaxBackward0" || node.name == "MaskedSoftmaxBackward0";
}

// Of a softmax, whether one of these elements has all of its row's weight.
bool is_alone(const TracedNode& node, const std::vector<int64_t>& elements) {
  if (!is_softmax(node)) return false;
  const std::vector<double> weights = numbers(node.node->saved_output());
  return std::any_of(elements.begin(), elements.end(),
                     [&weights](int64_t e) { return weights[static_cast<size_t>(e)] == 1; });
}

// Of elements that a rule multiplies by 0: whether this 0 is a constant, or a weight that a mask made 0.
// `answers` is what the rule made of generic gradients, recorded: so the factors are in the graph behind it.
bool are_factors_fixed(const Tensor& answers, const std::vector<int64_t>& elements) {
  std::vector<Tensor> cut;
  {
    const AutoGradMode mode(true);
    const Tensor all = answers.reshape({-1});
    cut.push_back(all.index_select(0, tensor(elements)).sum());
  }
  if (!cut[0].requires_grad()) return true;
  Trace factors(cut, {.max_elements = 0});
  run_quietly(factors);
  bool is_any_muted = false;
  for (size_t i = 0; i < factors.nodes().size(); ++i) {
    const TracedNode& node = factors.nodes()[i];
    const Tensor& gradient = node.outputs[0].gradient.value;
    if (!has_any(gradient)) continue;
    if (node.leaf) return false;
    if (!is_softmax(node)) continue;
    if (!are_muted(factors, i, gradient)) return false;
    is_any_muted = true;
  }
  return is_any_muted;
}

}  // namespace

std::string_view to_text(Cut::Cause cause) {
  switch (cause) {
    case Cut::Cause::masked:
      return "masked";
    case Cut::Cause::not_selected:
      return "not selected";
    case Cut::Cause::replaced:
      return "replaced";
    case Cut::Cause::zero_factor:
      return "zero factor";
    case Cut::Cause::alone:
      return "alone";
    case Cut::Cause::flat:
      return "flat";
    default:
      return "cancelled";
  }
}

Tensor generic(IntArrayRef sizes, Dtype dtype) {
  const NoGradGuard guard;
  std::vector<double> values(static_cast<size_t>(numel(Dims(sizes))));
  for (size_t i = 0; i < values.size(); ++i) {
    const double scattered = std::sin(static_cast<double>(i + 1)) * 43758.5453;
    values[i] = 0.5 + (scattered - std::floor(scattered));
  }
  return tensor(values, frost::dtype(kDouble)).to(dtype).reshape(sizes);
}

Tangents::Tangents(const Trace& trace, const Trace::Place& place, const Tensor& direction)
    : trace_(trace), place_(place) {
  std::vector<Tensor>& tangents = tangents_[place.node];
  tangents.resize(trace.nodes()[place.node].outputs.size());
  tangents[place.output_nr] = direction;
}

const std::vector<Tensor>& Tangents::of(size_t i) {
  if (const auto found = tangents_.find(i); found != tangents_.end()) return found->second;
  const NoGradGuard guard;
  const TracedNode& node = trace_.nodes()[i];
  std::vector<Tensor> tangents(node.outputs.size());
  for (size_t k = 0; k < node.inputs.size(); ++k) {
    const Tensor direction = arriving_at(node.inputs[k]);
    if (!has_any(direction)) continue;
    const std::vector<Tensor> parts = along(node, k, direction);
    for (size_t j = 0; j < tangents.size(); ++j)
      if (parts[j].defined()) tangents[j] = tangents[j].defined() ? tangents[j] + parts[j] : parts[j];
  }
  return tangents_[i] = std::move(tangents);
}

Tensor Tangents::arriving_at(const TracedInput& input) const {
  if (!input.node) return {};
  const auto found = tangents_.find(*input.node);
  return found == tangents_.end() ? Tensor() : found->second[input.output_nr];
}

std::vector<Tensor> Tangents::along(const TracedNode& node, size_t input, const Tensor& direction) const {
  const AutoGradMode mode(true);
  std::vector<Tensor> grad_outs = generic_grad_outs(node), reached;
  for (const Tensor& grad_out : grad_outs)
    if (grad_out.defined()) reached.push_back(grad_out.requires_grad_());
  std::vector<Tensor> tangents(grad_outs.size());
  const Tensor answer = Backward::apply(*node.node, grad_outs)[input];
  if (!answer.defined() || !answer.requires_grad()) return tangents;
  std::vector<Tensor> found = autograd::grad({answer}, reached, {direction}, nullopt, false, true);
  for (size_t k = 0, next = 0; k < grad_outs.size(); ++k)
    if (grad_outs[k].defined()) tangents[k] = found[next++];
  return tangents;
}

// Two inputs of one op that are one tensor, as of x*x, are cut as one.
bool Tangents::is_same(const Cut& a, const Cut& b) const {
  const std::vector<TracedInput>& inputs = trace_.nodes()[a.node].inputs;
  return a.node == b.node && a.elements == b.elements && inputs[a.input].node == inputs[b.input].node &&
         inputs[a.input].output_nr == inputs[b.input].output_nr;
}

std::vector<Cut> Tangents::cuts() {
  std::vector<Cut> cuts;
  for (size_t i = place_.node; i-- > 0;) find_cuts(i, cuts);
  return cuts;
}

void Tangents::find_cuts(size_t i, std::vector<Cut>& cuts) {
  const TracedNode& node = trace_.nodes()[i];
  std::optional<size_t> passing;  // an input of which something goes on
  for (size_t k = 0; k < node.inputs.size(); ++k) {
    const Tensor direction = arriving_at(node.inputs[k]);
    if (!has_any(direction)) continue;
    std::vector<Tensor> answers;
    {
      const AutoGradMode mode(true);
      answers = Backward::apply(*node.node, generic_grad_outs(node));
    }
    const std::vector<double> changes = numbers(direction);
    const std::vector<double> passed =
        answers[k].defined() ? numbers(answers[k]) : std::vector<double>(changes.size());
    Cut cut{i, k, cause_of(node.name), false, {}};
    for (size_t e = 0; e < changes.size(); ++e) {
      if (changes[e] == 0) continue;
      if (passed[e] == 0)
        cut.elements.push_back(static_cast<int64_t>(e));
      else
        passing = k;
    }
    if (cut.elements.empty() || (!cuts.empty() && is_same(cut, cuts.back()))) continue;
    if (is_alone(node, cut.elements)) cut.cause = Cut::Cause::alone;
    cut.is_structural = is_structural(cut, answers[k]);
    cuts.push_back(std::move(cut));
  }
  const std::vector<Tensor>& tangents = of(i);
  if (passing && std::none_of(tangents.begin(), tangents.end(), has_any))
    cuts.push_back({i, *passing, Cut::Cause::cancelled, false, {}});
}

bool Tangents::is_structural(const Cut& cut, const Tensor& answer) const {
  switch (cut.cause) {
    case Cut::Cause::masked:
    case Cut::Cause::not_selected:
    case Cut::Cause::replaced:
      return true;
    case Cut::Cause::alone: {
      const NoGradGuard guard;
      const Tensor weights = trace_.nodes()[cut.node].node->saved_output().detach();
      return are_muted(trace_, cut.node, (weights == 0).to(weights.scalar_type()));
    }
    case Cut::Cause::zero_factor:
      return !answer.defined() || are_factors_fixed(answer, cut.elements);
    default:
      return false;
  }
}

}  // namespace frost::inspect
