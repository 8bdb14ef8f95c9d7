#include <frost/shape.hpp>

#include <algorithm>
#include <ostream>

namespace frost {

std::string to_text(IntArrayRef values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i)
    text.append(i == 0 ? "" : ", ").append(std::to_string(values[i]));
  return text + "]";
}

std::string to_text(Times times) {
  const IntArrayRef sizes = times.sizes;
  std::string text;
  for (size_t i = 0; i < sizes.size(); ++i) text.append(i == 0 ? "" : "x").append(std::to_string(sizes[i]));
  return text;
}

std::ostream& operator<<(std::ostream& out, IntArrayRef values) { return out << to_text(values); }
std::ostream& operator<<(std::ostream& out, const Dims& dims) { return out << to_text(dims); }

void throw_index_error(size_t index, size_t size) {
  fail("ArrayRef", "Invalid index given to ArrayRef: ", index, " (it has ", size, " elements)");
}

void Dims::insert(size_t at, int64_t value) {
  check_count(count_ + 1);
  for (size_t i = count_; i > at; --i) values_[i] = values_[i - 1];
  values_[at] = value;
  ++count_;
}

void Dims::erase(size_t at) {
  for (size_t i = at + 1; i < count_; ++i) values_[i - 1] = values_[i];
  --count_;
}

int64_t checked_numel(IntArrayRef sizes, std::string_view function) {
  int64_t n = 1, signs = 0;
  bool is_empty = false, overflow = false;
  for (const int64_t size : sizes) {
    signs |= size;
    is_empty |= size == 0;
    overflow |= __builtin_mul_overflow(n, size == 0 ? 1 : size, &n);
  }
  if (signs >= 0 && !overflow) [[likely]]
    return is_empty ? 0 : n;
  for (const int64_t size : sizes)
    check(size >= 0, function, "Trying to create tensor with negative dimension ", size, ": ", sizes);
  fail(function, "the number of elements of sizes ", sizes, " overflows a 64-bit integer",
       is_empty ? ", were it not for a size of 0" : "");
}

Dims contiguous_strides(IntArrayRef sizes) {
  Dims strides(sizes.size(), 1);
  for (size_t i = sizes.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<int64_t>(sizes[i], 1);
  return strides;
}

int64_t wrap_dim(int64_t dim, size_t rank, std::string_view function) {
  const int64_t count = std::max<int64_t>(static_cast<int64_t>(rank), 1);
  check(-count <= dim && dim < count, function, "Dimension out of range (expected to be in range of [",
        -count, ", ", count - 1, "], but got ", dim, ")");
  return dim < 0 ? dim + count : dim;
}

uint32_t dims_mask(IntArrayRef dims, size_t rank, std::string_view function) {
  if (dims.empty()) return (1u << std::max<size_t>(rank, 1)) - 1;
  uint32_t mask = 0;
  for (const int64_t dim : dims) {
    const int64_t wrapped = wrap_dim(dim, rank, function);
    const uint32_t bit = 1u << wrapped;
    check((mask & bit) == 0, function, "dim ", wrapped, " appears multiple times in the list of dims ", dims);
    mask |= bit;
  }
  return mask;
}

Dims broadcast_sizes(IntArrayRef a, IntArrayRef b, std::string_view function) {
  if (a == b) return a;
  const IntArrayRef longer = a.size() >= b.size() ? a : b, shorter = a.size() >= b.size() ? b : a;
  Dims sizes(longer);
  const size_t lead = longer.size() - shorter.size();
  for (size_t i = 0; i < shorter.size(); ++i) {
    const int64_t x = longer[lead + i], y = shorter[i];
    check(x == y || x == 1 || y == 1, function, "The size of tensor a (",
          a[lead + i - (longer.size() - a.size())], ") must match the size of tensor b (",
          b[lead + i - (longer.size() - b.size())], ") at non-singleton dimension ", lead + i, ": shapes ", a,
          " and ", b);
    sizes[lead + i] = x == 1 ? y : x;
  }
  return sizes;
}

bool is_broadcastable_to(IntArrayRef sizes, IntArrayRef target) {
  if (sizes.size() > target.size()) return false;
  const size_t lead = target.size() - sizes.size();
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] != target[lead + i] && sizes[i] != 1) return false;
  return true;
}

Dims infer_sizes(IntArrayRef sizes, int64_t numel, std::string_view function) {
  Dims result(sizes);
  int64_t known = 1;
  size_t unknown = sizes.size();
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1) {
      check(unknown == sizes.size(), function, "only one dimension can be inferred, got ", sizes);
      unknown = i;
      continue;
    }
    check(sizes[i] >= 0, function, "invalid shape dimension ", sizes[i], " in ", sizes);
    check(!__builtin_mul_overflow(known, sizes[i], &known), function, "shape '", sizes,
          "' is invalid for input of size ", numel);
  }
  if (unknown == sizes.size()) {
    check(known == numel, function, "shape '", sizes, "' is invalid for input of size ", numel);
    checked_numel(result, function);
    return result;
  }
  check(known != 0, function, "cannot reshape tensor of ", numel, " elements into shape ", sizes,
        " because the unspecified dimension size -1 can be any value and is ambiguous");
  check(numel % known == 0, function, "shape '", sizes, "' is invalid for input of size ", numel);
  result[unknown] = numel / known;
  return result;
}

bool Layout::is_contiguous() const {
  int64_t expected = 1;
  for (size_t i = rank(); i-- > 0;) {
    if (sizes[i] == 0) return true;
    if (sizes[i] != 1 && strides[i] != expected) expected = -1;
    if (expected >= 0) expected *= sizes[i];
  }
  return expected >= 0;
}

bool Layout::overlaps_itself() const {
  // Sorted by stride, each dimension must step past everything that the smaller ones span.
  size_t order[kMaxDims];
  size_t count = 0;
  for (size_t i = 0; i < rank(); ++i) {
    if (sizes[i] == 0) return false;
    if (sizes[i] == 1) continue;
    size_t place = count++;
    for (; place > 0 && strides[order[place - 1]] > strides[i]; --place) order[place] = order[place - 1];
    order[place] = i;
  }
  int64_t span = 0;
  for (size_t k = 0; k < count; ++k) {
    if (strides[order[k]] <= span) return true;
    span += (sizes[order[k]] - 1) * strides[order[k]];
  }
  return false;
}

Layout Layout::select(int64_t dim, int64_t index) const {
  check(rank() > 0, "select", "select() cannot be applied to a 0-dim tensor.");
  dim = wrap_dim(dim, rank(), "select");
  const int64_t size = sizes[dim];
  check(-size <= index && index < size, "select", "index ", index, " out of range for tensor of size ", sizes,
        " at dimension ", dim);
  Layout view = *this;
  view.offset += (index < 0 ? index + size : index) * strides[dim];
  view.sizes.erase(dim);
  view.strides.erase(dim);
  return view;
}

Layout Layout::slice(int64_t dim, int64_t start, int64_t end, int64_t step) const {
  check(rank() > 0, "slice", "slice() cannot be applied to a 0-dim tensor.");
  dim = wrap_dim(dim, rank(), "slice");
  check(step > 0, "slice", "slice step must be positive, got ", step);
  const int64_t size = sizes[dim];
  if (start < 0) start += size;
  if (end < 0) end += size;
  start = std::clamp<int64_t>(start, 0, size);
  end = std::clamp<int64_t>(end, start, size);
  Layout view = *this;
  view.offset += start * strides[dim];
  view.sizes[dim] = (end - start) / step + ((end - start) % step != 0);
  // Of one element or none it is never taken; it stays where it would overflow, or an offset by it would.
  constexpr int64_t kFarthest = int64_t{1} << 56;
  int64_t stride;
  if (!__builtin_mul_overflow(strides[dim], step, &stride) && stride < kFarthest) view.strides[dim] = stride;
  return view;
}

Layout Layout::narrow(int64_t dim, int64_t start, int64_t length) const {
  check(rank() > 0, "narrow", "narrow() cannot be applied to a 0-dim tensor.");
  dim = wrap_dim(dim, rank(), "narrow");
  const int64_t size = sizes[dim];
  check(-size <= start && start <= size, "narrow", "start (", start, ") is out of range [-", size, ", ", size,
        "] of dimension ", dim);
  if (start < 0) start += size;
  check(length >= 0 && start <= size - length, "narrow", "start (", start, ") + length (", length,
        ") exceeds dimension size (", size, ").");
  return slice(dim, start, start + length, 1);
}

Layout Layout::transpose(int64_t dim0, int64_t dim1) const {
  dim0 = wrap_dim(dim0, rank(), "transpose");
  dim1 = wrap_dim(dim1, rank(), "transpose");
  Layout view = *this;
  if (rank() == 0) return view;
  std::swap(view.sizes[dim0], view.sizes[dim1]);
  std::swap(view.strides[dim0], view.strides[dim1]);
  return view;
}

Layout Layout::permute(IntArrayRef dims) const {
  check(dims.size() == rank(), "permute",
        "number of dimensions in the tensor input does not match the length of the desired ordering of "
        "dimensions i.e. input.dim() = ",
        rank(), " is not equal to len(dims) = ", dims.size());
  Layout view = *this;
  uint32_t seen = 0;
  for (size_t i = 0; i < rank(); ++i) {
    const int64_t from = wrap_dim(dims[i], rank(), "permute");
    check((seen >> from & 1) == 0, "permute", "permute(): duplicate dims are not allowed. Got ", dims);
    seen |= 1u << from;
    view.sizes[i] = sizes[from];
    view.strides[i] = strides[from];
  }
  return view;
}

Layout Layout::expand(IntArrayRef target, std::string_view function) const {
  check(target.size() >= rank(), function, "the number of sizes provided (", target.size(),
        ") must be greater or equal to the number of dimensions in the tensor (", rank(), "): expanding ",
        sizes, " to ", target);
  Layout view{Dims(target), Dims(target.size(), 0), offset};
  const size_t lead = target.size() - rank();
  for (size_t i = target.size(); i-- > 0;) {
    const bool is_new = i < lead;
    if (!is_new && target[i] == -1) view.sizes[i] = sizes[i - lead];
    check(view.sizes[i] >= 0, function, "The expanded size of the tensor (", target[i],
          ") isn't allowed in a leading, non-existing dimension ", i);
    if (is_new) {
      const bool is_last = i + 1 == target.size();
      if (view.sizes[i] == 1) view.strides[i] = is_last ? 1 : view.sizes[i + 1] * view.strides[i + 1];
      continue;
    }
    check(view.sizes[i] == sizes[i - lead] || sizes[i - lead] == 1, function,
          "The expanded size of the tensor (", view.sizes[i], ") must match the existing size (",
          sizes[i - lead], ") at non-singleton dimension ", i, ".  Target sizes: ", target,
          ".  Tensor sizes: ", sizes);
    if (view.sizes[i] == sizes[i - lead]) view.strides[i] = strides[i - lead];
  }
  checked_numel(view.sizes, function);
  return view;
}

Layout Layout::squeeze() const {
  Layout view{{}, {}, offset};
  for (size_t i = 0; i < rank(); ++i) {
    if (sizes[i] == 1) continue;
    view.sizes.push_back(sizes[i]);
    view.strides.push_back(strides[i]);
  }
  return view;
}

Layout Layout::squeeze(int64_t dim) const {
  dim = wrap_dim(dim, rank(), "squeeze");
  Layout view = *this;
  if (rank() > 0 && sizes[dim] == 1) {
    view.sizes.erase(dim);
    view.strides.erase(dim);
  }
  return view;
}

Layout Layout::unsqueeze(int64_t dim) const {
  dim = wrap_dim(dim, rank() + 1, "unsqueeze");
  Layout view = *this;
  const bool is_last = static_cast<size_t>(dim) == rank();
  view.strides.insert(dim, is_last ? 1 : sizes[dim] * strides[dim]);
  view.sizes.insert(dim, 1);
  return view;
}

bool Layout::try_view(IntArrayRef target, Layout& result) const {
  if (is_contiguous()) {
    result = {Dims(target), contiguous_strides(target), offset};
    return true;
  }
  // Walk both shapes from the back: each run of old dimensions that lies evenly in memory is cut into new
  // ones.
  Layout view{Dims(target), Dims(target.size(), 1), offset};
  int64_t to = static_cast<int64_t>(target.size()) - 1;
  int64_t run_stride = rank() == 0 ? 1 : strides.back();
  int64_t run_numel = 1, cut_numel = 1;
  for (int64_t from = static_cast<int64_t>(rank()) - 1; from >= 0; --from) {
    run_numel *= sizes[from];
    const bool run_ends = from == 0 || (sizes[from - 1] != 1 && strides[from - 1] != run_numel * run_stride);
    if (!run_ends) continue;
    while (to >= 0 && (cut_numel < run_numel || target[to] == 1)) {
      view.strides[to] = cut_numel * run_stride;
      cut_numel *= target[to--];
    }
    if (cut_numel != run_numel) return false;
    if (from > 0) {
      run_stride = strides[from - 1];
      run_numel = cut_numel = 1;
    }
  }
  if (to != -1) return false;
  result = view;
  return true;
}

}  // namespace frost
