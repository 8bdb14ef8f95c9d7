// The contents page: every op, with its meaning, formula, shapes and errors. The implementations stand by
// family in ops/, each op's forward and backward together. Names, signatures and defaults are libtorch's.
//
// Said once, for all of them:
//   - Two tensors of different shapes broadcast: aligned at the last dimension, sizes of 1 stretch.
//   - Two dtypes promote to the later of Bool, Long, Float, Double; a 0-dim tensor or a C++ number changes
//     the dtype only where it is of a higher kind (bool < integer < floating point).
//   - A negative dim counts from the end. An empty list of dims means all of them; keepdim leaves size 1 in
//     place.
//   - op_(x, …), with an underscore, writes to x. Results are contiguous; views are marked [view].
//   - Errors are frost::Error: undefined tensors, shapes that do not broadcast, dims out of range, wrong
//     dtypes.
#pragma once

#include <frost/indexing.hpp>
#include <frost/tape.hpp>
#include <frost/tensor.hpp>
#include <frost/tensor_data.hpp>

#include <tuple>
#include <vector>

namespace frost {

// ---- making tensors (ops/create.cpp) ----

// tensor({{1, 2}, {3, 4}}): from nested braces, a vector or a number. Integers make Long, floating point
// makes Float, bools make Bool, unless options name a dtype.
Tensor tensor(detail::TensorData data, const TensorOptions& options = {});
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});
Tensor empty(IntArrayRef sizes, const TensorOptions& options = {});  // the values are whatever was there
Tensor zeros(IntArrayRef sizes, const TensorOptions& options = {});
Tensor ones(IntArrayRef sizes, const TensorOptions& options = {});
Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options = {});
Tensor eye(int64_t n, const TensorOptions& options = {});  // the identity matrix
Tensor eye(int64_t n, int64_t m, const TensorOptions& options = {});
Tensor arange(const Scalar& end, const TensorOptions& options = {});  // 0, 1, … below end
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, const TensorOptions& options = {});
// `steps` numbers at even distances, the first start, the last end
Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps, const TensorOptions& options = {});
Tensor empty_like(const Tensor& x, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& x, const TensorOptions& options = {});
Tensor ones_like(const Tensor& x, const TensorOptions& options = {});
Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options = {});
// Random: the stream is libtorch's, so the same seed gives the same numbers.
void manual_seed(uint64_t seed);
Tensor rand(IntArrayRef sizes, const TensorOptions& options = {});   // uniform in [0, 1)
Tensor randn(IntArrayRef sizes, const TensorOptions& options = {});  // normal, mean 0, variance 1
Tensor randint(int64_t high, IntArrayRef sizes,
               const TensorOptions& options = kLong);  // integers in [0, high)
Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options = kLong);
Tensor randperm(int64_t n, const TensorOptions& options = {});  // 0 … n-1 in random order
Tensor rand_like(const Tensor& x, const TensorOptions& options = {});
Tensor randn_like(const Tensor& x, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, int64_t low, int64_t high, const TensorOptions& options = {});
Tensor bernoulli(const Tensor& p);  // 1 with probability p, else 0
Tensor& uniform_(const Tensor& x, double from = 0, double to = 1);
Tensor& normal_(const Tensor& x, double mean = 0, double std = 1);
Tensor& bernoulli_(const Tensor& x, double p = 0.5);

// ---- copies and dtypes (ops/copy.cpp) ----

Tensor clone(const Tensor& x);
Tensor contiguous(const Tensor& x);                    // x itself where it is contiguous
Tensor detach(const Tensor& x);                        // the same memory, off the tape
Tensor to(const Tensor& x, Dtype dtype);               // x itself where it has that dtype
Tensor& copy_(const Tensor& x, const Tensor& source);  // source broadcasts, and converts, to x
Tensor& fill_(const Tensor& x, const Scalar& value);
Tensor& fill_(const Tensor& x, const Tensor& value);  // value is 0-dim
Tensor& zero_(const Tensor& x);
Dtype result_type(const Tensor& x, const Tensor& y);  // the dtype that x and y promote to
Dtype result_type(const Tensor& x, const Scalar& y);

// ---- arithmetic (ops/arithmetic.cpp, ops/pow.cpp) ----

Tensor add(const Tensor& x, const Tensor& y, const Scalar& alpha = 1);  // x + alpha·y
Tensor add(const Tensor& x, const Scalar& y, const Scalar& alpha = 1);
Tensor sub(const Tensor& x, const Tensor& y, const Scalar& alpha = 1);  // x - alpha·y; not of bools
Tensor sub(const Tensor& x, const Scalar& y, const Scalar& alpha = 1);
Tensor mul(const Tensor& x, const Tensor& y);
Tensor mul(const Tensor& x, const Scalar& y);
Tensor div(const Tensor& x, const Tensor& y);  // true division: integers give Float
Tensor div(const Tensor& x, const Scalar& y);
Tensor pow(const Tensor& x, const Tensor& exponent);
Tensor pow(const Tensor& x, const Scalar& exponent);
Tensor pow(const Scalar& x, const Tensor& exponent);
Tensor maximum(const Tensor& x, const Tensor& y);  // where equal, each gets half the gradient; NaN wins
Tensor minimum(const Tensor& x, const Tensor& y);
Tensor& add_(const Tensor& x, const Tensor& y, const Scalar& alpha = 1);
Tensor& add_(const Tensor& x, const Scalar& y, const Scalar& alpha = 1);
Tensor& sub_(const Tensor& x, const Tensor& y, const Scalar& alpha = 1);
Tensor& sub_(const Tensor& x, const Scalar& y, const Scalar& alpha = 1);
Tensor& mul_(const Tensor& x, const Tensor& y);
Tensor& mul_(const Tensor& x, const Scalar& y);
Tensor& div_(const Tensor& x, const Tensor& y);
Tensor& div_(const Tensor& x, const Scalar& y);

inline Tensor operator+(const Tensor& x, const Tensor& y) { return add(x, y); }
inline Tensor operator+(const Tensor& x, const Scalar& y) { return add(x, y); }
Tensor operator+(const Scalar& x, const Tensor& y);
inline Tensor operator-(const Tensor& x, const Tensor& y) { return sub(x, y); }
inline Tensor operator-(const Tensor& x, const Scalar& y) { return sub(x, y); }
Tensor operator-(const Scalar& x, const Tensor& y);  // x is converted to the dtype of y, as libtorch has it
inline Tensor operator*(const Tensor& x, const Tensor& y) { return mul(x, y); }
inline Tensor operator*(const Tensor& x, const Scalar& y) { return mul(x, y); }
Tensor operator*(const Scalar& x, const Tensor& y);
inline Tensor operator/(const Tensor& x, const Tensor& y) { return div(x, y); }
inline Tensor operator/(const Tensor& x, const Scalar& y) { return div(x, y); }
Tensor operator/(const Scalar& x, const Tensor& y);  // the same; an error where y holds integers or bools

// ---- functions of each element (ops/unary.cpp) ----

Tensor abs(const Tensor& x);    // the gradient at 0 is 0
Tensor neg(const Tensor& x);    // not of bools
Tensor exp(const Tensor& x);    // of integers and bools these give Float
Tensor expm1(const Tensor& x);  // eˣ - 1
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);  // log(1 + x)
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);  // 1 / √x
Tensor square(const Tensor& x);
Tensor reciprocal(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor sigmoid(const Tensor& x);  // 1 / (1 + e⁻ˣ)
Tensor relu(const Tensor& x);     // max(x, 0), with gradient 0 at 0
Tensor gelu(const Tensor& x);     // x·Φ(x), Φ the normal distribution's cdf
Tensor erf(const Tensor& x);
Tensor softplus(const Tensor& x, const Scalar& beta = 1,
                const Scalar& threshold = 20);  // log(1 + e^(βx)) / β
// x held between min and max; the gradient passes where x lies between, ends included.
Tensor clamp(const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max = nullopt);
Tensor& clamp_(const Tensor& x, const optional<Scalar>& min, const optional<Scalar>& max = nullopt);
Tensor clamp_min(const Tensor& x, const Scalar& min);
Tensor clamp_max(const Tensor& x, const Scalar& max);
Tensor& clamp_min_(const Tensor& x, const Scalar& min);
Tensor& clamp_max_(const Tensor& x, const Scalar& max);

// ---- comparison and logic: bool results, no gradients (ops/compare.cpp) ----

Tensor eq(const Tensor& x, const Tensor& y);
Tensor eq(const Tensor& x, const Scalar& y);
Tensor ne(const Tensor& x, const Tensor& y);
Tensor ne(const Tensor& x, const Scalar& y);
Tensor lt(const Tensor& x, const Tensor& y);
Tensor lt(const Tensor& x, const Scalar& y);
Tensor le(const Tensor& x, const Tensor& y);
Tensor le(const Tensor& x, const Scalar& y);
Tensor gt(const Tensor& x, const Tensor& y);
Tensor gt(const Tensor& x, const Scalar& y);
Tensor ge(const Tensor& x, const Tensor& y);
Tensor ge(const Tensor& x, const Scalar& y);
Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
Tensor logical_not(const Tensor& x);
Tensor logical_and(const Tensor& x, const Tensor& y);
Tensor logical_or(const Tensor& x, const Tensor& y);
Tensor logical_xor(const Tensor& x, const Tensor& y);
Tensor bitwise_not(const Tensor& x);  // of bools and integers only; so are the next three
Tensor bitwise_and(const Tensor& x, const Tensor& y);
Tensor bitwise_or(const Tensor& x, const Tensor& y);
Tensor bitwise_xor(const Tensor& x, const Tensor& y);
bool equal(const Tensor& x, const Tensor& y);  // the same shape and values
// |x - y| ≤ atol + rtol·|y|
Tensor isclose(const Tensor& x, const Tensor& y, double rtol = 1e-5, double atol = 1e-8,
               bool equal_nan = false);
bool allclose(const Tensor& x, const Tensor& y, double rtol = 1e-5, double atol = 1e-8,
              bool equal_nan = false);

inline Tensor operator==(const Tensor& x, const Tensor& y) { return eq(x, y); }
inline Tensor operator==(const Tensor& x, const Scalar& y) { return eq(x, y); }
inline Tensor operator==(const Scalar& x, const Tensor& y) { return eq(y, x); }
inline Tensor operator!=(const Tensor& x, const Tensor& y) { return ne(x, y); }
inline Tensor operator!=(const Tensor& x, const Scalar& y) { return ne(x, y); }
inline Tensor operator!=(const Scalar& x, const Tensor& y) { return ne(y, x); }
inline Tensor operator<(const Tensor& x, const Tensor& y) { return lt(x, y); }
inline Tensor operator<(const Tensor& x, const Scalar& y) { return lt(x, y); }
inline Tensor operator<(const Scalar& x, const Tensor& y) { return gt(y, x); }
inline Tensor operator<=(const Tensor& x, const Tensor& y) { return le(x, y); }
inline Tensor operator<=(const Tensor& x, const Scalar& y) { return le(x, y); }
inline Tensor operator<=(const Scalar& x, const Tensor& y) { return ge(y, x); }
inline Tensor operator>(const Tensor& x, const Tensor& y) { return gt(x, y); }
inline Tensor operator>(const Tensor& x, const Scalar& y) { return gt(x, y); }
inline Tensor operator>(const Scalar& x, const Tensor& y) { return lt(y, x); }
inline Tensor operator>=(const Tensor& x, const Tensor& y) { return ge(x, y); }
inline Tensor operator>=(const Tensor& x, const Scalar& y) { return ge(x, y); }
inline Tensor operator>=(const Scalar& x, const Tensor& y) { return le(y, x); }
inline Tensor operator&(const Tensor& x, const Tensor& y) { return bitwise_and(x, y); }
inline Tensor operator|(const Tensor& x, const Tensor& y) { return bitwise_or(x, y); }
inline Tensor operator^(const Tensor& x, const Tensor& y) { return bitwise_xor(x, y); }

// ---- masks (ops/mask.cpp) ----
// A mask is bool, and broadcasts with x; in place it must not be larger than x.

// value where mask is true, else x. The gradient of x is exactly 0 where the mask is true, whatever x holds
// there.
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);  // value is 0-dim
Tensor& masked_fill_(const Tensor& x, const Tensor& mask, const Scalar& value);
Tensor& masked_fill_(const Tensor& x, const Tensor& mask, const Tensor& value);
Tensor masked_select(const Tensor& x, const Tensor& mask);  // the elements where mask is true, 1-dim
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y);  // condition ? x : y
Tensor where(const Tensor& condition, const Scalar& x, const Tensor& y);
Tensor where(const Tensor& condition, const Tensor& x, const Scalar& y);
Tensor where(const Tensor& condition, const Scalar& x, const Scalar& y);
std::vector<Tensor> where(const Tensor& condition);  // the indices of true elements, one tensor per dimension
Tensor nonzero(const Tensor& x);                     // the same as one [count, dim] tensor
// x, with these in the place of NaN, +inf and -inf: 0 and the largest numbers of the dtype unless they are
// given. The gradient passes where x is finite, and is 0 elsewhere; but further back, in a softmax whose row
// was NaN, 0 · NaN is NaN again. A masked_fill before that softmax ends it; masked_softmax makes no NaN.
Tensor nan_to_num(const Tensor& x, optional<double> nan = nullopt, optional<double> posinf = nullopt,
                  optional<double> neginf = nullopt);
Tensor tril(const Tensor& x, int64_t diagonal = 0);  // zero above the diagonal of the last two dims
Tensor triu(const Tensor& x, int64_t diagonal = 0);  // zero below it

// ---- reductions (ops/reduce.cpp, ops/extrema.cpp, ops/statistics.cpp) ----

Tensor sum(const Tensor& x, optional<Dtype> dtype = nullopt);  // of integers and bools: Long
Tensor sum(const Tensor& x, IntArrayRef dim, bool keepdim = false, optional<Dtype> dtype = nullopt);
Tensor mean(const Tensor& x, optional<Dtype> dtype = nullopt);  // floating point only
Tensor mean(const Tensor& x, IntArrayRef dim, bool keepdim = false, optional<Dtype> dtype = nullopt);
Tensor prod(const Tensor& x, optional<Dtype> dtype = nullopt);
Tensor prod(const Tensor& x, int64_t dim, bool keepdim = false, optional<Dtype> dtype = nullopt);
// max and min of all elements, or amax and amin over dims, share the gradient among equal elements; max and
// min along a dim return (values, indices), and the gradient flows to the index named.
Tensor max(const Tensor& x);
Tensor max(const Tensor& x, const Tensor& y);  // maximum
std::tuple<Tensor, Tensor> max(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor min(const Tensor& x);
Tensor min(const Tensor& x, const Tensor& y);  // minimum
std::tuple<Tensor, Tensor> min(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor amax(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false);
Tensor amin(const Tensor& x, IntArrayRef dim = {}, bool keepdim = false);
Tensor argmax(const Tensor& x, optional<int64_t> dim = nullopt, bool keepdim = false);  // the first largest
Tensor argmin(const Tensor& x, optional<int64_t> dim = nullopt, bool keepdim = false);
Tensor all(const Tensor& x);
Tensor all(const Tensor& x, int64_t dim, bool keepdim = false);
Tensor any(const Tensor& x);
Tensor any(const Tensor& x, int64_t dim, bool keepdim = false);
// Σ (x - mean)² / (n - 1), or / n where not unbiased; std is its root
Tensor var(const Tensor& x, bool unbiased);
Tensor var(const Tensor& x, int dim);
Tensor var(const Tensor& x, IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false);
Tensor std(const Tensor& x, bool unbiased);
Tensor std(const Tensor& x, int dim);
Tensor std(const Tensor& x, IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false);
// (Σ |x|ᵖ)^(1/p); p = 0 counts non-zeros, p = ±inf is the largest (smallest) |x|
Tensor norm(const Tensor& x, const Scalar& p = 2);
Tensor norm(const Tensor& x, const optional<Scalar>& p, IntArrayRef dim, bool keepdim = false);
// log Σ eˣ, without overflow; -inf of nothing
Tensor logsumexp(const Tensor& x, IntArrayRef dim, bool keepdim = false);
Tensor cumsum(const Tensor& x, int64_t dim, optional<Dtype> dtype = nullopt);

// ---- softmax (ops/softmax.cpp) ----

// y_i = exp(x_i) / Σ_j exp(x_j) along dim. A row that is -inf throughout is NaN.
Tensor softmax(const Tensor& x, int64_t dim, optional<Dtype> dtype = nullopt);
Tensor log_softmax(const Tensor& x, int64_t dim, optional<Dtype> dtype = nullopt);

// ---- order (ops/order.cpp) ----

// values, indices. NaN is larger than every number. sort leaves equal elements in the order they have; which
// of them topk takes is not said. The gradient of each value flows to the place that it came from.
std::tuple<Tensor, Tensor> sort(const Tensor& x, int64_t dim = -1, bool descending = false);
Tensor argsort(const Tensor& x, int64_t dim = -1, bool descending = false);
std::tuple<Tensor, Tensor> topk(const Tensor& x, int64_t k, int64_t dim = -1, bool largest = true,
                                bool sorted = true);

// ---- matrix products (ops/matmul.cpp) ----

// 1-dim × 1-dim: dot; 2 × 2: mm; 1 × 2, 2 × 1: the 1-dim operand as a row, a column; else batched over
// broadcast leading dims. Both operands have one dtype.
Tensor matmul(const Tensor& x, const Tensor& y);
Tensor mm(const Tensor& x, const Tensor& y);     // [n, k] [k, m] → [n, m]
Tensor bmm(const Tensor& x, const Tensor& y);    // [b, n, k] [b, k, m] → [b, n, m]
Tensor dot(const Tensor& x, const Tensor& y);    // [n] [n] → 0-dim
Tensor outer(const Tensor& x, const Tensor& y);  // [n] [m] → [n, m]

// ---- views and shapes (ops/view.cpp, ops/split.cpp, ops/join.cpp) ----
// Methods alone: x.view(sizes), a reshape that never copies; x.expand(sizes), dims of size 1 and new leading
// ones stretched [view]; x.repeat(times). The views of chunk, split and unbind are not written to on the
// tape.

Tensor reshape(const Tensor& x, IntArrayRef sizes);  // [view] where it can be; one size may be -1
Tensor flatten(const Tensor& x, int64_t start_dim = 0, int64_t end_dim = -1);
Tensor squeeze(const Tensor& x);                                             // [view]
Tensor squeeze(const Tensor& x, int64_t dim);                                // [view]
Tensor unsqueeze(const Tensor& x, int64_t dim);                              // [view]
Tensor transpose(const Tensor& x, int64_t dim0, int64_t dim1);               // [view]
Tensor t(const Tensor& x);                                                   // [view] at most 2-dim
Tensor permute(const Tensor& x, IntArrayRef dims);                           // [view]
Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length);  // [view]
Tensor select(const Tensor& x, int64_t dim, int64_t index);                  // [view]
Tensor slice(const Tensor& x, int64_t dim = 0, optional<int64_t> start = nullopt,
             optional<int64_t> end = nullopt,
             int64_t step = 1);                                                        // [view]
std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim = 0);           // [views]
std::vector<Tensor> split(const Tensor& x, int64_t split_size, int64_t dim = 0);       // [views]
std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, int64_t dim = 0);  // [views]
std::vector<Tensor> unbind(const Tensor& x, int64_t dim = 0);                          // [views]
Tensor cat(TensorList tensors, int64_t dim = 0);    // frozen tensors among them get no gradient, and no edge
Tensor stack(TensorList tensors, int64_t dim = 0);  // of one shape, along a new dim
Tensor flip(const Tensor& x, IntArrayRef dims);     // the order along each of the dims reversed

// ---- indexing (ops/index.cpp, ops/scatter.cpp) ----
// Methods alone: x.index({…}) and x.index_put_({…}, values), with what <frost/indexing.hpp> has. Integers,
// slices, None and "..." make a view; index tensors and masks pick elements. Of several writes to one place
// the last stays, and it alone gets a gradient.

// x's slices index[0], index[1], … along dim.
Tensor index_select(const Tensor& x, int64_t dim, const Tensor& index);
// The next four for dim 0, with indices in [0, size): y[i][j] = x[index[i][j]][j]
Tensor gather(const Tensor& x, int64_t dim, const Tensor& index);
// y = x, but y[index[i][j]][j] = source[i][j], or value; scatter_add adds it.
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source);
Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value);
Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source);

}  // namespace frost
