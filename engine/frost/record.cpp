#include <frost/record.hpp>

#include <frost/observer.hpp>
#include <frost/tape_ops.hpp>
#include <frost/tensor_impl.hpp>

namespace frost {

namespace {

// Where a view's elements lie in a contiguous tensor of its base's sizes.
Layout region_in_base(const TensorImpl& view, std::string_view function) {
  check(view.storage == view.base->storage, function,
        "the tensor that this is a view of was given other values by set_data(); make the view anew");
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
  if (view.view_kind == ViewKind::multiple)
    fail(function, "Output ", view.output_nr, " of ", view.grad_fn ? view.grad_fn->name() : "a function",
         " is a view and ", what,
         ". This view is the output of a function that returns multiple views. Such functions do not allow "
         "the output views to be modified inplace. You should replace the inplace operation by an "
         "out-of-place one.");
}

}  // namespace

void TensorImpl::follow_base() {
  check_view_kind(*this, "view", "its base or another view of its base has been modified inplace");
  check(!requires_grad, "view",
        "leaf variable has been moved into the graph interior: it is a view of a tensor that was written in "
        "place");
  const Tensor base_tensor{base}, self{Ref<TensorImpl>(this)};
  Layout region = region_in_base(*this, "view");
  for (size_t d = 0; d < region.rank(); ++d)  // of an expanded dim the gradients add up
    if (region.strides[d] == 0 && region.sizes[d] > 1) region.sizes[d] = 1;
  base_writes = base->writes;
  auto rule = wrt(base_tensor, [region](const Tensor& grad_out) { return GradientSlice{grad_out, region}; });
  set_grad_fn(Ref<Node>::adopt(new detail::RuleNode<decltype(rule.rule)>("AsStridedBackward0", self, rule)),
              0);
  detail::Observer::tell(self);
}

void TensorImpl::set_grad_fn(Ref<Node> node, uint32_t number) {
  const bool retains = extras && extras->retains_grad;
  // What may run out of memory comes first, while nothing is changed.
  if (extras && !extras->name.empty() && node) node->set_output_name(number, extras->name);
  if (retains && node) node->add_hook({.input_nr = number, .retaining = this});
  if (retains && grad_fn) grad_fn->stop_retaining(this);
  grad_fn = std::move(node);
  output_nr = number;
}

Edge gradient_edge(const Tensor& x) {
  if (!x.defined()) return {};
  TensorImpl& impl = *x.impl();
  impl.refresh();
  if (impl.grad_fn) return {impl.grad_fn, impl.output_nr};
  if (!impl.requires_grad) return {};
  return {Ref<Node>(impl.extras->accumulator.get()), 0};
}

Edge Node::edge_to(const Tensor& input, size_t i) {
  Edge edge = gradient_edge(input);
  if (edge.is_valid() || !input.defined()) return edge;
  const TensorImpl& impl = *input.impl();
  if (!input.name().empty() || impl.unrecorded != Unrecorded::no)
    make_extras().frozen_inputs.emplace_back(
        i, FrozenInput{input.name(),
                       {impl.layout.sizes, impl.dtype},
                       impl.unrecorded,
                       impl.extras && impl.extras->detached_from ? std::optional(*impl.extras->detached_from)
                                                                 : std::nullopt});
  return edge;
}

void detail::set_grad_fn(const Tensor& output, Ref<Node> node, uint32_t output_nr) {
  output.impl()->set_grad_fn(std::move(node), output_nr);
  Observer::tell(output);
}

void detail::replace_output(const Tensor& result, const Tensor& output) {
  const Ref<Node> node = result.grad_fn();
  if (!node) return;
  node->set_output(result.output_nr(), output);
  set_grad_fn(output, node, result.output_nr());
}

void check_in_place(const Tensor& x, std::string_view function, bool is_recorded) {
  check_defined(x, function, "self");
  TensorImpl& impl = *x.impl();
  check(!impl.layout.overlaps_itself(), function,
        "unsupported operation: more than one element of the written-to tensor refers to a single memory "
        "location. Please clone() the tensor before performing the operation.");
  if (!GradMode::is_enabled()) return;
  constexpr std::string_view remedy = " Write to it under NoGradGuard, or to a clone() of it.";
  check(!impl.requires_grad, function,
        "a leaf Variable that requires grad is being used in an in-place operation.", remedy);
  check(!impl.base || !impl.base->requires_grad, function,
        "a view of a leaf Variable that requires grad is being used in an in-place operation.", remedy);
  impl.refresh();
  const bool is_base_on_tape = impl.base && impl.base->is_on_tape();
  if (!is_recorded && !impl.is_on_tape() && !is_base_on_tape) return;
  check_view_kind(impl, function, "is being modified inplace");
}

namespace {

// Makes `written`, or what it is a view of, come from the result that is to be written to it.
void tell_tape(TensorImpl& written, const Tensor& result, std::string_view function) {
  if (!written.base) {
    const Edge edge = gradient_edge(result);
    written.set_grad_fn(edge.function, edge.input_nr);
    ++written.writes;
    return;
  }
  const Layout region = region_in_base(written, function);
  // The base is now what it was outside the view, and the result inside.
  const Tensor base{written.base};
  auto kept = wrt(base, [region](const Tensor& grad_out) { return detail::outside(grad_out, region); });
  auto replaced = wrt(result, [region](const Tensor& grad_out) { return detail::inside(grad_out, region); });
  const auto node = Ref<Node>::adopt(new detail::RuleNode<decltype(kept.rule), decltype(replaced.rule)>(
      "torch::autograd::CopySlices", base, kept, replaced));
  detail::set_grad_fn(base, node);
  ++written.base->writes;
}

}  // namespace

void write_in_place(const Tensor& x, const Tensor& result, std::string_view function) {
  check_defined(result, function, "result");
  const bool is_recorded = GradMode::is_enabled() && result.requires_grad();
  check_in_place(x, function, is_recorded);
  TensorImpl& impl = *x.impl();
  // The tape is told first: that may run out of memory, and then nothing has been written.
  if (is_recorded) tell_tape(impl, result, function);
  detail::copy_values(x, result);
  impl.storage->bump_version();
}

}  // namespace frost
