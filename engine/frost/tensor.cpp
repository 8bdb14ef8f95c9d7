#include <frost/tensor.hpp>

#include <frost/grad_mode.hpp>
#include <frost/tape.hpp>
#include <frost/tensor_impl.hpp>

#include <utility>

namespace frost {

constinit thread_local GradMode::State GradMode::state = GradMode::State::on;

TensorExtras::~TensorExtras() {
  // A grad may have a grad, and so on: one after the other, not one inside the other.
  Tensor next = std::move(grad);
  while (next.defined() && next.use_count() == 1 && next.impl()->extras) {
    Tensor after = std::move(next.impl()->extras->grad);
    next = std::move(after);
  }
}

TensorImpl::TensorImpl(Dtype element_dtype, const Layout& elements, Ref<Storage>&& memory)
    : dtype(element_dtype),
      contiguous(elements.is_contiguous()),
      numel(elements.numel()),
      data(static_cast<char*>(memory->data())),
      storage(std::move(memory)),
      layout(elements) {
  // Where there are no elements, the offset may be out of all bounds.
  if (numel > 0) data += elements.offset * static_cast<int64_t>(element_size(dtype));
}

TensorImpl::TensorImpl(Dtype element_dtype, IntArrayRef sizes, int64_t count_of_elements,
                       Ref<Storage>&& memory)
    : dtype(element_dtype),
      contiguous(true),
      numel(count_of_elements),
      data(static_cast<char*>(memory->data())),
      storage(std::move(memory)),
      layout(Layout::contiguous(sizes)) {}

TensorImpl::~TensorImpl() {
  if (extras && extras->retains_grad) set_grad_fn(nullptr, 0);
}

TensorExtras& TensorImpl::make_extras() {
  if (!extras) extras = std::make_unique<TensorExtras>();
  return *extras;
}

Tensor empty_tensor(IntArrayRef sizes, Dtype dtype, std::string_view function) {
  const int64_t numel = checked_numel(sizes, function);
  int64_t bytes;
  const bool too_large = __builtin_mul_overflow(numel, static_cast<int64_t>(element_size(dtype)), &bytes);
  check(!too_large && bytes < (int64_t{1} << 62), function, "can't allocate memory for ", sizes,
        " elements of ", dtype);
  return Tensor(
      Ref<TensorImpl>::adopt(new TensorImpl(dtype, sizes, numel, Storage::make(static_cast<size_t>(bytes)))));
}

Tensor alias(const Tensor& x, const Layout& layout) {
  return Tensor(
      Ref<TensorImpl>::adopt(new TensorImpl(x.scalar_type(), layout, Ref<Storage>(x.impl()->storage))));
}

Tensor view_of(const Tensor& x, const Layout& layout, ViewKind kind) {
  Tensor view = alias(x, layout);
  TensorImpl& impl = *view.impl();
  impl.base = x.impl()->base ? x.impl()->base : Ref<TensorImpl>(x.impl());
  impl.base_writes = impl.base->writes;
  impl.view_kind = !GradMode::is_enabled() || x.impl()->view_kind == ViewKind::without_grad
                       ? ViewKind::without_grad
                   : x.impl()->view_kind == ViewKind::multiple ? ViewKind::multiple
                                                               : kind;
  impl.unrecorded =
      GradMode::is_marking() && detail::leads_to_tape(x) ? Unrecorded::without_grad : x.impl()->unrecorded;
  return view;
}

bool is_sole_owner(const Tensor& x) { return x.impl()->count.get() == 1 && !x.impl()->storage->is_shared(); }

void fail_undefined(std::string_view function, std::string_view argument) {
  fail(function, "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument '",
       argument, "'");
}

// ---- what it is ----

namespace {

TensorImpl& get(const Tensor& x, std::string_view function) {
  check_defined(x, function, "self");
  return *x.impl();
}

}  // namespace

IntArrayRef Tensor::strides() const { return get(*this, "strides").layout.strides; }
int64_t Tensor::storage_offset() const { return get(*this, "storage_offset").layout.offset; }
TypeMeta Tensor::dtype() const { return get(*this, "dtype").dtype; }
TensorOptions Tensor::options() const { return get(*this, "options").dtype; }
bool Tensor::is_view() const { return static_cast<bool>(get(*this, "is_view").base); }
int64_t Tensor::element_size() const { return static_cast<int64_t>(frost::element_size(scalar_type())); }
size_t Tensor::nbytes() const { return static_cast<size_t>(numel() * element_size()); }
int64_t Tensor::_version() const { return get(*this, "_version").storage->version(); }
size_t Tensor::use_count() const { return defined() ? impl_->count.get() : 0; }

int64_t Tensor::size(int64_t dim) const {
  const Layout& layout = get(*this, "size").layout;
  check(layout.rank() > 0, "size", "Dimension specified as ", dim, " but tensor has no dimensions");
  return layout.sizes[wrap_dim(dim, layout.rank(), "size")];
}

int64_t Tensor::stride(int64_t dim) const {
  const Layout& layout = get(*this, "stride").layout;
  check(layout.rank() > 0, "stride", "Dimension specified as ", dim, " but tensor has no dimensions");
  return layout.strides[wrap_dim(dim, layout.rank(), "stride")];
}

// ---- its values ----

void* Tensor::data_ptr() const { return get(*this, "data_ptr").data; }

template <class T>
T* Tensor::data_ptr() const {
  check(get(*this, "data_ptr").dtype == dtype_of<T>, "data_ptr", "expected scalar type ", dtype_of<T>,
        " but found ", scalar_type());
  return reinterpret_cast<T*>(impl_->data);
}
template bool* Tensor::data_ptr<bool>() const;
template int64_t* Tensor::data_ptr<int64_t>() const;
template float* Tensor::data_ptr<float>() const;
template double* Tensor::data_ptr<double>() const;

Scalar Tensor::item() const {
  const TensorImpl& impl = get(*this, "item");
  check(impl.numel == 1, "item", "a Tensor with ", impl.numel,
        " elements cannot be converted to Scalar, only one with one element can; its shape is ",
        impl.layout.sizes);
  return visit(scalar_type(), [this]<class T>() { return Scalar(*reinterpret_cast<const T*>(impl_->data)); });
}

// ---- the tape ----

bool Tensor::is_leaf() const { return !grad_fn(); }
uint32_t Tensor::output_nr() const {
  get(*this, "output_nr").refresh();
  return impl_->output_nr;
}

const Tensor& Tensor::set_requires_grad(bool requires_grad) const {
  TensorImpl& impl = get(*this, "set_requires_grad");
  check(is_leaf() || requires_grad, "requires_grad_",
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
        "in a subgraph that doesn't require differentiation use var_no_grad = var.detach().");
  if (!is_leaf()) return *this;  // it requires grad already
  check(!requires_grad || is_floating_point(), "requires_grad_",
        "Only Tensors of floating point and complex dtype can require gradients; this one is ",
        scalar_type());
  if (requires_grad && (!impl.extras || !impl.extras->accumulator))
    impl.make_extras().accumulator = std::make_unique<AccumulateGrad>(&impl);
  impl.requires_grad = requires_grad;
  return *this;
}

const Tensor& Tensor::requires_grad_(bool requires_grad) const { return set_requires_grad(requires_grad); }

const Tensor& Tensor::grad() const {
  static const Tensor absent;
  const TensorImpl& impl = get(*this, "grad");
  return impl.extras ? impl.extras->grad : absent;
}

Tensor& Tensor::mutable_grad() const { return get(*this, "mutable_grad").make_extras().grad; }

namespace {

// `op` made what it was detached from. Within a pass nothing is marked: that would cost time.
void mark_detached(TensorImpl& x, const std::string& name, const Ref<Node>& op) {
  if (!GradMode::is_enabled() && !GradMode::is_marking()) return;
  x.unrecorded = Unrecorded::detached;
  x.make_extras().detached_from =
      std::make_unique<const DetachedFrom>(DetachedFrom{name, op ? op->name() : ""});
}

}  // namespace

Tensor Tensor::detach() const {
  check_defined(*this, "detach");
  Tensor x = alias(*this);
  x.impl()->unrecorded = impl_->unrecorded;
  if (detail::leads_to_tape(*this))  // a view that does not know its place yet was made of its base
    mark_detached(*x.impl(), name(), impl_->is_on_tape() ? impl_->grad_fn : impl_->base->grad_fn);
  return x;
}

Tensor& Tensor::detach_() {
  TensorImpl& impl = get(*this, "detach_");
  check(!impl.base, "detach_", "Can't detach views in-place. Use detach() instead.");
  if (requires_grad()) mark_detached(impl, "", impl.grad_fn);
  impl.set_grad_fn(nullptr, 0);
  impl.requires_grad = false;
  return *this;
}

void Tensor::set_data(const Tensor& other) const {
  TensorImpl& impl = get(*this, "set_data");
  const TensorImpl& source = get(other, "set_data");
  check(!requires_grad() || other.is_floating_point(), "set_data",
        "only Tensors of floating point dtype can require gradients, the new values are ",
        other.scalar_type());
  impl.dtype = source.dtype;
  impl.layout = source.layout;
  impl.contiguous = source.contiguous;
  impl.numel = source.numel;
  impl.data = source.data;
  impl.storage = source.storage;
  impl.base = nullptr;
  impl.view_kind = ViewKind::none;
  if (impl.extras && impl.extras->accumulator) impl.extras->accumulator->describe_leaf();
}

const std::string& Tensor::name() const {
  static const std::string unnamed;
  const TensorImpl& impl = get(*this, "name");
  return impl.extras ? impl.extras->name : unnamed;
}

const Tensor& Tensor::set_name(std::string name) const {
  TensorImpl& impl = get(*this, "set_name");
  TensorExtras& own = impl.make_extras();  // first, so that no name is half given where memory ends
  if (impl.grad_fn) impl.grad_fn->set_output_name(impl.output_nr, name);
  own.name = std::move(name);
  return *this;
}

void Tensor::backward(const Tensor& gradient, optional<bool> retain_graph, bool create_graph) const {
  autograd::backward(*this, gradient, retain_graph, create_graph);
}

void Tensor::backward(const Tensor& gradient, optional<bool> retain_graph, bool create_graph,
                      optional<TensorList> inputs) const {
  check(!inputs.has_value() || !inputs->empty(), "backward", "'inputs' argument to backward cannot be empty");
  autograd::backward(*this, gradient, retain_graph, create_graph, inputs.value_or(TensorList()));
}

}  // namespace frost
