#include <frost/tape.hpp>

#include <frost/tensor_impl.hpp>

#include <algorithm>

namespace frost {

namespace {

// The node whose closures are being moved into place, and the last sequence number: both of this thread.
[[gnu::tls_model("initial-exec")]] constinit thread_local Node* placing_node = nullptr;
[[gnu::tls_model("initial-exec")]] constinit thread_local uint64_t clock = 0;

[[noreturn]] void fail_freed() {
  fail("backward",
       "Trying to backward through the graph a second time (or directly access saved tensors after they have "
       "already "
       "been freed). Saved intermediate values of the graph are freed when you call .backward() or "
       "autograd::grad(). "
       "Specify retain_graph=true if you need to backward through the graph a second time or if you need to "
       "access "
       "saved tensors after calling backward.");
}

void check_version(const Tensor& saved, uint32_t version) {
  const uint32_t now = saved.impl()->storage->version();
  if (now == version) [[likely]]
    return;
  const Ref<Node> grad_fn = saved.grad_fn();
  fail("backward",
       "one of the variables needed for gradient computation has been modified by an inplace operation: "
       "[frost",
       to_text(saved.scalar_type()), "Tensor ", saved.sizes(), "]",
       grad_fn ? ", which is output " + std::to_string(saved.output_nr()) + " of " + grad_fn->name() + ","
               : "",
       " is at version ", now, "; expected version ", version,
       " instead. Hint: the values are needed as they were; write to a clone() instead.");
}

}  // namespace

// ---- what is saved ----

Saved::Saved(Saved&& other) noexcept(false) : borrowed_(other.borrowed_) {
  if (placing_node == nullptr || borrowed_ == nullptr) return;
  take(*borrowed_);
  borrowed_ = nullptr;
  placing_node->save(*this);
}

void Saved::take(const Tensor& tensor) {
  // A trainable leaf is kept itself, so that gradients of the gradient find it. Of anything else an alias is
  // kept: the tensor itself may be written to and then hold the very node that saves it.
  TensorImpl& impl = *tensor.impl();
  version_ = impl.storage->version();
  if (impl.requires_grad) {
    value_ = tensor;
    return;
  }
  value_ = alias(tensor);
  value_.impl()->grad_fn = tensor.grad_fn();
  value_.impl()->output_nr = impl.output_nr;
}

const Tensor& Saved::operator*() const {
  if (freed_) [[unlikely]]
    fail_freed();
  check_version(value_, version_);
  return value_;
}

detail::Placing::Placing(Node* node) : before_(std::exchange(placing_node, node)) {}
detail::Placing::~Placing() { placing_node = before_; }

void detail::SavedOutput::save(const Tensor& output) {
  values_ = alias(output);
  version_ = output.impl()->storage->version();
}

Tensor detail::SavedOutput::get(const Node& node) const {
  if (freed_) [[unlikely]]
    fail_freed();
  check_version(values_, version_);
  if (!GradMode::is_enabled()) return values_;
  Tensor output = alias(values_);
  output.impl()->grad_fn = Ref<Node>(const_cast<Node*>(&node));
  return output;
}

// ---- nodes ----

void retain(Node* node) {
  if (node->leaf_ != nullptr) return retain(node->leaf_);
  node->count_.fetch_add(1, std::memory_order_relaxed);
}

void release(Node* node) {
  if (node->leaf_ != nullptr) return release(node->leaf_);
  if (node->count_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  // A node holds the nodes before it: destroying them one inside the other would overflow the stack of a deep
  // graph. The first to go destroys all that go because of it, in a loop.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local Node* doomed = nullptr;
  [[gnu::tls_model("initial-exec")]] static constinit thread_local bool is_destroying = false;
  node->pending_ = doomed;
  doomed = node;
  if (is_destroying) return;
  is_destroying = true;
  while (doomed != nullptr) {
    Node* const next = doomed;
    doomed = static_cast<Node*>(next->pending_);
    delete next;
  }
  is_destroying = false;
}

Node::~Node() = default;

void Node::save(Saved& saved) {
  saved.next_ = saved_;
  saved_ = &saved;
}

void Node::free_saved() {
  for (Saved* saved = saved_; saved != nullptr; saved = saved->next_) {
    saved->value_ = Tensor();
    saved->freed_ = true;
  }
}

std::vector<Tensor> Node::saved_tensors() const {
  std::vector<Tensor> tensors;
  for (const Saved* saved = saved_; saved != nullptr; saved = saved->next_)
    if (saved->value_.defined()) tensors.push_back(saved->value_);
  std::reverse(tensors.begin(), tensors.end());  // in the order of capture
  return tensors;
}

Node::Hooks& Node::make_hooks() {
  if (!hooks_) hooks_ = std::make_unique<Hooks>();
  return *hooks_;
}

unsigned Node::Hooks::add(Hook hook) {
  hook.number = next_number++;
  list.push_back(std::move(hook));
  return hook.number;
}

void Node::set_output(size_t i, const Tensor& output) {
  const Output description{output.layout().sizes, output.scalar_type()};
  if (i == 0)
    output_ = description;
  else
    more_outputs_.push_back(description);
}

void Node::take_number() {
  for (const Edge& edge : edges_)
    if (edge.is_valid()) clock = std::max(clock, edge.function->sequence_nr_);
  sequence_nr_ = ++clock;
}

AccumulateGrad::AccumulateGrad(TensorImpl* leaf) : Node("torch::autograd::AccumulateGrad") {
  take_number();
  leaf_ = leaf;
  describe_leaf();
}

void AccumulateGrad::describe_leaf() { set_output(0, variable()); }

Tensor AccumulateGrad::variable() const { return Tensor(Ref<TensorImpl>(leaf_)); }

// ---- history ----

namespace {

// Where a view's elements lie in a contiguous tensor of its base's sizes.
Layout region_in_base(const TensorImpl& view, std::string_view function) {
  check(view.base->contiguous, function,
        "a view of a tensor that is not contiguous can't be written in place while gradients are recorded; "
        "write to a contiguous() or clone() of it instead");
  Layout region = view.layout;
  region.offset -= view.base->layout.offset;
  return region;
}

// Where the kind of a view forbids that it, or what it is a view of, is written to on the tape: an error that
// says `what` happened.
void check_view_kind(const TensorImpl& view, std::string_view function, std::string_view what) {
  check(view.view_kind != ViewKind::without_grad, function, "A view was created in no_grad mode and ", what,
        " with grad mode enabled. Write to a clone() of it instead, or under NoGradGuard.");
  check(view.view_kind != ViewKind::multiple, function, "Output ", view.output_nr, " of ",
        view.grad_fn ? view.grad_fn->name() : "a function", " is a view and ", what,
        ". This view is the output of a function that returns multiple views. Such functions do not allow "
        "the output "
        "views to be modified inplace. You should replace the inplace operation by an out-of-place one.");
}

// A write through another view, or to the base, has put the base elsewhere on the tape: the view now comes
// from there.
void refresh(TensorImpl& view) {
  if (!view.base || view.base_writes == view.base->writes) return;
  check_view_kind(view, "view", "its base or another view of its base has been modified inplace");
  const Tensor base{view.base}, self{Ref<TensorImpl>(&view)};
  Layout region = region_in_base(view, "view");
  for (size_t d = 0; d < region.rank(); ++d)  // of an expanded dim the gradients add up
    if (region.strides[d] == 0 && region.sizes[d] > 1) region.sizes[d] = 1;
  view.base_writes = view.base->writes;
  auto rule = wrt(base, [region](const Tensor& grad_out) { return GradientSlice{grad_out, region}; });
  view.set_grad_fn(
      Ref<Node>::adopt(new detail::RuleNode<decltype(rule.rule)>("AsStridedBackward0", self, rule)), 0);
}

}  // namespace

void TensorImpl::set_grad_fn(Ref<Node> node, uint32_t number) {
  const bool retains = extras && extras->retains_grad;
  if (retains && grad_fn)
    std::erase_if(grad_fn->make_hooks().list,
                  [this](const Node::Hook& hook) { return hook.retaining == this; });
  grad_fn = std::move(node);
  output_nr = number;
  if (retains && grad_fn) grad_fn->make_hooks().add({0, number, nullptr, this});
}

bool TensorImpl::is_on_tape() {
  refresh(*this);
  return requires_grad || grad_fn;
}

Edge gradient_edge(const Tensor& x) {
  if (!x.defined()) return {};
  TensorImpl& impl = *x.impl();
  if (!impl.is_on_tape()) return {};
  if (impl.grad_fn) return {impl.grad_fn, impl.output_nr};
  return {Ref<Node>(impl.extras->accumulator.get()), 0};
}

void set_history(const Tensor& output, Ref<Node> node, uint32_t output_nr) {
  output.impl()->grad_fn = std::move(node);
  output.impl()->output_nr = output_nr;
}

void check_in_place(const Tensor& x, std::string_view function, bool is_recorded) {
  check_defined(x, function, "self");
  TensorImpl& impl = *x.impl();
  check(!impl.layout.overlaps_itself(), function,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. "
        "Please clone() the tensor before performing the operation.");
  if (!GradMode::is_enabled()) return;
  check(!impl.requires_grad, function,
        "a leaf Variable that requires grad is being used in an in-place operation.");
  check(!impl.base || !impl.base->requires_grad, function,
        "a view of a leaf Variable that requires grad is being used in an in-place operation.");
  const bool is_base_on_tape = impl.base && impl.base->is_on_tape();
  if (!is_recorded && !impl.is_on_tape() && !is_base_on_tape) return;
  check_view_kind(impl, function, "is being modified inplace");
}

void write_in_place(const Tensor& x, const Tensor& result, std::string_view function) {
  const bool is_recorded = GradMode::is_enabled() && result.requires_grad();
  check_in_place(x, function, is_recorded);
  TensorImpl& impl = *x.impl();
  const Layout region = is_recorded && impl.base ? region_in_base(impl, function) : Layout();
  copy_values(x, result);
  impl.storage->bump_version();
  if (!is_recorded) return;

  const Edge edge = gradient_edge(result);
  if (!impl.base) {
    impl.set_grad_fn(edge.function, edge.input_nr);
    ++impl.writes;
    return;
  }
  // The base is now what it was outside the view, and the result inside.
  const Tensor base{impl.base};
  auto kept = wrt(base, [region](const Tensor& grad_out) { return outside(grad_out, region); });
  auto written = wrt(result, [region](const Tensor& grad_out) { return inside(grad_out, region); });
  const auto node = Ref<Node>::adopt(new detail::RuleNode<decltype(kept.rule), decltype(written.rule)>(
      "torch::autograd::CopySlices", base, kept, written));
  impl.base->set_grad_fn(node, 0);
  ++impl.base->writes;
}

// ---- the tape as a tensor shows it ----

Ref<Node> Tensor::grad_fn() const {
  check_defined(*this, "grad_fn");
  impl_->is_on_tape();
  return impl_->grad_fn;
}

unsigned Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) const {
  check(defined() && requires_grad(), "register_hook",
        "cannot register a hook on a variable that doesn't require gradient");
  const Edge edge = gradient_edge(*this);
  return edge.function->make_hooks().add({0, edge.input_nr, std::move(hook), nullptr});
}

void Tensor::remove_hook(unsigned number) const {
  check(defined() && requires_grad(), "remove_hook",
        "cannot remove a hook of a tensor that doesn't require gradient");
  const Ref<Node> node = gradient_edge(*this).function;
  const auto is_it = [number](const Node::Hook& hook) { return hook.number == number; };
  const bool removed = node->hooks_ && std::erase_if(node->hooks_->list, is_it) > 0;
  check(removed, "remove_hook", "Hook index ", number, " out of range");
}

void Tensor::retain_grad() const {
  check(defined() && requires_grad(), "retain_grad",
        "can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf() || retains_grad()) return;
  impl_->make_extras().retains_grad = true;
  impl_->grad_fn->make_hooks().add({0, impl_->output_nr, nullptr, impl_.get()});
}

bool Tensor::retains_grad() const {
  check_defined(*this, "retains_grad");
  return impl_->extras && impl_->extras->retains_grad;
}

}  // namespace frost
