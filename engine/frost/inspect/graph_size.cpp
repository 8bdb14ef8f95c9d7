#include <frost/inspect/graph_size.hpp>

#include <frost/tensor_impl.hpp>

#include <unordered_set>
#include <vector>

namespace frost::inspect {

GraphSize graph_size(TensorList roots) {
  GraphSize size;
  std::unordered_set<const Node*> seen;
  std::unordered_set<const Storage*> saved, owned_by_leaves;
  std::vector<Ref<Node>> waiting;
  const auto reach = [&seen, &waiting](const Edge& edge) {
    if (edge.is_valid() && seen.insert(edge.function.get()).second) waiting.push_back(edge.function);
  };
  for (const Tensor& root : roots) reach(gradient_edge(root));

  std::vector<Tensor> kept;  // so that the storages counted stay who they are
  while (!waiting.empty()) {
    const Ref<Node> node = waiting.back();
    waiting.pop_back();
    if (const auto* accumulator = dynamic_cast<const AccumulateGrad*>(node.get())) {
      ++size.leaves;
      owned_by_leaves.insert(accumulator->variable().impl()->storage.get());
      continue;
    }
    ++size.nodes;
    size.node_bytes += static_cast<int64_t>(node->bytes());
    for (const Edge& edge : node->next_edges()) {
      size.edges += edge.is_valid();
      reach(edge);
    }
    for (const Tensor& tensor : node->saved_tensors()) {
      kept.push_back(tensor);
      saved.insert(tensor.impl()->storage.get());
      if (!tensor.requires_grad() || !tensor.is_leaf())
        size.node_bytes += static_cast<int64_t>(sizeof(TensorImpl));
    }
  }
  for (const Storage* const storage : saved)
    if (!owned_by_leaves.contains(storage))
      size.saved_bytes += static_cast<int64_t>(storage->bytes() + Storage::kHeader);
  return size;
}

}  // namespace frost::inspect
