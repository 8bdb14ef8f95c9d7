// Indexing: index_select, x.index({…}) and x.index_put_({…}, values).
//
// What stands between the brackets is dealt with in two steps, as in libtorch: integers, slices, None and
// "..." make a view, one op each; the tensors that remain pick elements of it (ops/pick.hpp). A bool stands
// for a new dim that is kept once or not at all.
#include <frost/ops/pick.hpp>

#include <limits>

namespace frost {

using indexing::TensorIndex;

indexing::TensorIndex::TensorIndex(const char* text) : kind_(Kind::ellipsis) {
  check(std::string_view(text) == "...", "TensorIndex",
        "Expected \"...\" to represent an ellipsis index, but got \"", text, "\"");
}

namespace {

int64_t count_indexed_dims(ArrayRef<TensorIndex> indices) {
  int64_t count = 0;
  for (const TensorIndex& index : indices) switch (index.kind()) {
      case TensorIndex::Kind::integer:
      case TensorIndex::Kind::slice:
        ++count;
        break;
      case TensorIndex::Kind::tensor:
        count += index.tensor().scalar_type() == kBool ? index.tensor().dim() : 1;
        break;
      default:
        break;
    }
  return count;
}

// What the brackets say of x: a view, and the index tensors that are left to pick from it.
class Viewed {
 public:
  // views_all: a slice that spells out the whole dim makes a view as well.
  Viewed(const Tensor& x, ArrayRef<TensorIndex> indices, bool views_all, std::string_view function)
      : view(x), function_(function), views_all_(views_all) {
    check_defined(x, function, "self");
    check(!indices.empty(), function, "Passing an empty index list to Tensor::", function,
          "() is not valid syntax");
    for (const TensorIndex& index : indices)
      if (index.is_tensor()) check_defined(index.tensor(), function, "indices");
    const TensorIndex* const only = indices.size() == 1 ? &indices[0] : nullptr;
    check(x.dim() > 0 || only == nullptr || !only->is_integer(), function,
          "invalid index of a 0-dim tensor. Use `tensor.item<T>()` to convert a 0-dim tensor to a number");
    const int64_t indexed = count_indexed_dims(indices);
    check(indexed <= x.dim() || (only != nullptr && only->is_slice()), function,
          "too many indices for tensor of dimension ", x.dim());
    whole_dims_ = x.dim() - indexed;
    for (const TensorIndex& index : indices) apply(index);
  }

  Tensor view;  // x itself where nothing but "..." and tensors stood there
  ops::IndexTensors tensors;

 private:
  void apply(const TensorIndex& index) {
    switch (index.kind()) {
      case TensorIndex::Kind::none:
        view = unsqueeze(view, dim_++);
        break;
      case TensorIndex::Kind::ellipsis:
        check(!has_ellipsis_, function_, "an index can only have a single ellipsis ('...')");
        has_ellipsis_ = true;
        dim_ += whole_dims_;
        break;
      case TensorIndex::Kind::integer:
        apply(index.integer());
        break;
      case TensorIndex::Kind::boolean:
        apply(index.boolean());
        break;
      case TensorIndex::Kind::slice:
        apply(index.slice());
        break;
      case TensorIndex::Kind::tensor:
        apply(index.tensor());
        break;
    }
  }

  void apply(int64_t index) {
    const int64_t size = view.size(dim_);
    check(-size <= index && index < size, function_, "index ", index, " is out of bounds for dimension ",
          dim_, " with size ", size);
    view = select(view, dim_, index);
  }

  void apply(bool kept) {
    view = unsqueeze(view, dim_);
    keep(zeros({kept ? 1 : 0}, kLong));
  }

  void apply(const indexing::Slice& part) {
    check(part.step() != 0, function_, "slice step cannot be zero");
    check(part.step() > 0, function_, "step must be greater than zero, got ", part.step());
    const int64_t start = part.start().value_or(0),
                  stop = part.stop().value_or(std::numeric_limits<int64_t>::max());
    if (views_all_ || start != 0 || stop != view.size(dim_) || part.step() != 1)
      view = slice(view, dim_, start, stop, part.step());
    ++dim_;
  }

  void apply(const Tensor& index) {
    check(!index.is_floating_point(), function_,
          "tensors used as indices must be long, byte or bool tensors, not ", index.scalar_type());
    if (index.dim() > 0)
      keep(index);
    else if (index.scalar_type() == kBool)
      apply(index.item().toBool());
    else
      apply(index.item().toLong());
  }

  void keep(const Tensor& index) {
    tensors.resize(static_cast<size_t>(dim_) + 1);
    tensors[static_cast<size_t>(dim_++)] = index;
  }

  std::string_view function_;
  bool views_all_, has_ellipsis_ = false;
  int64_t whole_dims_;  // that "..." stands for
  int64_t dim_ = 0;     // of the view, that the next index speaks of
};

// What is assigned may have more dims than the place it goes to, if they are of size 1 and in front.
Tensor without_leading_ones(const Tensor& x) {
  const IntArrayRef sizes = x.sizes();
  size_t first = 0;
  while (first < sizes.size() && sizes[first] == 1) ++first;
  return first == 0 ? x : x.view(sizes.slice(first));
}

void assign(const Tensor& x, const Tensor& values) {
  if (values.sizes() == x.sizes())
    copy_(x, values);
  else if (values.dim() == 0)
    fill_(x, values);
  else
    copy_(x, without_leading_ones(values).expand(x.sizes()));
}

}  // namespace

Tensor Tensor::index(ArrayRef<TensorIndex> indices) const {
  const Viewed viewed(*this, indices, indices.size() == 1, "index");  // as libtorch does
  if (!viewed.tensors.empty()) return ops::index_by("IndexBackward0", viewed.view, viewed.tensors, "index");
  if (!viewed.view.is_same(*this)) return viewed.view;
  return record("AliasBackward0", view_of(*this, layout()),
                wrt(*this, [](const Tensor& grad_out) { return grad_out; }));
}

Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Tensor& values) {
  check_defined(*this, "index_put_", "self");
  check_defined(values, "index_put_", "values");
  if (indices.size() == 1 && indices[0].is_boolean()) {
    if (indices[0].boolean()) assign(frost::unsqueeze(*this, 0), values);
    return *this;
  }
  const Viewed viewed(*this, indices, false, "index_put_");
  if (viewed.tensors.empty())
    assign(viewed.view, values);
  else
    ops::index_put_by(viewed.view, viewed.tensors, without_leading_ones(values), "index_put_");
  return *this;
}

Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Scalar& value) {
  check_defined(*this, "index_put_", "self");
  return index_put_(indices, scalar_tensor(value, scalar_type()));
}

Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  return index(ArrayRef<TensorIndex>(indices));
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values) {
  return index_put_(ArrayRef<TensorIndex>(indices), values);
}
Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value) {
  return index_put_(ArrayRef<TensorIndex>(indices), value);
}

// y[…, i, …] = x[…, index[i], …]:   grad_x[…, index[i], …] += grad_out[…, i, …]
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index) {
  check_defined(x, "index_select", "self");
  check_defined(index, "index_select", "index");
  dim = wrap_dim(dim, x.layout().rank(), "index_select");
  check(index.dim() <= 1, "index_select", "index_select(): Index is supposed to be a vector, got shape ",
        index.sizes());
  check(index.scalar_type() == kLong, "index_select",
        "index_select(): Expected dtype int32 or int64 for index, got ", index.scalar_type());
  const int64_t n = index.numel(), size = x.dim() == 0 ? 1 : x.size(dim);
  check(x.dim() > 0 || n == 1, "index_select", "Index to scalar can have only 1 value, got ", n, " value(s)");
  const Tensor values = ops::packed(index.dim() == 1 ? index : reshape(index, {1}));
  const int64_t bad = kernels::find_outside(n, values.data_ptr<int64_t>(), 0, size);
  if (bad >= 0)
    fail("index_select", "index out of range in self: index ", values.data_ptr<int64_t>()[bad],
         " for dimension ", dim, " with size ", size);
  if (x.dim() == 0)
    return record("IndexSelectBackward0", ops::values_of(x),
                  wrt(x, [](const Tensor& grad_out) { return grad_out; }));
  ops::IndexTensors indices(static_cast<size_t>(dim) + 1);
  indices.back() = values;
  return ops::index_by("IndexSelectBackward0", x, indices, "index_select");
}

}  // namespace frost
