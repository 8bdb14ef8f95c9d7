#include <frost/inspect/derivative.hpp>

#include <frost/inspect/numbers.hpp>

#include <algorithm>
#include <cmath>

namespace frost::inspect {

namespace {

constexpr int64_t kFew = 16;

// Of an op on each element, asked one element at a time, a rule makes 0·inf = NaN of the elements that were
// not asked about where the slope is infinite: no part of the derivative, which is 0 there. `rows` is
// ∂out/∂x.
Tensor without_0_times_inf(const Tensor& rows) {
  const int64_t n = rows.size(0);
  if (rows.size(1) != n || !any(isinf(rows)).item<bool>()) return rows;
  const std::vector<double> derivative = numbers(rows);
  Tensor mended = rows.clone();
  for (int64_t x = 0; x < n; ++x)
    for (int64_t y = 0; y < n; ++y) {
      if (x == y) continue;
      const double slope = derivative[static_cast<size_t>(y * n + x)];
      const bool is_artefact = std::isnan(slope) && std::isinf(derivative[static_cast<size_t>(x * n + x)]);
      if (slope != 0 && !is_artefact) return rows;  // not an op on each element
      if (is_artefact) mended[y][x].fill_(0);
    }
  return mended;
}

}  // namespace

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
        rows[i].push_back(gradients[i].defined() ? gradients[i].to(kDouble).reshape({count})
                                                 : zeros({count}, kDouble));
      }
    }
  }
  std::vector<Tensor> derivatives(rows.size());
  for (size_t i = 0; i < rows.size(); ++i)
    if (!rows[i].empty()) derivatives[i] = without_0_times_inf(stack(rows[i]));
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
