#include <frost/inspect/differentiate.hpp>

#include <frost/ops.hpp>

#include <cmath>
#include <map>
#include <utility>

namespace frost::inspect {

namespace {

struct Waiting {
  Ref<Node> node;
  std::vector<Tensor> arrived;
};

void add(std::map<std::pair<uint64_t, const Node*>, Waiting>& waiting, const Edge& edge,
         const Tensor& gradient) {
  Waiting& at = waiting[{edge.function->sequence_nr(), edge.function.get()}];
  at.node = edge.function;
  at.arrived.resize(edge.function->num_inputs());
  Tensor& total = at.arrived[edge.input_nr];
  total = total.defined() ? total + gradient : gradient;
}

}  // namespace

void differentiate(TensorList outputs, TensorList cotangents, const Visit& visit) {
  const NoGradGuard guard;
  std::map<std::pair<uint64_t, const Node*>, Waiting> waiting;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (const Edge edge = gradient_edge(outputs[i]); edge.is_valid()) add(waiting, edge, cotangents[i]);
  while (!waiting.empty()) {
    const Waiting next = std::move(waiting.extract(std::prev(waiting.end())).mapped());
    if (!visit(*next.node, next.arrived)) continue;
    const std::vector<Tensor> gradients = Backward::apply(*next.node, next.arrived);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i].defined()) add(waiting, next.node->next_edge(i), gradients[i]);
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

bool has_any(const Tensor& x) {
  const NoGradGuard guard;
  return x.defined() && any(x != 0).item<bool>();
}

}  // namespace frost::inspect
