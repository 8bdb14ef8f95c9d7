// Sizes, strides and the arithmetic of strided views. No data here: everything works on plain numbers.
#pragma once

#include <frost/array_ref.hpp>
#include <frost/error.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace frost {

// The most dimensions a tensor can have. Sizes and strides stand inline in a tensor, so that making one
// allocates nothing for them.
constexpr size_t kMaxDims = 8;

// A list of at most kMaxDims numbers, by value: sizes or strides.
class Dims {
 public:
  Dims() = default;
  Dims(const Dims& other) noexcept { copy(other); }
  Dims& operator=(const Dims& other) noexcept {
    copy(other);
    return *this;
  }
  Dims(IntArrayRef values) {
    check_count(values.size());
    copy(values);
  }
  Dims(std::initializer_list<int64_t> values) : Dims(IntArrayRef(values)) {}
  Dims(size_t count, int64_t value) {
    check_count(count);
    count_ = count;
    for (size_t i = 0; i < kMaxDims && i < count_; ++i) values_[i] = value;
  }

  operator IntArrayRef() const { return {values_, count_}; }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  int64_t& operator[](size_t i) { return values_[i]; }
  int64_t operator[](size_t i) const { return values_[i]; }
  int64_t* begin() { return values_; }
  int64_t* end() { return values_ + count_; }
  const int64_t* begin() const { return values_; }
  const int64_t* end() const { return values_ + count_; }
  int64_t back() const { return values_[count_ - 1]; }

  void push_back(int64_t value) { insert(count_, value); }
  void insert(size_t at, int64_t value);
  void erase(size_t at);

  friend bool operator==(const Dims& a, const Dims& b) { return IntArrayRef(a).equals(b); }

 private:
  static void check_count(size_t count) {
    check(count <= kMaxDims, "shape", "a tensor has at most ", kMaxDims, " dimensions, got ", count);
  }

  // One by one: a wide move would have to wait for the narrow stores that came just before.
  void copy(IntArrayRef values) noexcept {
    count_ = values.size();
    for (size_t i = 0; i < kMaxDims && i < count_; ++i) values_[i] = values[i];
  }

  size_t count_ = 0;
  int64_t values_[kMaxDims] = {};
};

inline std::string to_text(const Dims& dims) { return to_text(IntArrayRef(dims)); }
std::ostream& operator<<(std::ostream& out, const Dims& dims);
// In a message: sizes as "2x3".
struct Times {
  IntArrayRef sizes;
};
std::string to_text(Times sizes);

// The number of elements, ∏ sizes; an error naming `function` where a size is negative or the product
// overflows.
int64_t checked_numel(IntArrayRef sizes, std::string_view function);
inline int64_t numel(IntArrayRef sizes) {
  int64_t n = 1;
  for (const int64_t size : sizes) n *= size;
  return n;
}

// Row-major strides, in elements: the last dimension's is 1.
Dims contiguous_strides(IntArrayRef sizes);

// dim counted from the end where negative: in [0, rank). A 0-dim tensor accepts -1 and 0, as in libtorch.
int64_t wrap_dim(int64_t dim, size_t rank, std::string_view function);

// The dims, each wrapped, as a set of bits; an error where one is named twice. An empty list means every dim.
uint32_t dims_mask(IntArrayRef dims, size_t rank, std::string_view function);

// The sizes that both broadcast to: aligned at the last dimension, a size of 1 stretches.
Dims broadcast_sizes(IntArrayRef a, IntArrayRef b, std::string_view function);
bool is_broadcastable_to(IntArrayRef sizes, IntArrayRef target);

// `sizes` with its one -1 replaced so that it holds `numel` elements.
Dims infer_sizes(IntArrayRef sizes, int64_t numel, std::string_view function);

// Where the elements of a tensor lie in its storage: element (i, j, …) is at offset + i·strides[0] +
// j·strides[1] + … Each view is a layout made from another; the functions check their arguments and name
// `function` in errors.
struct Layout {
  Dims sizes;
  Dims strides;
  int64_t offset = 0;

  static Layout contiguous(IntArrayRef sizes) { return {Dims(sizes), contiguous_strides(sizes), 0}; }

  size_t rank() const { return sizes.size(); }
  int64_t numel() const { return frost::numel(sizes); }
  bool is_contiguous() const;
  bool overlaps_itself() const;  // two elements may lie at one place (as after expand)

  Layout select(int64_t dim, int64_t index) const;
  Layout slice(int64_t dim, int64_t start, int64_t end, int64_t step) const;  // Python's slice
  Layout narrow(int64_t dim, int64_t start, int64_t length) const;
  Layout transpose(int64_t dim0, int64_t dim1) const;
  Layout permute(IntArrayRef dims) const;
  Layout expand(IntArrayRef sizes, std::string_view function = "expand") const;  // -1 keeps a size
  Layout squeeze() const;
  Layout squeeze(int64_t dim) const;
  Layout unsqueeze(int64_t dim) const;

  // Sets `result` to this layout seen with other sizes (whose product must be numel()); false where that
  // takes a copy.
  bool try_view(IntArrayRef sizes, Layout& result) const;
};
// So that vectors of what holds one move their elements.
static_assert(std::is_nothrow_move_constructible_v<Layout>);

}  // namespace frost
