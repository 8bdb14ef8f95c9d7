#include <frost/record.hpp>
#include <frost/restriction.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <functional>

namespace frost {

Backward::Restriction::Restriction(TensorList roots, TensorList inputs, Into into)
    : is_capturing_(into == Into::captured), captured_(inputs.size()) {
  const std::string_view function = is_capturing_ ? "grad" : "backward";
  for (size_t i = 0; i < inputs.size(); ++i) {
    check_defined(inputs[i], function, "inputs");
    check(inputs[i].requires_grad(), function,
          "One of the differentiated Tensors does not require grad (inputs[", i, "])");
    const Edge edge = gradient_edge(inputs[i]);
    captures_.push_back({edge.function.get(), edge.input_nr, i});
    reaches_input_.insert(edge.function.get());
  }
  std::sort(captures_.begin(), captures_.end(),
            [](const Capture& a, const Capture& b) { return std::less<const Node*>()(a.node, b.node); });
  std::unordered_set<const Node*> visited;
  for (const Tensor& root : roots)
    if (const Edge edge = gradient_edge(root); edge.is_valid()) explore(edge.function.get(), visited);
  reached_.resize(inputs.size());
  for (const Capture& capture : captures_) reached_[capture.input] = visited.contains(capture.node);
}

// Depth first, with a stack of our own: a node reaches an input if one of the nodes before it does.
void Backward::Restriction::explore(const Node* root, std::unordered_set<const Node*>& visited) {
  struct Visit {
    const Node* node;
    size_t next_edge;
  };
  std::vector<Visit> path;
  const auto enter = [&path, &visited](const Node* node) {
    if (visited.insert(node).second) path.push_back({node, 0});
  };
  enter(root);
  while (!path.empty()) {
    Visit& visit = path.back();
    const ArrayRef<Edge> edges = visit.node->next_edges();
    if (visit.next_edge < edges.size()) {
      const Edge& edge = edges[visit.next_edge++];
      if (edge.is_valid()) enter(edge.function.get());
      continue;
    }
    if (std::any_of(edges.begin(), edges.end(), [this](const Edge& edge) { return leads_to_input(edge); }))
      reaches_input_.insert(visit.node);
    path.pop_back();
  }
}

void Backward::Restriction::capture(const Node& node, ArrayRef<Tensor> grad_outs) {
  const auto first =
      std::lower_bound(captures_.begin(), captures_.end(), &node,
                       [](const Capture& a, const Node* b) { return std::less<const Node*>()(a.node, b); });
  for (auto capture = first; capture != captures_.end() && capture->node == &node; ++capture)
    captured_[capture->input] = grad_outs[capture->input_nr];
}

}  // namespace frost
