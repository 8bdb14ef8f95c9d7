#include <frost/anomaly_mode.hpp>
#include <frost/node.hpp>
#include <frost/record.hpp>

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
       "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
       "autograd::grad(). Specify retain_graph=true if you need to backward through the graph a second time "
       "or if you need to access saved tensors after calling backward.");
}

// `made_by`, where there is one, is the node of which the saved tensor is output `output_nr`.
void check_version(const Tensor& saved, uint32_t version, const Node* made_by, uint32_t output_nr) {
  const uint32_t now = saved.impl()->storage->version();
  if (now == version) [[likely]]
    return;
  fail("backward",
       "one of the variables needed for gradient computation has been modified by an inplace operation: "
       "[frost",
       to_text(saved.scalar_type()), "Tensor ", saved.sizes(), "]",
       made_by ? ", which is output " + to_text(output_nr) + " of " + made_by->name() + "," : "",
       " is at version ", now, "; expected version ", version,
       " instead. Hint: the values are needed as they were; write to a clone() instead.");
}

}  // namespace

// ---- what is saved ----

Saved::Saved(Saved&& other) noexcept(false) : borrowed_(other.borrowed_) {
  if (placing_node == nullptr || borrowed_ == nullptr) return;
  take(*borrowed_);
  borrowed_ = nullptr;
  state_ = State::held;
  placing_node->save(*this);
}

void Saved::take(const Tensor& tensor) {
  // A trainable leaf is kept itself, so that gradients of the gradient find it, and so is what never stands
  // on the tape. Of anything else an alias is kept: the tensor itself may be written to and then hold the
  // very node that saves it.
  if (!tensor.defined()) return;
  TensorImpl& impl = *tensor.impl();
  storage_ = impl.storage;
  version_ = impl.storage->version();
  if (impl.requires_grad || !is_floating_point(impl.dtype)) {
    value_ = tensor;
    return;
  }
  value_ = alias(tensor);
  value_.impl()->grad_fn = tensor.grad_fn();
  value_.impl()->output_nr = impl.output_nr;
  value_.impl()->unrecorded = impl.unrecorded;
  if (impl.extras && !impl.extras->name.empty()) value_.impl()->make_extras().name = impl.extras->name;
}

bool Saved::is_as_saved() const {
  return value_.impl()->storage == storage_ && storage_->version() == version_;
}

const Tensor& Saved::operator*() const {
  if (state_ == State::freed) [[unlikely]]
    fail_freed();
  check(state_ == State::held, "Saved",
        "it was never recorded: a rule must capture it itself, not in a container");
  if (!value_.defined()) return value_;
  check(value_.impl()->storage == storage_, "backward",
        "one of the variables needed for gradient computation has been given other values by set_data()");
  const TensorImpl& impl = *value_.impl();
  check_version(value_, version_, impl.grad_fn.get(), impl.output_nr);
  return value_;
}

detail::Placing::Placing(Node* node) : before_(std::exchange(placing_node, node)) {}
detail::Placing::~Placing() { placing_node = before_; }

void detail::SavedOutput::save(const Tensor& output) {
  values_ = alias(output);
  version_ = output.impl()->storage->version();
}

bool detail::SavedOutput::is_as_saved() const {
  return !values_.defined() || values_.impl()->storage->version() == version_;
}

Tensor detail::SavedOutput::get(const Node& node) const {
  if (freed_) [[unlikely]]
    fail_freed();
  check_version(values_, version_, &node, 0);
  if (!GradMode::is_enabled()) return values_;
  Tensor output = alias(values_);
  output.impl()->grad_fn = Ref<Node>(const_cast<Node*>(&node));
  return output;
}

// ---- nodes ----

void retain(Node* node) {
  if (node->leaf_ != nullptr) return retain(node->leaf_);
  node->count_.add();
}

void release(Node* node) {
  if (node->leaf_ != nullptr) return release(node->leaf_);
  if (!node->count_.drop()) return;
  // A node holds the nodes before it: destroying them one inside the other would overflow the stack of a deep
  // graph. The first to go destroys all that go because of it, in a loop.
  [[gnu::tls_model("initial-exec")]] static constinit thread_local Node* doomed = nullptr;
  [[gnu::tls_model("initial-exec")]] static constinit thread_local bool is_destroying = false;
  node->doomed_next_ = doomed;
  doomed = node;
  if (is_destroying) return;
  is_destroying = true;
  while (doomed != nullptr) {
    Node* const next = doomed;
    doomed = next->doomed_next_;
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
    saved->storage_ = nullptr;
    saved->state_ = Saved::State::freed;
  }
}

std::vector<Tensor> Node::saved_tensors() const {
  std::vector<Tensor> tensors;
  for (const Saved* saved = saved_; saved != nullptr; saved = saved->next_)
    if (saved->value_.defined()) tensors.push_back(saved->value_);
  std::reverse(tensors.begin(), tensors.end());  // in the order of capture
  if (Tensor output = saved_output(); output.defined()) tensors.push_back(std::move(output));
  return tensors;
}

bool Node::is_as_saved(size_t i) const {
  std::vector<bool> found;  // of the last capture first
  for (const Saved* saved = saved_; saved != nullptr; saved = saved->next_)
    if (saved->value_.defined()) found.push_back(saved->is_as_saved());
  return i < found.size() ? found[found.size() - 1 - i] : is_output_as_saved();
}

std::vector<Tensor> Node::retained_outputs() const {
  std::vector<Tensor> outputs;
  if (extras_)
    for (const Hook& hook : extras_->hooks)
      if (hook.retaining != nullptr) outputs.emplace_back(Ref<TensorImpl>(hook.retaining));
  return outputs;
}

bool Node::claim(Backward* pass) {
  Backward* nobody = nullptr;
  if (!is_single_threaded())
    return pass_.compare_exchange_strong(nobody, pass, std::memory_order_acquire, std::memory_order_relaxed);
  if (pass_.load(std::memory_order_relaxed) != nobody) return false;
  pass_.store(pass, std::memory_order_relaxed);
  return true;
}

Node::Extras& Node::make_extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

unsigned Node::add_hook(Hook hook) {
  std::vector<Hook>& hooks = make_extras().hooks;
  hook.number = static_cast<unsigned>(std::count_if(
      hooks.begin(), hooks.end(), [&hook](const Hook& other) { return other.input_nr == hook.input_nr; }));
  hooks.push_back(std::move(hook));
  return hooks.back().number;
}

bool Node::remove_hook(uint32_t input_nr, unsigned number) {
  if (!extras_) return false;
  for (Hook& hook : extras_->hooks) {
    if (hook.input_nr != input_nr || hook.number != number) continue;
    hook.call = nullptr;
    hook.retaining = nullptr;
    return true;
  }
  return false;
}

void Node::stop_retaining(const TensorImpl* output) {
  for (Hook& hook : extras_->hooks)
    if (hook.retaining == output) hook.retaining = nullptr;
}

void Node::set_output(size_t i, const Tensor& output) {
  if (i > 0) more_outputs_.emplace_back();
  Output& description = i == 0 ? output_ : more_outputs_.back();
  description.sizes = output.layout().sizes;
  description.dtype = output.scalar_type();
}

void Node::set_output_name(size_t i, const std::string& name) {
  for (auto& [index, known] : make_extras().output_names) {
    if (index != i) continue;
    known = name;
    return;
  }
  extras_->output_names.emplace_back(i, name);
}

const std::string& Node::output_name(size_t i) const {
  static const std::string unnamed;
  if (leaf_ != nullptr) return leaf_->extras->name;
  if (extras_)
    for (const auto& [index, name] : extras_->output_names)
      if (index == i) return name;
  return unnamed;
}

const Node::FrozenInput* Node::frozen_input(size_t i) const {
  if (extras_)
    for (const auto& [index, input] : extras_->frozen_inputs)
      if (index == i) return &input;
  return nullptr;
}

size_t Node::num_hooks(size_t i) const {
  if (!extras_) return 0;
  return static_cast<size_t>(
      std::count_if(extras_->hooks.begin(), extras_->hooks.end(),
                    [i](const Hook& hook) { return hook.input_nr == i && hook.call != nullptr; }));
}

bool Node::retains_grad(size_t i) const {
  return extras_ && std::any_of(extras_->hooks.begin(), extras_->hooks.end(), [i](const Hook& hook) {
           return hook.input_nr == i && hook.retaining != nullptr;
         });
}

ArrayRef<void*> Node::call_stack() const {
  return extras_ ? ArrayRef<void*>(extras_->call_stack) : ArrayRef<void*>();
}

void Node::take_number() {
  for (const Edge& edge : edges_)
    if (edge.is_valid()) clock = std::max(clock, edge.function->sequence_nr_);
  sequence_nr_ = ++clock;
  if (autograd::AnomalyMode::is_enabled()) [[unlikely]]
    make_extras().call_stack = detail::current_call_stack();
}

AccumulateGrad::AccumulateGrad(TensorImpl* leaf) : Node("torch::autograd::AccumulateGrad") {
  take_number();
  leaf_ = leaf;
  describe_leaf();
}

void AccumulateGrad::describe_leaf() { set_output(0, variable()); }

Tensor AccumulateGrad::variable() const { return Tensor(Ref<TensorImpl>(leaf_)); }

// ---- the tape as a tensor shows it ----

Ref<Node> Tensor::grad_fn() const {
  check_defined(*this, "grad_fn");
  impl_->refresh();
  return impl_->grad_fn;
}

unsigned Tensor::register_hook(std::function<Tensor(const Tensor&)> hook) const {
  check_defined(*this, "register_hook", "self");
  check(hook != nullptr, "register_hook", "the hook is empty: there is nothing to call");
  check(requires_grad(), "register_hook",
        "cannot register a hook on a variable that doesn't require gradient");
  const Edge edge = gradient_edge(*this);
  return edge.function->add_hook(
      {.input_nr = edge.input_nr,
       .call = std::make_shared<const std::function<Tensor(const Tensor&)>>(std::move(hook))});
}

void Tensor::remove_hook(unsigned number) const {
  check_defined(*this, "remove_hook", "self");
  check(requires_grad(), "remove_hook", "cannot remove a hook of a tensor that doesn't require gradient");
  const Edge edge = gradient_edge(*this);
  check(edge.function->remove_hook(edge.input_nr, number), "remove_hook", "Hook index ", number,
        " out of range");
}

void Tensor::retain_grad() const {
  check_defined(*this, "retain_grad", "self");
  check(requires_grad(), "retain_grad", "can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf() || retains_grad()) return;
  TensorExtras& extras = impl_->make_extras();
  impl_->grad_fn->add_hook({.input_nr = impl_->output_nr, .retaining = impl_.get()});
  extras.retains_grad = true;
}

bool Tensor::retains_grad() const {
  check_defined(*this, "retains_grad");
  return impl_->extras && impl_->extras->retains_grad;
}

}  // namespace frost
