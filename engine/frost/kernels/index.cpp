#include <frost/kernels/index.hpp>
#include <frost/kernels/parallel.hpp>

#include <algorithm>

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

// Calls f(y, x) with the offsets of each pick of the runs [begin, end), in order. Single elements and runs
// without gaps have loops of their own.
template <class F>
void for_each(const Picks& picks, int64_t begin, int64_t end, const F& f) {
  if (begin >= end) return;
  const int64_t inner = picks.inner, stride = picks.inner_stride;
  if (inner == 1) return for_each_run(picks, begin, end, f);
  for_each_run(picks, begin, end, [&f, inner, stride](int64_t y, int64_t x) {
    if (stride == 1)
      for (int64_t i = 0; i < inner; ++i) f(y + i, x + i);
    else
      for (int64_t i = 0; i < inner; ++i) f(y + i, x + i * stride);
  });
}

}  // namespace

void take(Dtype dtype, const Picks& picks, void* y, const void* x) {
  visit(dtype, [&]<class T>() {
    T* const __restrict to = static_cast<T*>(y);
    const T* const __restrict from = static_cast<const T*>(x);
    parallel_for(count_runs(picks), std::max<int64_t>(1, kGrain / std::max<int64_t>(1, picks.inner)),
                 [&picks, to, from](int64_t begin, int64_t end) {
                   for_each(picks, begin, end, [to, from](int64_t i, int64_t j) { to[i] = from[j]; });
                 });
  });
}

void put(Dtype dtype, const Picks& picks, void* x, const void* y) {
  visit(dtype, [&]<class T>() {
    T* const __restrict to = static_cast<T*>(x);
    const T* const __restrict from = static_cast<const T*>(y);
    for_each(picks, 0, count_runs(picks), [to, from](int64_t i, int64_t j) { to[j] = from[i]; });
  });
}

void put(Dtype dtype, const Picks& picks, void* x, Scalar value) {
  visit(dtype, [&]<class T>() {
    T* const to = static_cast<T*>(x);
    for_each(picks, 0, count_runs(picks), [to, v = value.to<T>()](int64_t, int64_t j) { to[j] = v; });
  });
}

void add(Dtype dtype, const Picks& picks, void* x, const void* y) {
  visit(dtype, [&]<class T>() {
    T* const __restrict to = static_cast<T*>(x);
    const T* const __restrict from = static_cast<const T*>(y);
    for_each(picks, 0, count_runs(picks), [to, from](int64_t i, int64_t j) {
      if constexpr (std::is_same_v<T, bool>)
        to[j] = to[j] || from[i];
      else
        to[j] += from[i];
    });
  });
}

int64_t find_outside(int64_t n, const int64_t* values, int64_t low, int64_t high) {
  bool any = false;
  for (int64_t i = 0; i < n; ++i) any |= (values[i] < low) | (values[i] >= high);
  if (!any) return n;
  return std::find_if(values, values + n,
                      [low, high](int64_t value) { return value < low || value >= high; }) -
         values;
}

void add_offsets(int64_t n, int64_t* offsets, const int64_t* index, int64_t size, int64_t stride) {
  for (int64_t i = 0; i < n; ++i) offsets[i] += (index[i] < 0 ? index[i] + size : index[i]) * stride;
}

void offsets_along(IntArrayRef sizes, IntArrayRef strides, int64_t dim, const int64_t* index,
                   int64_t* offsets) {
  Loops<1> loops;
  for (size_t d = sizes.size(); d-- > 0;)
    if (!loops.add(sizes[d], {static_cast<int64_t>(d) == dim ? 0 : strides[d]})) return;
  loops.merge();
  const int64_t inner = loops.rank == 0 ? 1 : loops.sizes[0],
                step = loops.rank == 0 ? 0 : loops.strides[0][0];
  const int64_t stride = strides.empty() ? 0 : strides[static_cast<size_t>(dim)];
  const int64_t outer = loops.count_from(1);
  Walk<1> walk(loops, 1, 0);
  for (int64_t o = 0; o < outer; ++o, walk.next())
    for (int64_t i = 0; i < inner; ++i) *offsets++ = walk.offset[0] + i * step + *index++ * stride;
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
