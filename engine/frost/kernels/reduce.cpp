#include <frost/kernels/parallel.hpp>
#include <frost/kernels/reduce.hpp>
#include <frost/kernels/rows.hpp>
#include <frost/kernels/strided.hpp>

#include <algorithm>
#include <cstring>

namespace frost::kernels {
namespace {

constexpr int64_t kBlock = 512;       // elements packed at a time
constexpr int64_t kColumnBlock = 64;  // columns reduced at a time
constexpr int kLevels = 48;

const char* at(const void* data, int64_t elements, size_t size) {
  return static_cast<const char*>(data) + elements * static_cast<int64_t>(size);
}
char* at(void* data, int64_t elements, size_t size) {
  return static_cast<char*>(data) + elements * static_cast<int64_t>(size);
}

// x seen as outputs, each a reduction of a nest of loops.
struct Geometry {
  Loops<2> kept;     // of the output, which is contiguous, and of x
  Loops<1> reduced;  // of x
  int64_t outputs = 1;
  int64_t count = 1;  // elements per output

  Geometry(IntArrayRef sizes, const Dims& strides, uint32_t dims) {
    for (size_t d = sizes.size(); d-- > 0;) {
      if ((dims >> d & 1) != 0) {
        count *= sizes[d];
        reduced.add(sizes[d], {strides[d]});
      } else {
        kept.add(sizes[d], {outputs, strides[d]});
        outputs *= sizes[d];
      }
    }
    kept.merge();
    if (count == 0 || outputs == 0) return;
    reduced.sort_by(0);
    reduced.merge();
  }
};

// Partial results put together pairwise, as a binary counter carries: in an order that their number alone
// decides. Each is `width` elements, which `combine` works on.
class Cascade {
 public:
  Cascade(Rows::Elementwise combine, int64_t width, size_t size)
      : combine_(combine), width_(width), size_(size) {}

  void add(char* partial) {
    int level = 0;
    for (; (count_ >> level & 1) != 0; ++level) join(partial, levels_[level]);
    std::memcpy(levels_[level], partial, bytes());
    ++count_;
  }
  void finish(char* out) {
    bool first = true;
    for (int level = 0; count_ >> level != 0; ++level) {
      if ((count_ >> level & 1) == 0) continue;
      if (first)
        std::memcpy(out, levels_[level], bytes());
      else
        join(out, levels_[level]);
      first = false;
    }
  }

 private:
  size_t bytes() const { return static_cast<size_t>(width_) * size_; }
  void join(char* later, const char* earlier) const {
    const RowIn in[2] = {{earlier, 1}, {later, 1}};
    combine_(width_, later, in);
  }

  Rows::Elementwise combine_;
  int64_t width_;
  size_t size_;
  int64_t count_ = 0;
  alignas(64) char levels_[kLevels][kColumnBlock * sizeof(double)];
};

// What a reduction does to a run of elements, to a block of columns, and to two partial results.
struct Reducer {
  size_t size;  // of an element
  Rows::Elementwise combine;
  Rows::ReduceRow row;
  Rows::ReduceColumns columns;
  // For the deviations only: the means, one per output.
  const void* means = nullptr;
  void (*deviations_row)(int64_t, void*, const void*, const void*) = nullptr;
  void (*deviations_columns)(int64_t, int64_t, int64_t, void*, const void*, const void*) = nullptr;

  void reduce_row(int64_t n, void* out, const void* x, int64_t output) const {
    if (means != nullptr)
      deviations_row(n, out, x, at(means, output, size));
    else
      row(n, out, x);
  }
  void reduce_columns(int64_t n, int64_t stride, int64_t columns_count, void* out, const void* x,
                      int64_t output) const {
    if (means != nullptr)
      deviations_columns(n, stride, columns_count, out, x, at(means, output, size));
    else
      columns(n, stride, columns_count, out, x);
  }
};

// One output whose elements begin at x.
void reduce_one(const Reducer& reducer, const Geometry& geometry, const char* x, int64_t output, char* out) {
  const int64_t inner = geometry.reduced.rank == 0 ? 1 : geometry.reduced.sizes[0];
  const int64_t stride = geometry.reduced.rank == 0 ? 1 : geometry.reduced.strides[0][0];
  if (stride == 1 && inner == geometry.count) return reducer.reduce_row(inner, out, x, output);

  Cascade cascade(reducer.combine, 1, reducer.size);
  alignas(8) char partial[sizeof(double)];
  if (stride == 1 && inner >= 16) {
    Walk<1> rows_walk(geometry.reduced, 1, 0);
    for (int64_t i = 0; i < geometry.count; i += inner, rows_walk.next()) {
      reducer.reduce_row(inner, partial, at(static_cast<const void*>(x), rows_walk.offset[0], reducer.size),
                         output);
      cascade.add(partial);
    }
    return cascade.finish(out);
  }
  alignas(64) char packed[kBlock * sizeof(double)];
  int64_t filled = 0, inner_done = 0;
  Walk<1> runs(geometry.reduced, 1, 0);
  for (int64_t done = 0; done < geometry.count;) {
    const int64_t n = std::min(inner - inner_done, kBlock - filled);
    gather(n, reducer.size, packed + static_cast<size_t>(filled) * reducer.size,
           at(static_cast<const void*>(x), runs.offset[0] + inner_done * stride, reducer.size), stride);
    filled += n;
    done += n;
    inner_done += n;
    if (inner_done == inner) {
      inner_done = 0;
      runs.next();
    }
    if (filled == kBlock || done == geometry.count) {
      reducer.reduce_row(filled, partial, packed, output);
      if (filled == geometry.count) {
        std::memcpy(out, partial, reducer.size);  // one block was all
        return;
      }
      cascade.add(partial);
      filled = 0;
    }
  }
  cascade.finish(out);
}

// A block of neighbouring outputs whose elements are neighbours too.
void reduce_block(const Reducer& reducer, const Geometry& geometry, const char* x, int64_t output,
                  int64_t columns, char* out) {
  const bool one_row = geometry.reduced.rank == 0;
  const int64_t inner = one_row ? 1 : geometry.reduced.sizes[0];
  const int64_t stride = one_row ? 0 : geometry.reduced.strides[0][0];
  if (inner == geometry.count) return reducer.reduce_columns(inner, stride, columns, out, x, output);
  Cascade cascade(reducer.combine, columns, reducer.size);
  alignas(64) char partial[kColumnBlock * sizeof(double)];
  Walk<1> walk(geometry.reduced, 1, 0);
  for (int64_t i = 0; i < geometry.count; i += inner, walk.next()) {
    reducer.reduce_columns(inner, stride, columns, partial,
                           at(static_cast<const void*>(x), walk.offset[0], reducer.size), output);
    cascade.add(partial);
  }
  cascade.finish(out);
}

void run(const Reducer& reducer, const Geometry& geometry, const void* x, void* out) {
  const bool columns = geometry.kept.rank > 0 && geometry.kept.strides[0][1] == 1 &&
                       (geometry.reduced.rank == 0 || geometry.reduced.strides[0][0] != 1);
  const int64_t inner = columns ? geometry.kept.sizes[0] : 1;
  const int64_t blocks = columns ? (inner + kColumnBlock - 1) / kColumnBlock : 1;
  const int64_t units = geometry.outputs / inner * blocks;
  const int64_t unit_size = geometry.count * (columns ? std::min(inner, kColumnBlock) : 1);
  parallel_for(units, std::max<int64_t>(1, kGrain / unit_size), [&](int64_t begin, int64_t end) {
    Walk<2> walk(geometry.kept, columns ? 1 : 0, begin / blocks);
    int64_t block = begin % blocks;
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t first = block * kColumnBlock;
      const int64_t output = walk.offset[0] + first;
      const char* from = at(x, walk.offset[1] + first, reducer.size);
      char* to = at(out, output, reducer.size);
      if (columns)
        reduce_block(reducer, geometry, from, output, std::min(kColumnBlock, inner - first), to);
      else
        reduce_one(reducer, geometry, from, output, to);
      if (++block == blocks) {
        block = 0;
        walk.next();
      }
    }
  });
}

// What `op` does to two partial results.
Binary combination_of(Reduce op) {
  switch (op) {
    case Reduce::sum:
      return Binary::add;
    case Reduce::prod:
      return Binary::mul;
    case Reduce::max:
      return Binary::maximum;
    case Reduce::min:
      return Binary::minimum;
    case Reduce::all:
      return Binary::mul;
    default:
      return Binary::add;
  }
}

// One long run, with no outputs to share among threads: cut in pieces of fixed length, put together in order.
constexpr int64_t kPiece = 1 << 16;
bool reduce_long_run(const Reducer& reducer, const Geometry& geometry, const void* x, void* out) {
  constexpr int64_t most = 512;
  if (geometry.outputs != 1 || reducer.means != nullptr || geometry.reduced.rank != 1 ||
      geometry.reduced.strides[0][0] != 1 || geometry.count < 2 * kPiece)
    return false;
  const int64_t length = std::max(kPiece, (geometry.count + most - 1) / most);
  const int64_t pieces = (geometry.count + length - 1) / length;
  alignas(64) char partials[most * sizeof(double)];
  parallel_for(pieces, 1, [&](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece)
      reducer.row(std::min(length, geometry.count - piece * length), at(partials, piece, reducer.size),
                  at(x, piece * length, reducer.size));
  });
  reducer.row(pieces, out, partials);
  return true;
}

template <class T>
void extremum_of(Extremum op, const Loops<2>& kept, int64_t outputs, int64_t n, int64_t stride, const T* x,
                 T* values, int64_t* indices) {
  const bool columns = kept.rank > 0 && kept.strides[0][1] == 1 && stride != 1;
  const int64_t inner = columns ? kept.sizes[0] : 1;
  const int64_t blocks = (inner + kColumnBlock - 1) / kColumnBlock;
  const Rows::ReduceRow reduce_row =
      rows().reduce_row[index_of(op == Extremum::max ? Reduce::max : Reduce::min)][index_of(dtype_of<T>)];
  const auto beats = [op](T candidate, T best) {
    return candidate != candidate
               ? best == best
               : best == best && (op == Extremum::max ? candidate > best : candidate < best);
  };
  parallel_for(outputs / inner * blocks, std::max<int64_t>(1, kGrain / (n * std::min(inner, kColumnBlock))),
               [&](int64_t begin, int64_t end) {
                 Walk<2> walk(kept, columns ? 1 : 0, begin / blocks);
                 int64_t block = begin % blocks;
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t first = block * kColumnBlock, width = std::min(kColumnBlock, inner - first);
                   const T* from = x + walk.offset[1] + first;
                   T* value = values + walk.offset[0] + first;
                   int64_t* index = indices + walk.offset[0] + first;
                   if (stride == 1) {  // the value by vectors, then where it stands
                     reduce_row(n, value, from);
                     int64_t i = 0;
                     if (*value == *value)
                       while (from[i] != *value) ++i;
                     else
                       while (from[i] == from[i]) ++i;
                     *value = from[i];
                     *index = i;
                   } else {
                     for (int64_t j = 0; j < width; ++j) {
                       value[j] = from[j];
                       index[j] = 0;
                     }
                     for (int64_t i = 1; i < n; ++i) {
                       const T* row = from + i * stride;
                       for (int64_t j = 0; j < width; ++j) {
                         const bool better = beats(row[j], value[j]);
                         value[j] = better ? row[j] : value[j];
                         index[j] = better ? i : index[j];
                       }
                     }
                   }
                   if (++block == blocks) {
                     block = 0;
                     walk.next();
                   }
                 }
               });
}

// Sums run in double for float, and without sign for int64, where wrapping around is defined.
template <class T>
using Running = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// x and out of one nest of loops beside `dim`.
template <class T>
void cumsum_of(const Loops<2>& others, int64_t n, int64_t x_stride, int64_t out_stride, const T* x, T* out) {
  const bool columns = others.rank > 0 && others.strides[0][0] == 1 && others.strides[0][1] == 1;
  const int64_t inner = columns ? others.sizes[0] : 1;
  const int64_t blocks = (inner + kColumnBlock - 1) / kColumnBlock;
  const int64_t units = others.count_from(columns ? 1 : 0) * blocks;
  parallel_for(units, std::max<int64_t>(1, kGrain / (n * std::min(inner, kColumnBlock))),
               [&](int64_t begin, int64_t end) {
                 Walk<2> walk(others, columns ? 1 : 0, begin / blocks);
                 int64_t block = begin % blocks;
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t first = block * kColumnBlock, width = std::min(kColumnBlock, inner - first);
                   T* to = out + walk.offset[0] + first;
                   const T* from = x + walk.offset[1] + first;
                   if (width == 1) {
                     Running<T> sum = 0;
                     for (int64_t i = 0; i < n; ++i)
                       to[i * out_stride] =
                           static_cast<T>(sum += static_cast<Running<T>>(from[i * x_stride]));
                   } else {
                     Running<T> sums[kColumnBlock] = {};
                     for (int64_t i = 0; i < n; ++i, to += out_stride, from += x_stride)
                       for (int64_t j = 0; j < width; ++j)
                         to[j] = static_cast<T>(sums[j] += static_cast<Running<T>>(from[j]));
                   }
                   if (++block == blocks) {
                     block = 0;
                     walk.next();
                   }
                 }
               });
}

}  // namespace

void reduce(Reduce op, Dtype dtype, IntArrayRef sizes, const In& x, uint32_t dims, void* out) {
  const Rows& table = rows();
  const Reducer reducer{.size = element_size(dtype),
                        .combine = table.binary[index_of(combination_of(op))][index_of(dtype)],
                        .row = table.reduce_row[index_of(op)][index_of(dtype)],
                        .columns = table.reduce_columns[index_of(op)][index_of(dtype)]};
  const Geometry geometry(sizes, x.strides, dims);
  if (geometry.outputs == 0) return;
  if (geometry.count == 0) return reducer.columns(0, 0, geometry.outputs, out, x.data);
  if (!reduce_long_run(reducer, geometry, x.data, out)) run(reducer, geometry, x.data, out);
}

void sum_of_squared_deviations(Dtype dtype, IntArrayRef sizes, const In& x, uint32_t dims, void* out) {
  const Rows& table = rows();
  const Geometry geometry(sizes, x.strides, dims);
  reduce(Reduce::sum, dtype, sizes, x, dims, out);
  if (geometry.outputs == 0 || geometry.count == 0) return;
  // The means stand in `out`: each is read before its sum is written.
  const IntArrayRef all(&geometry.outputs, 1);
  const double count = static_cast<double>(geometry.count);
  const int64_t one = 0;
  alignas(8) char divisor[8];
  visit_floating(dtype, [&]<class T>() {
    const T value = static_cast<T>(count);
    std::memcpy(divisor, &value, sizeof(T));
  });
  const int64_t step = 1;
  binary(Binary::div, dtype, all, {out, Dims(IntArrayRef(step))}, {out, Dims(IntArrayRef(step))},
         {divisor, Dims(IntArrayRef(one))});
  const Reducer reducer{.size = element_size(dtype),
                        .combine = table.binary[index_of(Binary::add)][index_of(dtype)],
                        .row = nullptr,
                        .columns = nullptr,
                        .means = out,
                        .deviations_row = table.deviations_row[index_of(dtype)],
                        .deviations_columns = table.deviations_columns[index_of(dtype)]};
  run(reducer, geometry, x.data, out);
}

void extremum(Extremum op, Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, void* values,
              int64_t* indices) {
  const Geometry geometry(sizes, x.strides, sizes.empty() ? 0 : uint32_t{1} << dim);
  if (geometry.outputs == 0 || geometry.count == 0) return;
  const int64_t stride = geometry.reduced.rank == 0 ? 1 : geometry.reduced.strides[0][0];
  visit(dtype, [&]<class T>() {
    extremum_of(op, geometry.kept, geometry.outputs, geometry.count, stride, static_cast<const T*>(x.data),
                static_cast<T*>(values), indices);
  });
}

void cumsum(Dtype dtype, IntArrayRef sizes, const In& x, int64_t dim, void* out) {
  Loops<2> others;
  int64_t n = 1, x_stride = 0, out_stride = 0, out_step = 1;
  bool empty = false;
  for (size_t d = sizes.size(); d-- > 0; out_step *= sizes[d]) {
    empty = empty || sizes[d] == 0;
    if (static_cast<int64_t>(d) == dim) {
      n = sizes[d];
      x_stride = x.strides[d];
      out_stride = out_step;
    } else {
      others.add(sizes[d], {out_step, x.strides[d]});
    }
  }
  if (empty) return;
  others.merge();
  const auto run_as = [&]<class T>() {
    cumsum_of(others, n, x_stride, out_stride, static_cast<const T*>(x.data), static_cast<T*>(out));
  };
  if (dtype == kLong)
    run_as.template operator()<int64_t>();
  else
    visit_floating(dtype, run_as);
}

}  // namespace frost::kernels
