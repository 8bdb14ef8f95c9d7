#include <frost/kernels/index.hpp>
#include <frost/kernels/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>

namespace frost::kernels {

Picks::Picks(IntArrayRef sizes, IntArrayRef strides, uint32_t dims, size_t at, const int64_t* table,
             int64_t count)
    : rows(table), row_count(count), row_stride(1), inner_stride(1) {
  const auto is_indexed = [dims](size_t d) { return (dims >> d & 1) != 0; };
  size_t others = 0;
  for (size_t d = 0; d < sizes.size(); ++d) others += !is_indexed(d);
  int64_t y_stride = 1;
  bool is_inner = true;
  for (size_t d = sizes.size(); d-- > 0;) {
    if (others == at && is_inner) {
      row_stride = y_stride;
      y_stride *= row_count;
      is_inner = false;
    }
    if (is_indexed(d)) continue;
    --others;
    is_empty = is_empty || sizes[d] == 0;
    if (sizes[d] == 1) continue;
    if (is_inner && outer.rank == 0 && (inner == 1 || strides[d] == inner * inner_stride)) {
      if (inner == 1) inner_stride = strides[d];
      inner *= sizes[d];
    } else {
      outer.add(sizes[d], {y_stride, strides[d]});
    }
    y_stride *= sizes[d];
  }
  if (is_inner) row_stride = y_stride;
}

namespace {

// Calls f(y, x) with the offsets of the first element of each run of `inner`, for the runs [begin, end).
template <class F>
void for_each_run(const Picks& picks, int64_t begin, int64_t end, const F& f) {
  Walk<2> walk(picks.outer, 0, begin / picks.row_count);
  int64_t row = begin % picks.row_count;
  while (begin < end) {
    const int64_t row_end = std::min(picks.row_count, row + end - begin);
    begin += row_end - row;
    for (; row < row_end; ++row) f(walk.offset[0] + row * picks.row_stride, walk.offset[1] + picks.rows[row]);
    row = 0;
    walk.next();
  }
}

int64_t count_runs(const Picks& picks) {
  return picks.is_empty ? 0 : picks.outer.count_from(0) * picks.row_count;
}

// Calls f(y, x, n, stride) for each run of n picks in [begin, end): y their offset in y, x in x, stride that
// of x.
template <class F>
void for_each(const Picks& picks, int64_t begin, int64_t end, const F& f) {
  if (begin >= end) return;
  const int64_t n = picks.inner, stride = picks.inner_stride;
  if (n == 1)  // known to the compiler: no loop
    for_each_run(picks, begin, end, [&f](int64_t y, int64_t x) { f(y, x, 1, 1); });
  else
    for_each_run(picks, begin, end, [&f, n, stride](int64_t y, int64_t x) { f(y, x, n, stride); });
}

}  // namespace

void take(Dtype dtype, const Picks& picks, void* y, const void* x) {
  visit(dtype, [&]<class T>() {
    T* const to = static_cast<T*>(y);
    const T* const from = static_cast<const T*>(x);
    const auto move = [to, from](int64_t i, int64_t j, int64_t n, int64_t stride) {
      if (stride == 1)
        std::memcpy(to + i, from + j, static_cast<size_t>(n) * sizeof(T));
      else
        for (int64_t k = 0; k < n; ++k) to[i + k] = from[j + k * stride];
    };
    parallel_for(count_runs(picks), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, picks.inner)),
                 [&picks, &move](int64_t begin, int64_t end) { for_each(picks, begin, end, move); });
  });
}

void put(Dtype dtype, const Picks& picks, void* x, const void* y) {
  visit(dtype, [&]<class T>() {
    T* const to = static_cast<T*>(x);
    const T* const from = static_cast<const T*>(y);
    for_each(picks, 0, count_runs(picks), [to, from](int64_t i, int64_t j, int64_t n, int64_t stride) {
      if (stride == 1)
        std::memcpy(to + j, from + i, static_cast<size_t>(n) * sizeof(T));
      else
        for (int64_t k = 0; k < n; ++k) to[j + k * stride] = from[i + k];
    });
  });
}

void put(Dtype dtype, const Picks& picks, void* x, Scalar value) {
  visit(dtype, [&]<class T>() {
    T* const to = static_cast<T*>(x);
    const T v = value.to<T>();
    for_each(picks, 0, count_runs(picks), [to, v](int64_t, int64_t j, int64_t n, int64_t stride) {
      for (int64_t k = 0; k < n; ++k) to[j + k * stride] = v;
    });
  });
}

namespace {

template <class T>
T plus(T x, T y) {
  if constexpr (std::is_same_v<T, bool>)
    return x || y;
  else
    return x + y;
}

}  // namespace

void add(Dtype dtype, const Picks& picks, void* x, const void* y) {
  visit(dtype, [&]<class T>() {
    T* const total = static_cast<T*>(x);
    const T* const part = static_cast<const T*>(y);
    for_each(picks, 0, count_runs(picks), [total, part](int64_t i, int64_t j, int64_t n, int64_t stride) {
      T* const __restrict to = total + j;
      const T* const __restrict from = part + i;
      if (stride == 1)
        for (int64_t k = 0; k < n; ++k) to[k] = plus(to[k], from[k]);
      else
        for (int64_t k = 0; k < n; ++k) to[k * stride] = plus(to[k * stride], from[k]);
    });
  });
}

int64_t find_outside(int64_t n, const int64_t* values, int64_t low, int64_t high) {
  const uint64_t count = static_cast<uint64_t>(high - low);
  const auto is_outside = [low, count](int64_t value) {
    return static_cast<uint64_t>(value) - static_cast<uint64_t>(low) >= count;
  };
  bool any = false;
  for (int64_t i = 0; i < n; ++i) any |= is_outside(values[i]);
  return any ? std::find_if(values, values + n, is_outside) - values : -1;
}

void add_offsets(int64_t n, int64_t* offsets, const int64_t* index, IntArrayRef sizes, IntArrayRef strides) {
  const size_t rank = sizes.size();
  const int64_t count = numel(sizes), stride = strides.back();
  bool is_even = true;  // the same step from each element to the next
  for (size_t d = 1; d < rank; ++d) is_even = is_even && strides[d - 1] == sizes[d] * strides[d];
  for (int64_t i = 0; i < n; ++i) {
    int64_t place = index[i] < 0 ? index[i] + count : index[i];
    if (is_even) {
      offsets[i] += place * stride;
      continue;
    }
    for (size_t d = rank; d-- > 0; place /= sizes[d]) offsets[i] += place % sizes[d] * strides[d];
  }
}

int64_t count_true(int64_t n, const bool* values) { return std::count(values, values + n, true); }

void find_true(int64_t n, const bool* values, int64_t* places) {
  for (int64_t i = 0; i < n; ++i) {
    *places = i;
    places += values[i];
  }
}

namespace {

// Indices that are looked at together: checked, then used while they are still near.
constexpr int64_t kPiece = 1024;

// Calls f(i, n, x) for pieces of the index of n elements from the i-th on, whose offsets in x but for that
// along the dim are x, x + step, …; pieces with a value outside are left out. Returns the place of the first
// such value, or -1.
template <class F>
int64_t for_each_piece(const Along& along, bool parallel, const F& f) {
  Loops<1> loops;
  for (size_t d = along.sizes.size(); d-- > 0;)
    if (!loops.add(along.sizes[d], {static_cast<int64_t>(d) == along.dim ? 0 : along.strides[d]})) return -1;
  loops.merge();
  const int64_t inner = loops.rank == 0 ? 1 : loops.sizes[0],
                step = loops.rank == 0 ? 0 : loops.strides[0][0];
  const int64_t pieces = (inner + kPiece - 1) / kPiece, count = loops.count_from(1) * pieces;
  std::atomic<int64_t> outside{INT64_MAX};
  const auto run = [&](int64_t begin, int64_t end) {
    Walk<1> walk(loops, 1, begin / pieces);
    int64_t piece = begin % pieces;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t first = piece * kPiece, n = std::min(kPiece, inner - first);
      const int64_t i = unit / pieces * inner + first, bad = find_outside(n, along.index + i, 0, along.size);
      if (bad < 0) {
        f(i, n, walk.offset[0] + first * step, step);
      } else {
        int64_t before = outside.load();
        while (i + bad < before && !outside.compare_exchange_weak(before, i + bad)) {
        }
      }
      if (++piece == pieces) {
        piece = 0;
        walk.next();
      }
    }
  };
  if (parallel)
    parallel_for(count, std::max<int64_t>(1, kGrain / std::min(inner, kPiece)), run);
  else
    run(0, count);
  return outside == INT64_MAX ? -1 : outside.load();
}

int64_t stride_of(const Along& along) {
  return along.strides.empty() ? 0 : along.strides[static_cast<size_t>(along.dim)];
}

// As for_each_piece, but f(i, x) for each element and its offset.
template <class F>
int64_t for_each_along(const Along& along, bool parallel, const F& f) {
  return for_each_piece(
      along, parallel,
      [&f, index = along.index, stride = stride_of(along)](int64_t i, int64_t n, int64_t x, int64_t step) {
        for (int64_t k = 0; k < n; ++k) f(i + k, x + k * step + index[i + k] * stride);
      });
}

}  // namespace

int64_t gather(Dtype dtype, const Along& along, void* y, const void* x) {
  return visit(dtype, [&]<class T>() {
    return for_each_along(along, true,
                          [to = static_cast<T*>(y), from = static_cast<const T*>(x)](int64_t i, int64_t j) {
                            to[i] = from[j];
                          });
  });
}

int64_t scatter(Dtype dtype, const Along& along, void* x, const void* y) {
  return visit(dtype, [&]<class T>() {
    return for_each_along(along, false,
                          [to = static_cast<T*>(x), from = static_cast<const T*>(y)](int64_t i, int64_t j) {
                            to[j] = from[i];
                          });
  });
}

int64_t scatter(Dtype dtype, const Along& along, void* x, Scalar value) {
  return visit(dtype, [&]<class T>() {
    return for_each_along(along, false,
                          [to = static_cast<T*>(x), v = value.to<T>()](int64_t, int64_t j) { to[j] = v; });
  });
}

int64_t scatter_add(Dtype dtype, const Along& along, void* x, const void* y) {
  return visit(dtype, [&]<class T>() {
    return for_each_along(along, false,
                          [to = static_cast<T*>(x), from = static_cast<const T*>(y)](int64_t i, int64_t j) {
                            to[j] = plus(to[j], from[i]);
                          });
  });
}

int64_t offsets_along(const Along& along, int64_t* offsets) {
  return for_each_along(along, true, [offsets](int64_t i, int64_t j) { offsets[i] = j; });
}

bool find_overwritten(int64_t n, const int64_t* offsets, int64_t* last, bool* overwritten) {
  std::fill(overwritten, overwritten + n, false);
  bool is_rising = true;
  for (int64_t i = 1; i < n; ++i) is_rising &= offsets[i - 1] < offsets[i];
  if (is_rising) return false;
  for (int64_t i = 0; i < n; ++i) last[offsets[i]] = i;
  bool any = false;
  for (int64_t i = 0; i < n; ++i) {
    overwritten[i] = last[offsets[i]] != i;
    any |= overwritten[i];
  }
  return any;
}

}  // namespace frost::kernels
