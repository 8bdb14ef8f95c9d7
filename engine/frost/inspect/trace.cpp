#include <frost/inspect/trace.hpp>

#include <frost/inspect/numbers.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <utility>

namespace frost::inspect {

namespace {

TracedGradient traced(const Tensor& gradient) {
  if (!gradient.defined()) return {GradientState::absent, Tensor()};
  const NoGradGuard guard;
  return {any(gradient != 0).item<bool>() ? GradientState::number : GradientState::zero, gradient};
}

bool is_nonfinite(const TracedGradient& gradient) {
  const NoGradGuard guard;
  return gradient.state == GradientState::number && !all(isfinite(gradient.value)).item<bool>();
}

bool is_zero_at(const TracedGradient& gradient, int64_t element) {
  return gradient.state != GradientState::number ||
         element_of(gradient.value, element).to(kDouble).item<double>() == 0;
}

// As it is now, whatever is added to it later.
Tensor copy_of(const Tensor& x) { return x.defined() ? x.detach().clone() : x; }

const AccumulateGrad* accumulator_of(const Node& node) { return dynamic_cast<const AccumulateGrad*>(&node); }

}  // namespace

bool has_nonfinite(const TracedNode& node) {
  const auto is_bad = [](const auto& end) { return is_nonfinite(end.gradient); };
  return std::any_of(node.outputs.begin(), node.outputs.end(), is_bad) ||
         std::any_of(node.inputs.begin(), node.inputs.end(), is_bad) ||
         (node.leaf && is_nonfinite(node.leaf->grad));
}

std::string_view to_text(GradientState state) {
  switch (state) {
    case GradientState::pending:
      return "pending";
    case GradientState::absent:
      return "absent";
    case GradientState::zero:
      return "zero";
    default:
      return "number";
  }
}

std::string_view to_text(TracedInput::Kind kind) {
  switch (kind) {
    case TracedInput::Kind::op:
      return "op";
    case TracedInput::Kind::trainable:
      return "trainable";
    case TracedInput::Kind::frozen:
      return "frozen";
    default:
      return "constant";
  }
}

// ---- the graph ----

Trace::Trace(TensorList roots, Options options) : options_(std::move(options)) {
  std::vector<Edge> edges;
  for (const Tensor& root : roots) {
    check_defined(root, "Trace", "roots");
    edges.push_back(gradient_edge(root));
  }
  collect_nodes(edges);
  for (size_t i = 0; i < roots.size(); ++i) {
    Root root{describe(roots[i]), find_node(edges[i].function.get()), edges[i].input_nr};
    root.tensor.is_held = true;
    roots_.push_back(std::move(root));
  }
  for (TracedNode& node : nodes_) describe_node(node);
  find_values_of_outputs();
}

void Trace::collect_nodes(ArrayRef<Edge> roots) {
  std::vector<Ref<Node>> waiting;
  const auto reach = [this, &waiting](const Edge& edge) {
    if (edge.is_valid() && index_.emplace(edge.function.get(), 0).second) waiting.push_back(edge.function);
  };
  for (const Edge& root : roots) reach(root);
  std::vector<Ref<Node>> found;
  while (!waiting.empty()) {
    Ref<Node> node = std::move(waiting.back());
    waiting.pop_back();
    for (const Edge& edge : node->next_edges()) reach(edge);
    found.push_back(std::move(node));
  }
  std::stable_sort(found.begin(), found.end(), [](const Ref<Node>& a, const Ref<Node>& b) {
    return a->sequence_nr() > b->sequence_nr();
  });
  nodes_.resize(found.size());
  for (size_t i = 0; i < found.size(); ++i) {
    index_[found[i].get()] = i;
    nodes_[i].node = std::move(found[i]);
  }
}

TracedTensor Trace::describe(const Tensor& x) const {
  TracedTensor described{x.name(), x.sizes(), x.scalar_type(), /*is_held=*/true, Tensor()};
  if (described.name.empty())
    if (const Ref<Node> made_by = x.grad_fn()) described.name = made_by->output_name(x.output_nr());
  if (x.numel() <= options_.max_elements) described.values = copy_of(x);
  return described;
}

void Trace::describe_node(TracedNode& traced_node) const {
  const Node& node = *traced_node.node;
  traced_node.name = node.name();
  for (size_t i = 0; i < node.num_inputs(); ++i) {
    const Node::Output& output = node.output(i);
    traced_node.outputs.push_back(
        {{node.output_name(i), output.sizes, output.dtype, /*is_held=*/false, Tensor()}, {}});
  }
  for (const Tensor& saved : node.saved_tensors()) {
    TracedTensor described = describe(saved);
    if (!node.is_as_saved(traced_node.saved.size())) {
      described.was_written = true;
      described.is_held = false;
      described.values.reset();
    }
    traced_node.saved.push_back(std::move(described));
  }
  if (const AccumulateGrad* const accumulator = accumulator_of(node)) {
    const Tensor leaf = accumulator->variable();
    traced_node.outputs[0].tensor = describe(leaf);
    const TracedGradient grad = traced(copy_of(leaf.grad()));
    traced_node.leaf = {leaf.requires_grad(), grad, grad};
  }
  for (size_t i = 0; i < node.num_outputs(); ++i) {
    const Edge& edge = node.next_edge(i);
    TracedInput input;
    if (edge.is_valid()) {
      const AccumulateGrad* const leaf = accumulator_of(*edge.function);
      input.kind = leaf == nullptr                    ? TracedInput::Kind::op
                   : leaf->variable().requires_grad() ? TracedInput::Kind::trainable
                                                      : TracedInput::Kind::frozen;
      input.node = index_.at(edge.function.get());
      input.output_nr = edge.input_nr;
    } else {
      input.gradient.state = GradientState::absent;
      if (const Node::FrozenInput* const frozen = node.frozen_input(i)) {
        input.kind = TracedInput::Kind::frozen;
        input.dropped = {frozen->name, frozen->shape.sizes, frozen->shape.dtype, /*is_held=*/false, Tensor()};
        input.unrecorded = frozen->unrecorded;
      }
    }
    traced_node.inputs.push_back(std::move(input));
  }
}

// An op's output is known where it is a root, where some node saved it, or where the caller kept it.
void Trace::find_values_of_outputs() {
  const auto learn = [this](size_t node, uint32_t output_nr, const TracedTensor& from) {
    TracedTensor& output = nodes_[node].outputs[output_nr].tensor;
    if (output.is_held || !from.is_held || !(output.sizes == from.sizes)) return;
    output.is_held = true;
    output.values = from.values;
  };
  for (const Root& root : roots_)
    if (root.node) learn(*root.node, root.output_nr, root.tensor);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const std::vector<Tensor> saved = nodes_[i].node->saved_tensors();
    for (size_t k = 0; k < saved.size(); ++k) {
      const Ref<Node> made_by = saved[k].grad_fn();
      const std::optional<size_t> found = find_node(made_by.get());
      if (found) learn(*found, saved[k].output_nr(), nodes_[i].saved[k]);
    }
    if (nodes_[i].node->saved_output().defined()) learn(i, 0, nodes_[i].saved.back());
  }
  for (const Tensor& output : std::exchange(options_.outputs, {}))
    if (const std::optional<Place> place = find(output))
      learn(place->node, place->output_nr, describe(output));
}

// ---- finding ----

const TracedNode& Trace::node(size_t i) const {
  check(i < nodes_.size(), "Trace::node", "there is no node ", i, " of ", nodes_.size());
  return nodes_[i];
}

std::optional<size_t> Trace::find_node(const Node* node) const {
  const auto found = index_.find(node);
  return found == index_.end() ? std::nullopt : std::optional<size_t>(found->second);
}

std::optional<Trace::Place> Trace::find(const Tensor& x) const {
  check_defined(x, "Trace::find");
  const Edge edge = gradient_edge(x);
  const std::optional<size_t> node = find_node(edge.function.get());
  return node ? std::optional<Place>({*node, edge.input_nr}) : std::nullopt;
}

std::optional<Trace::Place> Trace::find(std::string_view name) const {
  for (size_t i = 0; i < nodes_.size(); ++i)
    for (uint32_t k = 0; k < nodes_[i].outputs.size(); ++k)
      if (!name.empty() && nodes_[i].outputs[k].tensor.name == name) return Place{i, k};
  return std::nullopt;
}

std::string Trace::label(const Place& place) const {
  const TracedNode& traced_node = node(place.node);
  const std::string& name = traced_node.outputs.at(place.output_nr).tensor.name;
  if (!name.empty()) return name;
  const std::string number = "#" + std::to_string(place.node);
  return traced_node.outputs.size() == 1 ? number : number + "." + std::to_string(place.output_nr);
}

// ---- the pass ----

void Trace::record(Backward& pass) {
  check(pass.node() != nullptr, "Trace::record", "the pass has not taken a step yet");
  const std::optional<size_t> found = find_node(pass.node());
  check(found.has_value(), "Trace::record", pass.node()->name(), " is not a node of this graph");
  const TracedNode& ran = nodes_[*found];
  check(!ran.step, "Trace::record", "node ", *found, ", ", ran.name,
        ", ran already: a trace is of one pass; make another for another");
  Step step{*found, pass.grad_outs().vec(), {}, Tensor(), pass.next() == nullptr};
  for (size_t i = 0; i < ran.inputs.size(); ++i)
    step.grad_inputs.push_back(ran.inputs[i].node ? pass.grad_input(i) : Tensor());
  if (ran.leaf) step.grad = copy_of(accumulator_of(*ran.node)->variable().grad());
  redo(std::move(step));
}

void Trace::redo(Step step) {
  TracedNode& ran = nodes_[step.node];
  // First all that can throw.
  std::vector<TracedGradient> grad_outs, grad_inputs;
  for (size_t i = 0; i < ran.outputs.size(); ++i) grad_outs.push_back(traced(step.grad_outs[i]));
  for (size_t i = 0; i < ran.inputs.size(); ++i) grad_inputs.push_back(traced(step.grad_inputs[i]));
  const TracedGradient grad = ran.leaf ? traced(step.grad) : TracedGradient();
  steps_.push_back(step.node);
  ran.step = steps_.size() - 1;
  for (size_t i = 0; i < ran.outputs.size(); ++i) ran.outputs[i].gradient = std::move(grad_outs[i]);
  for (size_t i = 0; i < ran.inputs.size(); ++i) ran.inputs[i].gradient = std::move(grad_inputs[i]);
  if (ran.leaf) ran.leaf->grad = grad;
  if (step.is_last) set_complete(true);
}

Trace::Step Trace::undo() {
  check(!steps_.empty(), "Trace::undo", "there is no step to take back");
  TracedNode& ran = nodes_[steps_.back()];
  Step step{steps_.back(), {}, {}, Tensor(), is_complete_};
  step.grad_outs.reserve(ran.outputs.size());  // here, where nothing is lost should it throw
  step.grad_inputs.reserve(ran.inputs.size());
  if (is_complete_) set_complete(false);
  for (TracedOutput& output : ran.outputs)
    step.grad_outs.push_back(std::exchange(output.gradient, TracedGradient()).value);
  for (TracedInput& input : ran.inputs) {
    step.grad_inputs.push_back(std::exchange(input.gradient, TracedGradient()).value);
    if (!input.node) input.gradient.state = GradientState::absent;
  }
  if (ran.leaf) step.grad = std::exchange(ran.leaf->grad, ran.leaf->grad_before).value;
  ran.step.reset();
  steps_.pop_back();
  return step;
}

// What no gradient came to is pending until the pass is over, and absent then.
void Trace::set_complete(bool is_complete) {
  is_complete_ = is_complete;
  const GradientState state = is_complete ? GradientState::absent : GradientState::pending;
  for (TracedNode& traced_node : nodes_) {
    if (traced_node.step) continue;
    for (TracedOutput& output : traced_node.outputs) output.gradient.state = state;
    for (TracedInput& input : traced_node.inputs)
      if (input.node) input.gradient.state = state;
  }
}

bool touches(const Trace& trace, size_t node, const Trace::Place& place, int64_t element) {
  const TracedNode& ran = trace.node(node);
  if (node == place.node) return !is_zero_at(ran.outputs.at(place.output_nr).gradient, element);
  return std::any_of(ran.inputs.begin(), ran.inputs.end(), [&place, element](const TracedInput& input) {
    return input.node == place.node && input.output_nr == place.output_nr &&
           !is_zero_at(input.gradient, element);
  });
}

}  // namespace frost::inspect
