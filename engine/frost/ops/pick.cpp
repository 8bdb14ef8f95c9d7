#include <frost/ops/pick.hpp>

#include <algorithm>

namespace frost::ops {

Tensor overwritten(const Tensor& offsets, int64_t size) {
  const Tensor lost = empty_tensor(offsets.sizes(), kBool), last = empty_tensor({size}, kLong);
  const bool any = kernels::find_overwritten(offsets.numel(), offsets.data_ptr<int64_t>(),
                                             last.data_ptr<int64_t>(), lost.data_ptr<bool>());
  return any ? lost : Tensor();
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

// What the index tensors pick of x. Everything about them is checked when one is made.
class Selection {
 public:
  Selection(const Tensor& x, const IndexTensors& indices, std::string_view function) : function_(function) {
    picking.sizes = x.layout().sizes;
    for (const Tensor& index : indices) place(index);
    find_common_sizes();
    for (Entry& entry : entries_) {
      if (!entry.is_mask) check_values(entry);
      if (!(entry.index.layout().sizes == index_sizes_))
        entry.index = marked(packed(entry.index.expand(index_sizes_)), entry.index);
    }
    find_result();
  }

  // Where the picked elements lie in a tensor of these strides.
  Tensor offsets(const Dims& strides) const {
    const Entry& first = entries_[0];
    const Dims packed_strides = contiguous_strides(part_of(picking.sizes, first));
    if (first.is_mask && entries_.size() == 1 && part_of(strides, first).equals(packed_strides))
      return first.index;
    const Tensor table = zeros(index_sizes_, kLong);
    for (const Entry& entry : entries_) marked(table, entry.index);
    for (const Entry& entry : entries_)
      kernels::add_offsets(table.numel(), table.data_ptr<int64_t>(), entry.index.data_ptr<int64_t>(),
                           part_of(picking.sizes, entry), part_of(strides, entry));
    return table;
  }

  Picking picking;

 private:
  // Long, contiguous: indices into one dim, or those of a mask's true elements into all its dims, seen as
  // one.
  struct Entry {
    Tensor index;
    size_t dim, rank;
    bool is_mask;
  };

  static IntArrayRef part_of(IntArrayRef dims, const Entry& entry) {
    return dims.slice(entry.dim, entry.rank);
  }

  void place(const Tensor& index) {
    const bool is_mask = index.defined() && index.scalar_type() == kBool;
    const size_t dim = next_dim_, rank = is_mask ? index.layout().rank() : 1;
    next_dim_ += rank;
    check(next_dim_ <= picking.sizes.size(), function_, "too many indices for tensor of dimension ",
          picking.sizes.size());
    if (!index.defined()) return;
    for (size_t d = 0; d < rank && is_mask; ++d)
      check(index.layout().sizes[d] == picking.sizes[dim + d], function_, "The shape of the mask ",
            index.sizes(), " at index ", d, " does not match the shape of the indexed tensor ", picking.sizes,
            " at index ", dim + d);
    entries_.push_back({marked(is_mask ? places_of(index) : packed(index), index), dim, rank, is_mask});
    for (size_t d = 0; d < rank; ++d) picking.dims |= 1u << (dim + d);
  }

  static Tensor places_of(const Tensor& mask) {
    const Tensor own = packed(mask);
    const bool* const values = own.data_ptr<bool>();
    const int64_t count = kernels::count_true(own.numel(), values);
    const Tensor places = empty_tensor({count + 1}, kLong);
    kernels::find_true(own.numel(), values, places.data_ptr<int64_t>());
    return alias(places, Layout::contiguous({count}));
  }

  void find_common_sizes() {
    bool fits = true;
    for (const Entry& entry : entries_) {
      const Dims& sizes = entry.index.layout().sizes;
      while (index_sizes_.size() < sizes.size()) index_sizes_.insert(0, 1);
      for (size_t i = index_sizes_.size() - sizes.size(), k = 0; k < sizes.size(); ++i, ++k) {
        fits = fits && (index_sizes_[i] == sizes[k] || index_sizes_[i] == 1 || sizes[k] == 1);
        if (index_sizes_[i] == 1) index_sizes_[i] = sizes[k];
      }
    }
    if (fits) return;
    std::string shapes;
    for (const Entry& entry : entries_)
      for (size_t d = 0; d < entry.rank; ++d)
        shapes += (shapes.empty() ? "" : ", ") + to_text(entry.index.sizes());
    fail(function_, "shape mismatch: indexing tensors could not be broadcast together with shapes ", shapes);
  }

  void check_values(const Entry& entry) const {
    const int64_t* const values = entry.index.data_ptr<int64_t>();
    const int64_t n = entry.index.numel(), size = picking.sizes[entry.dim];
    check(n == 0 || size > 0, function_, "index is out of bounds for dimension with size 0 (dimension ",
          entry.dim, ")");
    const int64_t bad = kernels::find_outside(n, values, -size, size);
    if (bad >= 0)
      fail(function_, "index ", values[bad], " is out of bounds for dimension ", entry.dim, " with size ",
           size);
  }

  void find_result() {
    bool together = true;
    for (size_t i = 1; i < entries_.size(); ++i)
      together = together && entries_[i].dim == entries_[i - 1].dim + entries_[i - 1].rank;
    picking.at = together ? entries_[0].dim : 0;
    for (size_t d = 0; d < picking.sizes.size(); ++d)
      if ((picking.dims >> d & 1) == 0) picking.result.push_back(picking.sizes[d]);
    for (size_t i = 0; i < index_sizes_.size(); ++i) picking.result.insert(picking.at + i, index_sizes_[i]);
  }

  std::string_view function_;
  std::vector<Entry> entries_;
  Dims index_sizes_;
  size_t next_dim_ = 0;
};

}  // namespace

Tensor index_by(const char* name, const Tensor& x, const IndexTensors& indices, std::string_view function) {
  const Selection selection(x, indices, function);
  const Tensor own = selection.offsets(x.layout().strides);
  const Tensor y = picked(x, selection.picking, own);
  if (!is_recorded(x)) return marked(y, x, own);
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
