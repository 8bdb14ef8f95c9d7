#include <frost/ops/pick.hpp>

#include <algorithm>

namespace frost::ops {

Tensor overwritten(const Tensor& offsets, int64_t size) {
  const Tensor lost = empty_tensor(offsets.sizes(), kBool), last = empty_tensor({size}, kLong);
  const bool any = kernels::find_overwritten(offsets.numel(), offsets.data_ptr<int64_t>(),
                                             last.data_ptr<int64_t>(), lost.data_ptr<bool>());
  return any ? lost : Tensor();
}

Tensor values_of(const Tensor& x) {
  const Tensor y = empty_tensor(x.sizes(), x.scalar_type());
  copy_values(y, x);
  return y;
}

namespace {

// Which elements of a tensor are picked, but for the table of their offsets.
struct Picking {
  Dims sizes;         // of the tensor
  uint32_t dims = 0;  // those of its dims that are indexed, by bit
  size_t at = 0;      // how many of the others stand before the dims of the index in the result
  Dims result;        // the sizes of the result

  kernels::Picks in(const Dims& strides, const Tensor& offsets) const {
    return {sizes, strides, dims, at, offsets.data_ptr<int64_t>(), offsets.numel()};
  }
};

// The elements of x that are picked, by their offsets in x as it lies. Plain numbers.
Tensor picked(const Tensor& x, const Picking& picking, const Tensor& offsets) {
  const Tensor y = empty_tensor(picking.result, x.scalar_type(), "index");
  kernels::take(x.scalar_type(), picking.in(x.layout().strides, offsets), y.data_ptr(), x.data_ptr());
  return y;
}

// Writes values, broadcast to the result's sizes, to the elements of x that are picked. Plain numbers.
void put_values(const Tensor& x, const Picking& picking, const Tensor& offsets, const Tensor& values) {
  const kernels::Picks picks = picking.in(x.layout().strides, offsets);
  if (values.numel() == 1) return kernels::put(x.scalar_type(), picks, x.data_ptr(), values.item());
  const Tensor all = alias(values, values.layout().expand(picking.result));
  // Where both lie in one memory, writing x must not change what is still to be read.
  const bool may_overlap = x.impl()->storage == values.impl()->storage;
  const Tensor source = may_overlap ? values_of(all) : packed(all);
  kernels::put(x.scalar_type(), picks, x.data_ptr(), source.data_ptr());
}

// ---- recorded: here the offsets are those in a contiguous tensor ----

Tensor sum_at(const Tensor& y, const Picking& picking, const Tensor& offsets);

// y = the elements of x that are picked:   grad_x = Σ grad_out over the picks of each element
Tensor take(const Tensor& x, const Picking& picking, const Tensor& offsets) {
  return record("IndexBackward0", picked(packed(x), picking, offsets),
                wrt(x, [picking, offsets = Saved(offsets)](const Tensor& grad_out) {
                  return sum_at(grad_out, picking, *offsets);
                }));
}

// x = Σ y over the picks of each element:   grad_y = the elements of grad_out that are picked
Tensor sum_at(const Tensor& y, const Picking& picking, const Tensor& offsets) {
  const Tensor x = zeros(picking.sizes, y.scalar_type()), values = packed(y);
  kernels::add(x.scalar_type(), picking.in(x.layout().strides, offsets), x.data_ptr(), values.data_ptr());
  return record("IndexPutBackward0", x, wrt(y, [picking, offsets = Saved(offsets)](const Tensor& grad_out) {
                  return take(grad_out, picking, *offsets);
                }));
}

// y = x, but the elements that are picked are values; of two writes to one place the last stays:
//   grad_x = grad_out, 0 where it was written over;  grad_values = grad_out's picked elements, 0 for lost
//   writes
Tensor put(const Tensor& x, const Picking& picking, const Tensor& offsets, const Tensor& values) {
  const Tensor y = values_of(x);
  put_values(y, picking, offsets, values);
  return record("IndexPutBackward0", y,
                wrt(x,
                    [picking, offsets = Saved(offsets)](const Tensor& grad_out) {
                      return put(grad_out, picking, *offsets, zeros({}, grad_out.scalar_type()));
                    }),
                wrt(values, [picking, offsets = Saved(offsets)](const Tensor& grad_out) {
                  const Tensor grad = take(grad_out, picking, *offsets);
                  const Tensor lost = overwritten(*offsets, grad_out.numel());
                  if (!lost.defined()) return grad;
                  Dims sizes = lost.layout().sizes;  // then a 1 for each dim after those of the index
                  while (picking.at + sizes.size() < picking.result.size()) sizes.push_back(1);
                  return masked_fill(grad, reshape(lost, sizes), 0);
                }));
}

// ---- from index tensors to offsets ----

// Masks replaced by the indices of their true elements, one tensor per dim of the mask.
IndexTensors without_masks(const Tensor& x, const IndexTensors& indices, std::string_view function) {
  IndexTensors expanded;
  for (const Tensor& index : indices) {
    if (!index.defined() || index.scalar_type() != kBool) {
      expanded.push_back(index);
      continue;
    }
    const size_t at = expanded.size(), rank = index.layout().rank();
    check(at + rank <= x.layout().rank(), function, "too many indices for tensor of dimension ", x.dim());
    for (size_t d = 0; d < rank; ++d)
      check(index.layout().sizes[d] == x.layout().sizes[at + d], function, "The shape of the mask ",
            index.sizes(), " at index ", d, " does not match the shape of the indexed tensor ", x.sizes(),
            " at index ", at + d);
    const Tensor places = nonzero(index);
    for (size_t d = 0; d < rank; ++d) expanded.push_back(select(places, 1, static_cast<int64_t>(d)));
  }
  check(expanded.size() <= x.layout().rank(), function, "too many indices for tensor of dimension ", x.dim(),
        " (got ", expanded.size(), ")");
  return expanded;
}

// The sizes that all the indices broadcast to.
Dims common_sizes(const IndexTensors& indices, std::string_view function) {
  Dims sizes;
  std::string shapes;
  bool fits = true;
  for (const Tensor& index : indices) {
    if (!index.defined()) continue;
    const Dims& others = index.layout().sizes;
    while (sizes.size() < others.size()) sizes.insert(0, 1);
    for (size_t i = sizes.size() - others.size(), k = 0; k < others.size(); ++i, ++k) {
      fits = fits && (sizes[i] == others[k] || sizes[i] == 1 || others[k] == 1);
      if (sizes[i] == 1) sizes[i] = others[k];
    }
  }
  if (fits) return sizes;
  for (const Tensor& index : indices)
    if (index.defined()) shapes += (shapes.empty() ? "" : ", ") + to_text(index.sizes());
  fail(function, "shape mismatch: indexing tensors could not be broadcast together with shapes ", shapes);
}

// The index's values in contiguous memory, broadcast to `sizes`, each in [-size, size).
Tensor checked_index(const Tensor& index, const Dims& sizes, size_t dim, int64_t size,
                     std::string_view function) {
  const Tensor own = packed(index);
  const int64_t* const values = own.data_ptr<int64_t>();
  const int64_t n = own.numel(), bad = kernels::find_outside(n, values, -size, size);
  check(n == 0 || size > 0, function, "index is out of bounds for dimension with size 0 (dimension ", dim,
        ")");
  if (bad != n)
    fail(function, "index ", values[bad], " is out of bounds for dimension ", dim, " with size ", size);
  return own.layout().sizes == sizes ? own : packed(own.expand(sizes));
}

// What the index tensors pick of x. Everything about them is checked when one is made.
class Selection {
 public:
  Selection(const Tensor& x, const IndexTensors& indices, std::string_view function)
      : indices_(without_masks(x, indices, function)), index_sizes_(common_sizes(indices_, function)) {
    picking.sizes = x.layout().sizes;
    size_t first = kMaxDims, last = 0, count = 0;  // of the dims that are indexed
    for (size_t d = 0; d < indices_.size(); ++d) {
      if (!indices_[d].defined()) continue;
      indices_[d] = checked_index(indices_[d], index_sizes_, d, picking.sizes[d], function);
      picking.dims |= 1u << d;
      first = std::min(first, d);
      last = d;
      ++count;
    }
    picking.at = last - first + 1 == count ? first : 0;
    for (size_t d = 0; d < picking.sizes.size(); ++d)
      if ((picking.dims >> d & 1) == 0) picking.result.push_back(picking.sizes[d]);
    for (size_t i = 0; i < index_sizes_.size(); ++i) picking.result.insert(picking.at + i, index_sizes_[i]);
  }

  // Where the picked elements lie in a tensor of these strides.
  Tensor offsets(const Dims& strides) const {
    const Tensor table = zeros(index_sizes_, kLong);
    for (size_t d = 0; d < indices_.size(); ++d)
      if (indices_[d].defined())
        kernels::add_offsets(table.numel(), table.data_ptr<int64_t>(), indices_[d].data_ptr<int64_t>(),
                             picking.sizes[d], strides[d]);
    return table;
  }

  Picking picking;

 private:
  IndexTensors indices_;
  Dims index_sizes_;
};

}  // namespace

Tensor index_by(const char* name, const Tensor& x, const IndexTensors& indices, std::string_view function) {
  const Selection selection(x, indices, function);
  const Tensor own = selection.offsets(x.layout().strides);
  const Tensor y = picked(x, selection.picking, own);
  if (!is_recorded(x)) return y;
  const Tensor offsets = x.is_contiguous() ? own : selection.offsets(contiguous_strides(x.sizes()));
  return record(name, y,
                wrt(x, [picking = selection.picking, offsets = Saved(offsets)](const Tensor& grad_out) {
                  return sum_at(grad_out, picking, *offsets);
                }));
}

void index_put_by(const Tensor& x, const IndexTensors& indices, const Tensor& values,
                  std::string_view function) {
  const Selection selection(x, indices, function);
  check(x.scalar_type() == values.scalar_type(), function,
        "Index put requires the source and destination dtypes match, got ", x.scalar_type(),
        " for the destination and ", values.scalar_type(), " for the source.");
  check(is_broadcastable_to(values.sizes(), selection.picking.result), function,
        "shape mismatch: value tensor of shape ", values.sizes(),
        " cannot be broadcast to indexing result of shape ", selection.picking.result);
  const bool recorded = is_recorded(x, values);
  check_in_place(x, function, recorded);
  if (recorded) {
    const Tensor offsets = selection.offsets(contiguous_strides(x.sizes()));
    write_in_place(x, put(x, selection.picking, offsets, values), function);
    return;
  }
  put_values(x, selection.picking, selection.offsets(x.layout().strides), values);
  x.impl()->storage->bump_version();
}

}  // namespace frost::ops
