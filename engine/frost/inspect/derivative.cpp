#include <frost/inspect/derivative.hpp>

#include <frost/inspect/numbers.hpp>
#include <frost/inspect/structure.hpp>

#include <algorithm>
#include <string_view>

namespace frost::inspect {

namespace {

constexpr int64_t kFew = 16;

// By the name up to "Backward".
constexpr std::string_view kOnEachElement[] = {
    "Abs",        "Add",  "Clamp", "ClampMax",   "ClampMin", "Cos",      "Div",  "Erf",      "Exp",  "Expm1",
    "Gelu",       "Log",  "Log1P", "MaskedFill", "Maximum",  "Minimum",  "Mul",  "NanToNum", "Neg",  "Pow",
    "Reciprocal", "Relu", "Rsqrt", "Sigmoid",    "Sin",      "Softplus", "Sqrt", "Sub",      "Tanh", "Where"};

}  // namespace

Tensor untouched_by(const Node& node, size_t input, const Tensor& moved) {
  const NoGradGuard guard;
  if (acts_on_each_element(node, input)) return moved == 0;
  if (!is_softmax(node) && node.name() != "LogSoftmaxBackward0") return {};
  return all(moved == 0, softmax_dim(node), /*keepdim=*/true).expand(moved.sizes());
}

bool acts_on_each_element(const Node& node) {
  const std::string name = node.name();
  const std::string_view stem = std::string_view(name).substr(0, name.find("Backward"));
  return std::find(std::begin(kOnEachElement), std::end(kOnEachElement), stem) != std::end(kOnEachElement);
}

bool acts_on_each_element(const Node& node, size_t input) {
  const Edge& edge = node.next_edge(input);
  return edge.is_valid() && edge.function->output(edge.input_nr).sizes == node.output(0).sizes &&
         acts_on_each_element(node);
}

std::vector<Tensor> local_derivatives(Node& node) {
  const NoGradGuard guard;
  std::vector<std::vector<Tensor>> rows(node.num_outputs());
  for (size_t k = 0; k < node.num_inputs(); ++k) {
    const Node::Output& output = node.output(k);
    for (int64_t element = 0; element < numel(output.sizes); ++element) {
      std::vector<Tensor> grad_outs(node.num_inputs());
      grad_outs[k] = zeros({numel(output.sizes)}, output.dtype);
      if (is_floating_point(output.dtype)) grad_outs[k][element].fill_(1);
      grad_outs[k] = grad_outs[k].view(output.sizes);
      const std::vector<Tensor> gradients = Backward::apply(node, grad_outs);
      for (size_t i = 0; i < rows.size(); ++i) {
        const Edge& edge = node.next_edge(i);
        if (!edge.is_valid()) continue;
        const int64_t count = numel(edge.function->output(edge.input_nr).sizes);
        Tensor row = gradients[i].defined() ? gradients[i] : zeros({count}, kDouble);
        // Of what was not asked about a rule makes 0·inf = NaN where the slope is infinite.
        if (any(isnan(row)).item<bool>())
          if (const Tensor other = untouched_by(node, i, grad_outs[k]); other.defined())
            row = row.masked_fill(other, 0);
        rows[i].push_back(row.to(kDouble).reshape({count}));
      }
    }
  }
  std::vector<Tensor> derivatives(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    if (!rows[i].empty()) derivatives[i] = stack(rows[i]);
  return derivatives;
}

bool is_small(const Node& node) {
  int64_t in = 0, out = 0;
  for (size_t k = 0; k < node.num_inputs(); ++k) out += numel(node.output(k).sizes);
  for (const Edge& edge : node.next_edges())
    if (edge.is_valid()) in += numel(edge.function->output(edge.input_nr).sizes);
  return in <= kFew && out <= kFew;
}

std::vector<WrittenOut> written_out(const TracedNode& node) {
  std::vector<WrittenOut> all;
  if (!node.step || !is_small(*node.node)) return all;
  const std::vector<Tensor> derivatives = local_derivatives(*node.node);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor& grad_input = node.inputs[i].gradient.value;
    if (!grad_input.defined() || !derivatives[i].defined()) continue;
    const std::vector<double> grads = numbers(grad_input), derivative = numbers(derivatives[i]);
    for (size_t x = 0; x < grads.size(); ++x) {
      WrittenOut element{i, static_cast<int64_t>(x), {}, grads[x]};
      size_t row = 0;
      for (uint32_t k = 0; k < node.outputs.size(); ++k) {
        const Tensor& grad_out = node.outputs[k].gradient.value;
        const size_t count = static_cast<size_t>(numel(node.outputs[k].tensor.sizes));
        const std::vector<double> incoming = grad_out.defined() ? numbers(grad_out) : std::vector<double>();
        for (size_t y = 0; y < incoming.size(); ++y)
          if (const double slope = derivative[(row + y) * grads.size() + x]; slope != 0)
            element.terms.push_back({k, static_cast<int64_t>(y), incoming[y], slope});
        row += count;
      }
      all.push_back(std::move(element));
    }
  }
  return all;
}

}  // namespace frost::inspect
