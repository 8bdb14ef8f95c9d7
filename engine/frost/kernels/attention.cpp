// Tiles of scores turned on their side: a row for each key, a column for each query. So the products take k,
// v and the tiles as they lie, and softmax goes down the columns.
#include <frost/kernels/attention.hpp>
#include <frost/kernels/buffer.hpp>
#include <frost/kernels/gemm.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace frost::kernels {
namespace {

constexpr int64_t kQueryTile = 64, kKeyTile = 96;
// Queries that one unit of the forward's work takes, and copies the keys for.
constexpr int64_t kQueryChunk = 8 * kQueryTile;

// The positions of the keys that are no padding, for each sequence.
std::vector<std::vector<int64_t>> kept_keys(const Attention& shape) {
  std::vector<std::vector<int64_t>> kept(static_cast<size_t>(shape.batch));
  for (int64_t b = 0; b < shape.batch; ++b)
    for (int64_t j = 0; j < shape.keys; ++j)
      if (shape.padding == nullptr || !shape.padding[b * shape.keys + j])
        kept[static_cast<size_t>(b)].push_back(j);
  return kept;
}

// One head of one sequence.
template <class T>
class Head {
 public:
  Head(const Heads& x, int64_t b, int64_t h)
      : data_(static_cast<const T*>(x.data) + b * x.batch_stride + h * x.head_stride),
        row_stride_(x.row_stride),
        column_stride_(x.column_stride) {}

  T at(int64_t i, int64_t j) const { return data_[i * row_stride_ + j * column_stride_]; }

  void copy_row(int64_t i, int64_t columns, T* to) const {
    const T* from = data_ + i * row_stride_;
    if (column_stride_ == 1)
      std::copy(from, from + columns, to);
    else
      for (int64_t j = 0; j < columns; ++j) to[j] = from[j * column_stride_];
  }
  Buffer<T> rows(int64_t first, int64_t count, int64_t columns) const {
    Buffer<T> to(count * columns);
    for (int64_t i = 0; i < count; ++i) copy_row(first + i, columns, to.data() + i * columns);
    return to;
  }
  Buffer<T> rows(const std::vector<int64_t>& which, int64_t columns) const {
    Buffer<T> to(static_cast<int64_t>(which.size()) * columns);
    for (size_t i = 0; i < which.size(); ++i)
      copy_row(which[i], columns, to.data() + static_cast<int64_t>(i) * columns);
    return to;
  }

 private:
  const T* data_;
  int64_t row_stride_, column_stride_;
};

// The transpose of x, rows × columns and contiguous.
template <class T>
void turn(int64_t rows, int64_t columns, T* to, const T* x) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) to[j * rows + i] = x[i * columns + j];
}

template <class T>
void multiply(int64_t m, int64_t n, int64_t k, T* c, const Matrix& x, const Matrix& y) {
  matmul(dtype_of<T>, 1, m, n, k, c, x, y);
}
template <class T>
Matrix matrix(const T* x, int64_t columns) {
  return {x, 0, columns, 1};
}

// to = from + factor · to
template <class T>
void scale_and_add(int64_t n, T* to, T factor, const T* from) {
  const RowIn in[3] = {{from, 1}, {to, 1}, {&factor, 0}};
  rows().add_scaled[index_of(dtype_of<T>)](n, to, in);
}

// Fills with `value` where keys, a row each at positions[…], are later than the queries, of which the first
// is `query`.
template <class T>
void fill_later_keys(int64_t keys, int64_t queries, T* tile, T value, const int64_t* positions,
                     int64_t query) {
  for (int64_t j = 0; j < keys; ++j) {
    const int64_t earlier = std::clamp<int64_t>(positions[j] - query, 0, queries);
    std::fill(tile + j * queries, tile + j * queries + earlier, value);
  }
}

// How many of the kept keys queries before `end` may attend to.
int64_t count_reached(const Attention& shape, const std::vector<int64_t>& kept, int64_t end) {
  if (!shape.causal) return static_cast<int64_t>(kept.size());
  return std::lower_bound(kept.begin(), kept.end(), end) - kept.begin();
}

// Queries [first, last) of one head, of one sequence.
template <class T>
void attend(const Attention& shape, const std::vector<int64_t>& kept, int64_t first, int64_t last, T* y,
            T* all_largest, T* sums, const Head<T>& q, const Head<T>& k, const Head<T>& v) {
  const int64_t features = shape.features, values = shape.values;
  const auto tile_kernel = rows().attention_tile[index_of(dtype_of<T>)];
  const Buffer<T> keys = k.rows(kept, features), key_values = v.rows(kept, values);
  const Buffer<T> turned(features * kQueryTile), scores(kKeyTile * kQueryTile), product(kQueryTile * values);
  // Queries before this one have no key.
  const int64_t first_given = kept.empty() ? shape.queries : shape.causal ? kept[0] : 0;
  for (int64_t query = first; query < last; query += kQueryTile) {
    const int64_t height = std::min(kQueryTile, last - query);
    for (int64_t i = 0; i < height; ++i)
      for (int64_t d = 0; d < features; ++d)
        turned[d * height + i] = q.at(query + i, d) * static_cast<T>(shape.scale);
    T *largest = all_largest + query, *sum = sums + query, decay[kQueryTile];
    std::fill(largest, largest + height, -std::numeric_limits<T>::infinity());
    std::fill(sum, sum + height, T(0));
    std::fill(y + query * values, y + (query + height) * values, T(0));
    const int64_t reached = count_reached(shape, kept, query + height);
    for (int64_t key = 0; key < reached; key += kKeyTile) {
      const int64_t width = std::min(kKeyTile, reached - key);
      multiply(width, height, features, scores.data(), matrix(keys.data() + key * features, features),
               matrix(turned.data(), height));
      if (shape.causal)
        fill_later_keys(width, height, scores.data(), -std::numeric_limits<T>::infinity(), kept.data() + key,
                        query);
      tile_kernel(width, height, scores.data(), largest, sum, decay);
      multiply(height, values, width, product.data(), {scores.data(), 0, 1, height},
               matrix(key_values.data() + key * values, values));
      for (int64_t i = 0; i < height; ++i)
        scale_and_add(values, y + (query + i) * values, decay[i], product.data() + i * values);
    }
    for (int64_t i = 0; i < height; ++i)
      for (int64_t d = 0; d < values; ++d) {
        T& element = y[(query + i) * values + d];
        element = query + i < first_given ? 0 : element / sum[i];
      }
  }
}

// All of one head, of one sequence. The tiles' scores are computed anew. Null gradients are left out.
template <class T>
void attend_backward(const Attention& shape, const std::vector<int64_t>& kept, T* grad_q, T* grad_k,
                     T* grad_v, const Head<T>& grad_out, const Head<T>& q, const Head<T>& k, const Head<T>& v,
                     const Head<T>& y, const T* largest, const T* sums) {
  const int64_t features = shape.features, values = shape.values, queries = shape.queries;
  const auto tile_kernel = rows().attention_tile_backward[index_of(dtype_of<T>)];
  const bool needs_grad_scores = grad_q != nullptr || grad_k != nullptr;
  const Buffer<T> keys = k.rows(kept, features), key_values = v.rows(kept, values),
                  scaled = q.rows(0, queries, features), grads = grad_out.rows(0, queries, values);
  for (int64_t i = 0; i < queries * features; ++i) scaled[i] *= static_cast<T>(shape.scale);
  // Both turned, tile by tile; and Σ_j weight_ij grad_weight_ij, which is Σ_d y_id grad_out_id.
  const Buffer<T> turned(queries * features), turned_grads(queries * values), dots(queries);
  for (int64_t query = 0; query < queries; query += kQueryTile) {
    const int64_t height = std::min(kQueryTile, queries - query);
    turn(height, features, turned.data() + query * features, scaled.data() + query * features);
    turn(height, values, turned_grads.data() + query * values, grads.data() + query * values);
  }
  for (int64_t i = 0; needs_grad_scores && i < queries; ++i) {
    dots[i] = 0;
    for (int64_t d = 0; d < values; ++d) dots[i] += y.at(i, d) * grads[i * values + d];
  }

  if (grad_q != nullptr) std::fill_n(grad_q, queries * features, T(0));
  if (grad_k != nullptr) std::fill_n(grad_k, shape.keys * features, T(0));
  if (grad_v != nullptr) std::fill_n(grad_v, shape.keys * values, T(0));
  const int64_t widest = std::max(features, values);
  const Buffer<T> scores(kKeyTile * kQueryTile), grad_scores(kKeyTile * kQueryTile),
      product(std::max(kKeyTile, kQueryTile) * widest), tile_k(kKeyTile * features),
      tile_v(kKeyTile * values);
  const int64_t count = static_cast<int64_t>(kept.size());
  for (int64_t key = 0; key < count; key += kKeyTile) {
    const int64_t width = std::min(kKeyTile, count - key);
    const T *tile_keys = keys.data() + key * features, *tile_values = key_values.data() + key * values;
    std::fill(tile_k.data(), tile_k.data() + width * features, T(0));
    std::fill(tile_v.data(), tile_v.data() + width * values, T(0));
    const int64_t earliest = shape.causal ? kept[static_cast<size_t>(key)] / kQueryTile * kQueryTile : 0;
    for (int64_t query = earliest; query < queries; query += kQueryTile) {
      const int64_t height = std::min(kQueryTile, queries - query);
      multiply(width, height, features, scores.data(), matrix(tile_keys, features),
               matrix(turned.data() + query * features, height));
      if (needs_grad_scores)
        multiply(width, height, values, grad_scores.data(), matrix(tile_values, values),
                 matrix(turned_grads.data() + query * values, height));
      tile_kernel(width, height, scores.data(), needs_grad_scores ? grad_scores.data() : nullptr,
                  largest + query, sums + query, dots.data() + query);
      // Not before: a score of -inf has a weight of NaN where the largest score is NaN or infinite.
      if (shape.causal) {
        fill_later_keys(width, height, scores.data(), T(0), kept.data() + key, query);
        if (needs_grad_scores)
          fill_later_keys(width, height, grad_scores.data(), T(0), kept.data() + key, query);
      }

      if (grad_v != nullptr) {
        multiply(width, values, height, product.data(), matrix(scores.data(), height),
                 matrix(grads.data() + query * values, values));
        scale_and_add(width * values, tile_v.data(), T(1), product.data());
      }
      if (grad_k != nullptr) {
        multiply(width, features, height, product.data(), matrix(grad_scores.data(), height),
                 matrix(scaled.data() + query * features, features));
        scale_and_add(width * features, tile_k.data(), T(1), product.data());
      }
      if (grad_q != nullptr) {
        multiply(height, features, width, product.data(), {grad_scores.data(), 0, 1, height},
                 matrix(tile_keys, features));
        scale_and_add(height * features, grad_q + query * features, T(1), product.data());
      }
    }
    for (int64_t i = 0; i < width; ++i) {
      const int64_t position = kept[static_cast<size_t>(key + i)];
      if (grad_k != nullptr)
        std::copy_n(tile_k.data() + i * features, features, grad_k + position * features);
      if (grad_v != nullptr) std::copy_n(tile_v.data() + i * values, values, grad_v + position * values);
    }
  }
  for (int64_t i = 0; grad_q != nullptr && i < queries * features; ++i)
    grad_q[i] *= static_cast<T>(shape.scale);
}

// The head-th of contiguous x, each of so many elements; null of null.
template <class T>
T* head_of(void* x, int64_t head, int64_t size) {
  return x == nullptr ? nullptr : static_cast<T*>(x) + head * size;
}

}  // namespace

void attention(Dtype dtype, const Attention& shape, void* y, void* largest, void* sums, const Heads& q,
               const Heads& k, const Heads& v) {
  const std::vector<std::vector<int64_t>> kept = kept_keys(shape);
  const int64_t chunks = (shape.queries + kQueryChunk - 1) / kQueryChunk;
  const int64_t work = std::min(kQueryChunk, shape.queries) * shape.keys * (shape.features + shape.values);
  visit_floating(dtype, [&]<class T>() {
    parallel_for(
        shape.batch * shape.heads * chunks, std::max<int64_t>(1, 16 * kGrain / std::max<int64_t>(1, work)),
        [&](int64_t begin, int64_t end) {
          for (int64_t unit = begin; unit < end; ++unit) {
            const int64_t head = unit / chunks, b = head / shape.heads, h = head % shape.heads;
            const int64_t first = unit % chunks * kQueryChunk;
            attend<T>(
                shape, kept[static_cast<size_t>(b)], first, std::min(first + kQueryChunk, shape.queries),
                static_cast<T*>(y) + head * shape.queries * shape.values,
                static_cast<T*>(largest) + head * shape.queries, static_cast<T*>(sums) + head * shape.queries,
                Head<T>(q, b, h), Head<T>(k, b, h), Head<T>(v, b, h));
          }
        });
  });
}

void attention_backward(Dtype dtype, const Attention& shape, void* grad_q, void* grad_k, void* grad_v,
                        const Heads& grad_out, const Heads& q, const Heads& k, const Heads& v, const Heads& y,
                        const void* largest, const void* sums) {
  const std::vector<std::vector<int64_t>> kept = kept_keys(shape);
  const int64_t work = shape.queries * shape.keys * (shape.features + shape.values);
  visit_floating(dtype, [&]<class T>() {
    parallel_for(shape.batch * shape.heads, std::max<int64_t>(1, 8 * kGrain / std::max<int64_t>(1, work)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t head = begin; head < end; ++head) {
                     const int64_t b = head / shape.heads, h = head % shape.heads;
                     attend_backward<T>(shape, kept[static_cast<size_t>(b)],
                                        head_of<T>(grad_q, head, shape.queries * shape.features),
                                        head_of<T>(grad_k, head, shape.keys * shape.features),
                                        head_of<T>(grad_v, head, shape.keys * shape.values),
                                        Head<T>(grad_out, b, h), Head<T>(q, b, h), Head<T>(k, b, h),
                                        Head<T>(v, b, h), Head<T>(y, b, h),
                                        static_cast<const T*>(largest) + head * shape.queries,
                                        static_cast<const T*>(sums) + head * shape.queries);
                   }
                 });
  });
}

}  // namespace frost::kernels
