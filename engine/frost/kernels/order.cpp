#include <frost/kernels/order.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <vector>

namespace frost::kernels {
namespace {

template <class T>
struct Entry {
  T value;
  int64_t index;
};

template <class T>
bool is_nan(T value) {
  return value != value;
}

// Which of two entries comes first where the order rises, and where it falls.
struct Rises {
  template <class T>
  bool operator()(const Entry<T>& a, const Entry<T>& b) const {
    return a.value < b.value || (is_nan(b.value) && !is_nan(a.value));
  }
};
struct Falls {
  template <class T>
  bool operator()(const Entry<T>& a, const Entry<T>& b) const {
    return a.value > b.value || (is_nan(a.value) && !is_nan(b.value));
  }
};

// Sorting costs more per element than the simple loops that kGrain is meant for.
constexpr int64_t kSortGrain = kGrain / 16;

// For each row of x along dim: order(row) puts its entries in order, and the first k are written.
template <class T, class Order>
void order_rows(IntArrayRef sizes, const In& x, int64_t dim, int64_t k, void* values, int64_t* indices,
                const Order& order) {
  const bool is_scalar = sizes.empty();
  const int64_t n = is_scalar ? 1 : sizes[static_cast<size_t>(dim)];
  if (k == 0) return;
  Dims out_sizes(sizes);
  if (!is_scalar) out_sizes[static_cast<size_t>(dim)] = k;
  const Dims out_strides = contiguous_strides(out_sizes);
  Loops<2> others;
  for (size_t d = sizes.size(); d-- > 0;)
    if (static_cast<int64_t>(d) != dim && !others.add(sizes[d], {out_strides[d], x.strides[d]})) return;
  others.merge();
  const int64_t x_step = is_scalar ? 0 : x.strides[static_cast<size_t>(dim)];
  const int64_t out_step = is_scalar ? 0 : out_strides[static_cast<size_t>(dim)];

  parallel_for(others.count_from(0), std::max<int64_t>(1, kSortGrain / n), [&](int64_t begin, int64_t end) {
    std::vector<Entry<T>> row(static_cast<size_t>(n));
    Walk<2> walk(others, 0, begin);
    for (int64_t r = begin; r < end; ++r, walk.next()) {
      const T* from = static_cast<const T*>(x.data) + walk.offset[1];
      for (int64_t i = 0; i < n; ++i) row[static_cast<size_t>(i)] = {from[i * x_step], i};
      order(row);
      T* value = static_cast<T*>(values) + walk.offset[0];
      int64_t* index = indices + walk.offset[0];
      for (int64_t i = 0; i < k; ++i) {
        value[i * out_step] = row[static_cast<size_t>(i)].value;
        index[i * out_step] = row[static_cast<size_t>(i)].index;
      }
    }
  });
}

// Few of many: a heap of k. Otherwise one partition finds them.
template <class T, class Precedes>
void take_first(std::vector<Entry<T>>& row, int64_t k, bool sorted, Precedes precedes) {
  const auto last = row.begin() + (k - 1);
  if (k * 64 <= static_cast<int64_t>(row.size())) {
    std::partial_sort(row.begin(), last + 1, row.end(), precedes);
    return;
  }
  std::nth_element(row.begin(), last, row.end(), precedes);
  if (sorted) std::sort(row.begin(), last, precedes);
}

}  // namespace

void sort(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, bool descending, void* values,
          int64_t* indices) {
  const int64_t n = sizes.empty() ? 1 : sizes[static_cast<size_t>(dim)];
  visit(dtype, [&]<class T>() {
    order_rows<T>(sizes, x, dim, n, values, indices, [descending](std::vector<Entry<T>>& row) {
      if (descending)
        std::stable_sort(row.begin(), row.end(), Falls());
      else
        std::stable_sort(row.begin(), row.end(), Rises());
    });
  });
}

void top_k(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, int64_t k, bool largest, bool sorted,
           void* values, int64_t* indices) {
  visit(dtype, [&]<class T>() {
    order_rows<T>(sizes, x, dim, k, values, indices, [k, largest, sorted](std::vector<Entry<T>>& row) {
      if (largest)
        take_first(row, k, sorted, Falls());
      else
        take_first(row, k, sorted, Rises());
    });
  });
}

}  // namespace frost::kernels
