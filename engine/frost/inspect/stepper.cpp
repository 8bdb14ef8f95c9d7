#include <frost/inspect/stepper.hpp>

#include <frost/inspect/words.hpp>
#include <frost/ops.hpp>

#include <algorithm>
#include <list>
#include <utility>

namespace frost::inspect {

namespace {

// A tensor that has another grad for a while, or none: after that it is the one from before again.
class Lent {
 public:
  Lent(const Tensor& x, const Tensor& meanwhile) : x_(x), grad_(x.grad()) { x_.mutable_grad() = meanwhile; }
  ~Lent() { x_.mutable_grad() = grad_; }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

 private:
  Tensor x_, grad_;
};

Tensor copy_of(const Tensor& x) { return x.defined() ? x.detach().clone() : x; }

// The gradient in the dtype of the grad that it is to be added to.
Tensor addend(const Tensor& gradient, const Tensor& grad) {
  check(grad.sizes() == gradient.sizes(), "Stepper::commit", "a gradient of shape ", gradient.sizes(),
        " can't be added to a grad of another shape, ", grad.sizes());
  return gradient.to(grad.scalar_type());
}

Tensor sum_of(const Tensor& grad, const Tensor& gradient) {
  return grad.defined() ? grad + addend(gradient, grad) : copy_of(gradient);
}

}  // namespace

Stepper::Stepper(TensorList roots, const Options& options)
    : trace_(roots, options.trace), pass_(roots, options.gradients, {.retain_graph = true}) {}

const TracedNode* Stepper::node() const {
  return position() == 0 ? nullptr : &trace_.nodes()[trace_.steps().back()];
}

std::optional<size_t> Stepper::next_node() const {
  if (!undone_.empty()) return undone_.back().node;
  return failure_ ? failed_node_ : trace_.find_node(pass_.next());
}

bool Stepper::next() {
  if (undone_.empty()) return advance();
  trace_.redo(undone_.back());  // a copy: should it throw, the step is still there
  undone_.pop_back();
  return true;
}

bool Stepper::advance() {
  if (failure_) std::rethrow_exception(failure_);
  const std::optional<size_t> node = next_node();
  const std::vector<Tensor> retaining =
      node ? trace_.nodes()[*node].node->retained_outputs() : std::vector<Tensor>();
  std::list<Lent> lent;
  for (const Tensor& x : retaining) lent.emplace_back(x, Tensor());
  if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(pass_.next()))
    lent.emplace_back(leaf->variable(), copy_of(leaf->variable().grad()));
  try {
    if (!pass_.step()) return false;
    for (const Tensor& x : retaining)
      if (x.grad().defined()) retained_.push_back({x, x.grad()});
    trace_.record(pass_);
  } catch (...) {
    failure_ = std::current_exception();
    failed_node_ = node;
    throw;
  }
  return true;
}

bool Stepper::back() {
  if (position() == 0) return false;
  undone_.emplace_back();  // the room first: should there be none, no step is lost
  try {
    undone_.back() = trace_.undo();
  } catch (...) {
    undone_.pop_back();
    throw;
  }
  return true;
}

void Stepper::run() {
  while (next()) {
  }
}

void Stepper::rewind() {
  while (back()) {
  }
}

// ---- breakpoints ----

bool Stepper::run_to(size_t node) {
  check(node < trace_.nodes().size(), "Stepper::run_to", "there is no node ", node, " of ",
        trace_.nodes().size());
  while (next())
    if (trace_.steps().back() == node) return true;
  return false;
}

bool Stepper::run_to(std::string_view name) {
  if (const std::optional<Trace::Place> place = trace_.find(name)) return run_to(place->node);
  const std::vector<TracedNode>& nodes = trace_.nodes();
  const bool is_known =
      std::any_of(nodes.begin(), nodes.end(), [name](const TracedNode& known) { return known.name == name; });
  check(is_known, "Stepper::run_to", "no gradient flows to a tensor or node that is called \"",
        printable(name), "\"");
  while (next())
    if (node()->name == name) return true;
  return false;
}

bool Stepper::run_to_nonfinite() {
  while (next())
    if (has_nonfinite(*node())) return true;
  return false;
}

Trace::Place Stepper::place_of(const Tensor& x, std::string_view function) const {
  const std::optional<Trace::Place> place = trace_.find(x);
  check(place.has_value(), function, "no gradient flows to this tensor of shape ", x.sizes(),
        ": it is frozen, or the graph does not lead to it");
  return *place;
}

bool Stepper::run_to_element(const Tensor& x, IntArrayRef index) {
  return run_to_element(place_of(x, "Stepper::run_to_element"), index);
}

bool Stepper::run_to_element(std::string_view name, IntArrayRef index) {
  const std::optional<Trace::Place> place = trace_.find(name);
  check(place.has_value(), "Stepper::run_to_element", "no gradient flows to a tensor that is called \"",
        printable(name), "\"");
  return run_to_element(*place, index);
}

bool Stepper::run_to_element(const Trace::Place& place, IntArrayRef index) {
  const Dims& sizes = trace_.nodes()[place.node].outputs[place.output_nr].tensor.sizes;
  const int64_t element = element_at(index, sizes, "Stepper::run_to_element");
  while (next())
    if (touches(trace_, trace_.steps().back(), place, element)) return true;
  return false;
}

// ---- what has arrived ----

Tensor Stepper::grad(const Tensor& x) const {
  const Trace::Place place = place_of(x, "Stepper::grad");
  const TracedNode& traced_node = trace_.nodes()[place.node];
  return traced_node.leaf ? traced_node.leaf->grad.value
                          : traced_node.outputs[place.output_nr].gradient.value;
}

void Stepper::commit() {
  check(!is_committed_, "Stepper::commit", "the gradients of this pass were added to the leaves already");
  run();
  const NoGradGuard guard;
  // All that can throw comes first, while each grad is what it was.
  std::vector<Retained> sums;
  for (const auto& [tensor, gradient] : retained_) sums.push_back({tensor, sum_of(tensor.grad(), gradient)});
  struct Addition {
    Node* leaf;
    Tensor addend;
  };
  std::vector<Addition> additions;  // to grads that keep their identity, as in backward()
  for (const size_t i : trace_.steps()) {
    Node* const node = trace_.nodes()[i].node.get();
    const auto* const leaf = dynamic_cast<const AccumulateGrad*>(node);
    if (leaf == nullptr || !leaf->variable().requires_grad()) continue;
    const Tensor variable = leaf->variable(), grad = variable.grad();
    const Tensor& gradient = trace_.nodes()[i].outputs[0].gradient.value;
    if (grad.defined() && !grad.layout().overlaps_itself())
      additions.push_back({node, addend(gradient, grad)});
    else
      sums.push_back({variable, sum_of(grad, gradient)});
  }
  for (const auto& [tensor, sum] : sums) tensor.mutable_grad() = sum;
  Gradients none;
  for (const Addition& addition : additions) addition.leaf->apply(addition.addend, none);
  is_committed_ = true;
}

}  // namespace frost::inspect
