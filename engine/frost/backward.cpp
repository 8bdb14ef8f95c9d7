// Replaying the tape: one step after the other.
#include <frost/anomaly_mode.hpp>
#include <frost/backward.hpp>
#include <frost/record.hpp>
#include <frost/restriction.hpp>
#include <frost/tape_ops.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>

namespace frost {

namespace {

bool lies_within(const Layout& region, int64_t numel) {
  int64_t last = region.offset;
  for (size_t i = 0; i < region.rank(); ++i) {
    if (region.sizes[i] == 0) return true;
    last += (region.sizes[i] - 1) * region.strides[i];
  }
  return 0 <= region.offset && last < numel;
}

void check_root(const Tensor& root, const Tensor& gradient, size_t i) {
  check_defined(root, "backward", "outputs");
  check(root.requires_grad(), "backward", "element ", i,
        " of tensors does not require grad and does not have a grad_fn");
  if (!gradient.defined()) {
    check(root.numel() == 1, "backward",
          "grad can be implicitly created only for scalar outputs, this one has shape ", root.sizes(),
          "; pass a gradient of that shape");
    return;
  }
  check(is_broadcastable_to(root.sizes(), gradient.sizes()), "backward", "invalid gradient at index ", i,
        " - got ", gradient.sizes(), " but expected shape compatible with ", root.sizes());
}

// The gradient in the dtype of the grad that it is to be added to.
Tensor addend(const Tensor& gradient, const Tensor& grad) {
  check(grad.sizes() == gradient.sizes(), "backward", "output with shape ", grad.sizes(),
        " doesn't match the broadcast shape ", gradient.sizes(),
        ": a gradient can't be added to a grad of another shape");
  return detail::reduce_to(gradient, grad.layout().sizes, grad.scalar_type());
}

// The grad of a leaf: what is there already keeps its identity, so that others who hold it see the sum; but
// not when the sum is recorded.
void add_to_grad(TensorImpl& tensor, const Tensor& gradient) {
  Tensor& grad = tensor.make_extras().grad;
  if (!grad.defined()) {
    grad = is_sole_owner(gradient) && gradient.is_contiguous() ? gradient : detail::copy_of(gradient);
    return;
  }
  const Tensor added = addend(gradient, grad);
  if (GradMode::is_enabled() || grad.layout().overlaps_itself()) {
    detail::accumulate(grad, added);
    return;
  }
  detail::add_values(grad, added);
  grad.impl()->storage->bump_version();
}

// A retained grad is a copy, which later hooks don't change, and the sum a tensor of its own: others who hold
// the former one keep that.
void add_to_retained_grad(TensorImpl& tensor, const Tensor& gradient) {
  Tensor& grad = tensor.make_extras().grad;
  if (grad.defined())
    detail::accumulate(grad, addend(gradient, grad));
  else
    grad = detail::copy_of(gradient);
}

}  // namespace

void AccumulateGrad::apply(ArrayRef<Tensor> grad_outs, Gradients&) {
  if (grad_outs[0].defined()) add_to_grad(*leaf_, grad_outs[0]);
}

Backward::Backward(const Tensor& root, const Tensor& gradient, Options options)
    : Backward(TensorList(root), TensorList(gradient), options) {}

Backward::Backward(Options options, Unstarted) : options_(options) {}

// Delegating, so that where start() throws, the destructor still lets go of the nodes.
Backward::Backward(TensorList roots, TensorList gradients, Options options) : Backward(options, Unstarted()) {
  start(roots, gradients);
}

Backward::Backward(TensorList roots, TensorList gradients, Options options, TensorList inputs, Into into)
    : Backward(options, Unstarted()) {
  restriction_ = std::make_unique<Restriction>(roots, inputs, into);
  start(roots, gradients);
}

Backward::~Backward() {
  Arrived dropped;
  for (const Waiting& waiting : waiting_) let_go(waiting.node, dropped);
}

void Backward::start(TensorList roots, TensorList gradients) {
  check(gradients.empty() || gradients.size() == roots.size(), "backward", "got ", roots.size(),
        " tensors and ", gradients.size(), " gradients");
  const Tensor none;
  for (size_t i = 0; i < roots.size(); ++i) check_root(roots[i], gradients.empty() ? none : gradients[i], i);
  for (size_t i = 0; i < roots.size(); ++i) {
    Edge edge = gradient_edge(roots[i]);
    if (!leads_to_input(edge)) continue;
    Tensor gradient = gradients.empty() ? none : gradients[i];
    if (!gradient.defined()) gradient = detail::ones_of(roots[i].layout().sizes, roots[i].scalar_type());
    const AutoGradMode mode = recording();
    add(edge, gradient, nullptr, nullptr, i);
    roots_.push_back(std::move(edge.function));
  }
}

AutoGradMode Backward::recording() const {
  return AutoGradMode(options_.create_graph ? GradMode::State::on : GradMode::State::off_in_pass);
}

// ---- what waits ----

// What has arrived at the node; from now on it waits, if it did not yet. The node itself holds it, unless it
// waits in another pass.
Arrived& Backward::arrived_at(Node* node) {
  if (node->pass_.load(std::memory_order_relaxed) == this) return node->arrived_;
  if (elsewhere_) {
    const auto found = elsewhere_->find(node);
    if (found != elsewhere_->end()) return found->second;
  }
  waiting_.push_back({node, node->sequence_nr_, arrivals_++});
  if (waiting_.size() > 1) std::push_heap(waiting_.begin(), waiting_.end(), runs_after);
  if (node->claim(this)) return node->arrived_;
  if (!elsewhere_) elsewhere_ = std::make_unique<std::unordered_map<Node*, Arrived>>();
  return (*elsewhere_)[node];
}

// The node no longer waits in this pass: moves what has arrived there to `arrived`.
void Backward::let_go(Node* node, Arrived& arrived) {
  if (node->pass_.load(std::memory_order_relaxed) == this) {
    arrived = std::move(node->arrived_);
    node->pass_.store(nullptr, std::memory_order_release);
    return;
  }
  // Nothing is there where memory ran out as the node began to wait.
  if (!elsewhere_) return;
  if (auto found = elsewhere_->extract(node)) arrived = std::move(found.mapped());
}

// Checks what a rule returned, sums it over the dimensions that broadcasting stretched, and converts it.
void Backward::fit(const Edge& edge, Tensor& gradient, const Layout* region, const Node* from, size_t index) {
  const Node::Output& expected = edge.function->output(edge.input_nr);
  const Dims& sizes = region != nullptr ? region->sizes : expected.sizes;
  if (!(gradient.layout().sizes == sizes) || gradient.scalar_type() != expected.dtype) {
    if (!is_broadcastable_to(sizes, gradient.sizes()))
      fail("backward", from == nullptr ? "the root" : "Function " + from->name(),
           " returned an invalid gradient at index ", index, " - got ", gradient.sizes(),
           " but expected shape compatible with ", sizes);
    gradient = detail::reduce_to(gradient, sizes, expected.dtype);
  }
  if (region != nullptr && !lies_within(*region, numel(expected.sizes)))
    fail("backward", "Function ", from->name(), " returned a slice at index ", index,
         " that does not lie in sizes ", expected.sizes);
}

// The gradient with the zeros around it, if it is a slice.
Tensor Backward::whole(const Edge& edge, const Tensor& gradient, const Layout* region) {
  if (region == nullptr || !gradient.defined()) return gradient;
  const Node::Output& input = edge.function->output(edge.input_nr);
  return detail::assemble(Tensor(), input.sizes, input.dtype, GradientSlice{gradient, *region});
}

void Backward::add(const Edge& edge, Tensor& gradient, const Layout* region, const Node* from, size_t index) {
  fit(edge, gradient, region, from, index);
  Arrived& arrived = arrived_at(edge.function.get());
  if (region != nullptr) {
    arrived.make_more().slices.emplace_back(edge.input_nr, GradientSlice{gradient, *region});
    return;
  }
  Tensor& total = arrived.total_of(edge.input_nr);
  if (total.defined())
    detail::accumulate(total, gradient);
  else
    total = gradient;
}

// ---- a step ----

const Node* Backward::next() const { return waiting_.empty() ? nullptr : waiting_.front().node; }

bool Backward::step() {
  check(!has_failed_, "backward",
        "this pass ended with an error, and can't go on without what was lost; start another");
  if (waiting_.empty()) return false;
  has_failed_ = true;  // until the step is through
  run_next();
  has_failed_ = false;
  return true;
}

void Backward::run_next() {
  const AutoGradMode mode = recording();
  if (waiting_.size() > 1) std::pop_heap(waiting_.begin(), waiting_.end(), runs_after);
  ran_ = waiting_.back().node;
  waiting_.pop_back();
  Node& node = *ran_;
  Arrived arrived;
  let_go(&node, arrived);
  collect(node, arrived);

  const bool is_capturing = restriction_ && restriction_->is_capturing();
  if (restriction_) restriction_->capture(node, grad_outs_);
  check(is_capturing || node.leaf_ == nullptr || !node.leaf_->grad_fn, "backward",
        "leaf variable has been moved into the graph interior: it was frozen, then written in place");
  const bool is_wanted = mark_wanted(node);
  if (node.leaf_ != nullptr ? !is_wanted : is_capturing && !is_wanted) return;

  if (node.extras_) call_hooks(node);
  if (!is_wanted) return;
  node.apply(grad_outs_, grads_);
  if (autograd::AnomalyMode::should_check_nan()) [[unlikely]]
    check_for_nan(node);
  if (!options_.retain_graph) node.free_saved();
  for (size_t i = 0; i < grads_.size(); ++i) {
    Gradients::Entry& gradient = grads_.entries_[i];
    if (gradient.wanted && gradient.value.defined())
      add(node.edges_[i], gradient.value, grads_.region(i), &node, i);
  }
}

void Backward::check_for_nan(const Node& node) const {
  for (size_t i = 0; i < grads_.size(); ++i)
    if (grads_.wanted(i)) detail::check_for_nan(node, i, grads_.entries_[i].value, grads_.region(i));
}

// The node's gradients, whole: slices are put in their places, all at once.
void Backward::collect(const Node& node, Arrived& arrived) {
  grad_outs_.resize(node.num_inputs());
  grad_outs_[0] = std::move(arrived.total);
  for (uint32_t i = 1; i < grad_outs_.size(); ++i) grad_outs_[i] = std::move(arrived.total_of(i));
  if (!arrived.more) return;
  auto& all = arrived.more->slices;
  if (grad_outs_.size() > 1)
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto slice = all.begin(); slice != all.end();) {
    const uint32_t i = slice->first;
    std::vector<GradientSlice> slices;
    for (; slice != all.end() && slice->first == i; ++slice) slices.push_back(std::move(slice->second));
    grad_outs_[i] = detail::assemble(grad_outs_[i], node.output(i).sizes, node.output(i).dtype, slices);
  }
}

// Which of the node's gradients are asked for; false where none is and the node need not run.
bool Backward::mark_wanted(const Node& node) {
  const ArrayRef<Edge> edges = node.next_edges();
  grads_.entries_.clear();  // of the last node
  grads_.entries_.resize(edges.size());
  const bool is_capturing = restriction_ && restriction_->is_capturing();
  bool any = !is_capturing && node.leaf_ != nullptr && node.leaf_->requires_grad;
  for (size_t i = 0; i < edges.size(); ++i) {
    const bool is_wanted = leads_to_input(edges[i]);
    grads_.entries_[i].wanted = is_wanted;
    any |= is_wanted;
  }
  return any;
}

void Backward::call_hooks(Node& node) {
  const size_t count = node.extras_->hooks.size();  // without those that a hook adds
  for (size_t k = 0; k < count; ++k) {
    const Node::Hook hook = node.extras_->hooks[k];  // a handle of our own: the hook may remove itself
    Tensor& gradient = grad_outs_[hook.input_nr];
    if (!gradient.defined()) continue;
    if (hook.retaining != nullptr) add_to_retained_grad(*hook.retaining, gradient);
    if (hook.call == nullptr) continue;
    const Tensor replaced = (*hook.call)(gradient);
    if (!replaced.defined()) continue;
    check(replaced.sizes() == gradient.sizes() && replaced.scalar_type() == gradient.scalar_type(),
          "backward", "hook '", hook.number, "' has changed the size or dtype of value: ", gradient.sizes(),
          " ", gradient.scalar_type(), " to ", replaced.sizes(), " ", replaced.scalar_type());
    gradient = replaced;
  }
}

ArrayRef<Tensor> Backward::grad_outs() {
  const TensorImpl* const leaf = ran_ != nullptr ? ran_->leaf_ : nullptr;
  // The leaf may have taken the gradient over as its grad, to which later passes add.
  if (leaf != nullptr && leaf->extras->grad.defined() && leaf->extras->grad.is_same(grad_outs_[0]))
    grad_outs_[0] = detail::copy_of(grad_outs_[0]);
  return grad_outs_;
}

Tensor Backward::grad_input(size_t i) const {
  check(i < grads_.size(), "Backward::grad_input", "there is no input ", i);
  return whole(ran_->next_edge(i), grads_.entries_[i].value, grads_.region(i));
}

std::vector<Tensor> Backward::apply(Node& node, ArrayRef<Tensor> grad_outs) {
  check(grad_outs.size() == node.num_inputs(), "Backward::apply", "got ", grad_outs.size(),
        " gradients for the ", node.num_inputs(), " outputs of ", node.name());
  const ArrayRef<Edge> edges = node.next_edges();
  std::vector<Tensor> gradients(edges.size());
  if (edges.empty()) return gradients;
  Gradients returned;
  returned.entries_.resize(edges.size());
  for (size_t i = 0; i < edges.size(); ++i) returned.entries_[i].wanted = edges[i].is_valid();
  node.apply(grad_outs, returned);
  for (size_t i = 0; i < edges.size(); ++i) {
    Gradients::Entry& entry = returned.entries_[i];
    if (!entry.wanted || !entry.value.defined()) continue;
    fit(edges[i], entry.value, returned.region(i), &node, i);
    gradients[i] = whole(edges[i], entry.value, returned.region(i));
  }
  return gradients;
}

// Whether a gradient is to flow along the edge.
bool Backward::leads_to_input(const Edge& edge) const {
  return edge.is_valid() && (!restriction_ || restriction_->leads_to_input(edge));
}

// ---- with respect to some inputs only ----

bool Backward::is_reached(size_t i) const {
  const size_t count = restriction_ ? restriction_->size() : 0;
  check(i < count, "Backward::is_reached", "there is no input ", i, " of ", count);
  return restriction_->is_reached(i);
}

const Tensor& Backward::captured(size_t i) const {
  const size_t count = restriction_ ? restriction_->size() : 0;
  check(i < count, "Backward::captured", "there is no input ", i, " of ", count);
  return restriction_->captured(i);
}

}  // namespace frost
