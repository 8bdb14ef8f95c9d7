// What a Tensor is a handle on, and the functions of Tensor that every op calls many times. For the engine's
// own files; programs need only <frost/tensor.hpp>.
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/memory.hpp>
#include <frost/shape.hpp>
#include <frost/storage.hpp>
#include <frost/tensor.hpp>

#include <atomic>
#include <memory>

namespace frost {

class AccumulateGrad;

// What only some tensors have.
struct TensorExtras {
  Tensor grad;
  std::string name;
  // Of a leaf that requires grad: the node that adds to its grad. It is part of the leaf: whoever holds the
  // node holds the leaf, so the two need no handles on each other.
  std::unique_ptr<AccumulateGrad> accumulator;
  bool retains_grad = false;
  std::unique_ptr<const DetachedFrom> detached_from;  // of what detach() returned, itself

  ~TensorExtras();
};

// How a view was made, which decides whether it may be written through.
enum class ViewKind : uint8_t {
  none,          // not a view
  view,          // of one output
  multiple,      // one of several views that one op returned
  without_grad,  // made while nothing was recorded
};

struct TensorImpl : Pooled {
  TensorImpl(Dtype element_dtype, const Layout& elements, Ref<Storage>&& memory);
  // Contiguous, of sizes with this many elements in all.
  TensorImpl(Dtype element_dtype, IntArrayRef sizes, int64_t count_of_elements, Ref<Storage>&& memory);
  ~TensorImpl();
  TensorImpl(const TensorImpl&) = delete;
  TensorImpl& operator=(const TensorImpl&) = delete;

  // Of a view: takes the place on the tape that it has since its base was last written to. Comes before
  // grad_fn, output_nr and is_on_tape() are read. An error where this kind of view can't follow.
  void refresh() {
    if (base && base_writes != base->writes) [[unlikely]]
      follow_base();
  }
  bool is_on_tape() const { return requires_grad || grad_fn; }
  TensorExtras& make_extras();
  // Makes it output `output_nr` of `node`; where it retains its grad, it goes on doing so there.
  void set_grad_fn(Ref<Node> node, uint32_t output_nr);

  RefCount count;
  Dtype dtype;
  bool contiguous;
  bool requires_grad = false;  // of a leaf; what has a grad_fn requires grad by that
  ViewKind view_kind = ViewKind::none;
  uint32_t output_nr = 0;    // which output of grad_fn it is
  uint32_t writes = 0;       // how often an in-place op replaced grad_fn
  uint32_t base_writes = 0;  // of a view: base->writes when grad_fn was derived
  Unrecorded unrecorded = Unrecorded::no;
  int64_t numel;
  char* data;  // the first element
  Ref<Storage> storage;
  Ref<Node> grad_fn;
  Ref<TensorImpl> base;  // of a view: the tensor it is a view of, itself not a view
  std::unique_ptr<TensorExtras> extras;
  Layout layout;

 private:
  void follow_base();
};

// Making tensors: what ops are written with.

// Uninitialised and contiguous; an error naming `function` where the sizes are impossible.
Tensor empty_tensor(IntArrayRef sizes, Dtype dtype, std::string_view function = "empty");
// Another tensor over x's storage, off the tape and no view of x: what the tape saves and detach returns.
Tensor alias(const Tensor& x, const Layout& layout);
inline Tensor alias(const Tensor& x) { return alias(x, x.layout()); }
// A view of x, not yet recorded: a write to either is seen in both, and the tape knows.
Tensor view_of(const Tensor& x, const Layout& layout, ViewKind kind = ViewKind::view);

// Nobody else holds this tensor or its memory: it may be written to without anyone noticing.
bool is_sole_owner(const Tensor& x);

[[noreturn]] void fail_undefined(std::string_view function, std::string_view argument);
// An error "[function] …" unless the tensor is defined.
inline void check_defined(const Tensor& x, std::string_view function, std::string_view argument = "input") {
  if (!x.defined()) [[unlikely]]
    fail_undefined(function, argument);
}

// What a handle does inline.

inline void retain(TensorImpl* tensor) { tensor->count.add(); }
inline void release(TensorImpl* tensor) {
  if (tensor->count.drop()) delete tensor;
}

inline const Layout& Tensor::layout() const { return impl_->layout; }
inline IntArrayRef Tensor::sizes() const {
  check_defined(*this, "sizes", "self");
  return impl_->layout.sizes;
}
inline int64_t Tensor::dim() const {
  check_defined(*this, "dim", "self");
  return static_cast<int64_t>(impl_->layout.rank());
}
inline int64_t Tensor::numel() const {
  check_defined(*this, "numel", "self");
  return impl_->numel;
}
inline Dtype Tensor::scalar_type() const {
  check_defined(*this, "scalar_type", "self");
  return impl_->dtype;
}
inline bool Tensor::is_floating_point() const { return frost::is_floating_point(scalar_type()); }
inline bool Tensor::is_contiguous() const {
  check_defined(*this, "is_contiguous", "self");
  return impl_->contiguous;
}
inline bool Tensor::requires_grad() const {
  check_defined(*this, "requires_grad", "self");
  impl_->refresh();
  return impl_->is_on_tape();
}

namespace detail {

inline bool leads_to_tape(const Tensor& x) {
  if (!x.defined()) return false;
  const TensorImpl& impl = *x.impl();
  return impl.is_on_tape() || (impl.base && impl.base->is_on_tape());
}

inline void mark_unrecorded(const Tensor& output, const Tensor& input) {
  Unrecorded& mark = output.impl()->unrecorded;
  if (mark != Unrecorded::no || !input.defined()) return;
  if (!leads_to_tape(input))
    mark = input.impl()->unrecorded;
  else
    mark = is_floating_point(output.impl()->dtype) ? Unrecorded::without_grad : Unrecorded::discrete;
}

}  // namespace detail

}  // namespace frost
