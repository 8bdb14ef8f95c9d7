// The ops as methods of Tensor: x.op(…) is op(x, …).
#include <frost/ops.hpp>

namespace frost {

// ---- assigning to a result writes through it: x[0] = y, x[0] = 1 ----

Tensor& Tensor::operator=(const Tensor& other) && { return frost::copy_(*this, other); }
Tensor& Tensor::operator=(Tensor&& other) && { return frost::copy_(*this, other); }
Tensor& Tensor::operator=(const Scalar& value) && { return frost::fill_(*this, value); }

// ---- arithmetic ----

Tensor Tensor::operator-() const { return frost::neg(*this); }
Tensor Tensor::operator~() const { return frost::bitwise_not(*this); }
Tensor Tensor::operator[](int64_t index) const { return frost::select(*this, 0, index); }
Tensor Tensor::operator[](const Tensor& index) const {
  check(index.defined(), "operator[]", "Can only index with tensors that are defined");
  check(index.dim() == 0, "operator[]", "Can only index with tensors that are scalars (zero-dim), got shape ",
        index.sizes());
  check(index.scalar_type() == kLong, "operator[]", "Can only index tensors with integral scalars, got ",
        index.scalar_type());
  return frost::select(*this, 0, index.item().toLong());
}
Tensor& Tensor::operator+=(const Tensor& other) { return frost::add_(*this, other); }
Tensor& Tensor::operator+=(const Scalar& other) { return frost::add_(*this, other); }
Tensor& Tensor::operator-=(const Tensor& other) { return frost::sub_(*this, other); }
Tensor& Tensor::operator-=(const Scalar& other) { return frost::sub_(*this, other); }
Tensor& Tensor::operator*=(const Tensor& other) { return frost::mul_(*this, other); }
Tensor& Tensor::operator*=(const Scalar& other) { return frost::mul_(*this, other); }
Tensor& Tensor::operator/=(const Tensor& other) { return frost::div_(*this, other); }
Tensor& Tensor::operator/=(const Scalar& other) { return frost::div_(*this, other); }
Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const { return frost::add(*this, other, alpha); }
Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const { return frost::add(*this, other, alpha); }
Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const { return frost::sub(*this, other, alpha); }
Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const { return frost::sub(*this, other, alpha); }
Tensor Tensor::mul(const Tensor& other) const { return frost::mul(*this, other); }
Tensor Tensor::mul(const Scalar& other) const { return frost::mul(*this, other); }
Tensor Tensor::div(const Tensor& other) const { return frost::div(*this, other); }
Tensor Tensor::div(const Scalar& other) const { return frost::div(*this, other); }
Tensor Tensor::pow(const Tensor& exponent) const { return frost::pow(*this, exponent); }
Tensor Tensor::pow(const Scalar& exponent) const { return frost::pow(*this, exponent); }
Tensor Tensor::maximum(const Tensor& other) const { return frost::maximum(*this, other); }
Tensor Tensor::minimum(const Tensor& other) const { return frost::minimum(*this, other); }

// ---- of each element ----

Tensor Tensor::abs() const { return frost::abs(*this); }
Tensor Tensor::neg() const { return frost::neg(*this); }
Tensor Tensor::exp() const { return frost::exp(*this); }
Tensor Tensor::expm1() const { return frost::expm1(*this); }
Tensor Tensor::log() const { return frost::log(*this); }
Tensor Tensor::log1p() const { return frost::log1p(*this); }
Tensor Tensor::sqrt() const { return frost::sqrt(*this); }
Tensor Tensor::rsqrt() const { return frost::rsqrt(*this); }
Tensor Tensor::square() const { return frost::square(*this); }
Tensor Tensor::reciprocal() const { return frost::reciprocal(*this); }
Tensor Tensor::sin() const { return frost::sin(*this); }
Tensor Tensor::cos() const { return frost::cos(*this); }
Tensor Tensor::tanh() const { return frost::tanh(*this); }
Tensor Tensor::sigmoid() const { return frost::sigmoid(*this); }
Tensor Tensor::relu() const { return frost::relu(*this); }
Tensor Tensor::erf() const { return frost::erf(*this); }
Tensor Tensor::clamp(const optional<Scalar>& min, const optional<Scalar>& max) const {
  return frost::clamp(*this, min, max);
}
Tensor Tensor::clamp_min(const Scalar& min) const { return frost::clamp_min(*this, min); }
Tensor Tensor::clamp_max(const Scalar& max) const { return frost::clamp_max(*this, max); }
Tensor Tensor::nan_to_num(optional<double> nan, optional<double> posinf, optional<double> neginf) const {
  return frost::nan_to_num(*this, nan, posinf, neginf);
}
Tensor Tensor::isnan() const { return frost::isnan(*this); }
Tensor Tensor::isinf() const { return frost::isinf(*this); }
Tensor Tensor::isfinite() const { return frost::isfinite(*this); }
Tensor Tensor::logical_not() const { return frost::logical_not(*this); }

// ---- comparison ----

Tensor Tensor::eq(const Tensor& other) const { return frost::eq(*this, other); }
Tensor Tensor::eq(const Scalar& other) const { return frost::eq(*this, other); }
Tensor Tensor::ne(const Tensor& other) const { return frost::ne(*this, other); }
Tensor Tensor::ne(const Scalar& other) const { return frost::ne(*this, other); }
Tensor Tensor::lt(const Tensor& other) const { return frost::lt(*this, other); }
Tensor Tensor::lt(const Scalar& other) const { return frost::lt(*this, other); }
Tensor Tensor::le(const Tensor& other) const { return frost::le(*this, other); }
Tensor Tensor::le(const Scalar& other) const { return frost::le(*this, other); }
Tensor Tensor::gt(const Tensor& other) const { return frost::gt(*this, other); }
Tensor Tensor::gt(const Scalar& other) const { return frost::gt(*this, other); }
Tensor Tensor::ge(const Tensor& other) const { return frost::ge(*this, other); }
Tensor Tensor::ge(const Scalar& other) const { return frost::ge(*this, other); }
Tensor Tensor::bitwise_and(const Tensor& other) const { return frost::bitwise_and(*this, other); }
Tensor Tensor::bitwise_or(const Tensor& other) const { return frost::bitwise_or(*this, other); }
Tensor Tensor::bitwise_xor(const Tensor& other) const { return frost::bitwise_xor(*this, other); }
Tensor Tensor::bitwise_not() const { return frost::bitwise_not(*this); }
Tensor Tensor::logical_and(const Tensor& other) const { return frost::logical_and(*this, other); }
Tensor Tensor::logical_or(const Tensor& other) const { return frost::logical_or(*this, other); }
Tensor Tensor::logical_xor(const Tensor& other) const { return frost::logical_xor(*this, other); }
bool Tensor::equal(const Tensor& other) const { return frost::equal(*this, other); }
Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return frost::isclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return frost::allclose(*this, other, rtol, atol, equal_nan);
}

// ---- masks ----

Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return frost::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return frost::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_select(const Tensor& mask) const { return frost::masked_select(*this, mask); }
Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return frost::where(condition, *this, other);
}
Tensor Tensor::tril(int64_t diagonal) const { return frost::tril(*this, diagonal); }
Tensor Tensor::triu(int64_t diagonal) const { return frost::triu(*this, diagonal); }

// ---- reductions ----

Tensor Tensor::sum(optional<Dtype> dtype) const { return frost::sum(*this, dtype); }
Tensor Tensor::sum(IntArrayRef dim, bool keepdim, optional<Dtype> dtype) const {
  return frost::sum(*this, dim, keepdim, dtype);
}
Tensor Tensor::mean(optional<Dtype> dtype) const { return frost::mean(*this, dtype); }
Tensor Tensor::mean(IntArrayRef dim, bool keepdim, optional<Dtype> dtype) const {
  return frost::mean(*this, dim, keepdim, dtype);
}
Tensor Tensor::prod(optional<Dtype> dtype) const { return frost::prod(*this, dtype); }
Tensor Tensor::prod(int64_t dim, bool keepdim, optional<Dtype> dtype) const {
  return frost::prod(*this, dim, keepdim, dtype);
}
Tensor Tensor::max() const { return frost::max(*this); }
Tensor Tensor::max(const Tensor& other) const { return frost::max(*this, other); }
std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim) const {
  return frost::max(*this, dim, keepdim);
}
Tensor Tensor::min() const { return frost::min(*this); }
Tensor Tensor::min(const Tensor& other) const { return frost::min(*this, other); }
std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim) const {
  return frost::min(*this, dim, keepdim);
}
Tensor Tensor::amax(IntArrayRef dim, bool keepdim) const { return frost::amax(*this, dim, keepdim); }
Tensor Tensor::amin(IntArrayRef dim, bool keepdim) const { return frost::amin(*this, dim, keepdim); }
Tensor Tensor::argmax(optional<int64_t> dim, bool keepdim) const {
  return frost::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(optional<int64_t> dim, bool keepdim) const {
  return frost::argmin(*this, dim, keepdim);
}
Tensor Tensor::all() const { return frost::all(*this); }
Tensor Tensor::all(int64_t dim, bool keepdim) const { return frost::all(*this, dim, keepdim); }
Tensor Tensor::any() const { return frost::any(*this); }
Tensor Tensor::any(int64_t dim, bool keepdim) const { return frost::any(*this, dim, keepdim); }
Tensor Tensor::var(bool unbiased) const { return frost::var(*this, unbiased); }
Tensor Tensor::var(int dim) const { return frost::var(*this, dim); }
Tensor Tensor::var(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return frost::var(*this, dim, unbiased, keepdim);
}
Tensor Tensor::std(bool unbiased) const { return frost::std(*this, unbiased); }
Tensor Tensor::std(int dim) const { return frost::std(*this, dim); }
Tensor Tensor::std(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return frost::std(*this, dim, unbiased, keepdim);
}
Tensor Tensor::norm(const Scalar& p) const { return frost::norm(*this, p); }
Tensor Tensor::norm(const optional<Scalar>& p, IntArrayRef dim, bool keepdim) const {
  return frost::norm(*this, p, dim, keepdim);
}
Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const {
  return frost::logsumexp(*this, dim, keepdim);
}
Tensor Tensor::cumsum(int64_t dim, optional<Dtype> dtype) const { return frost::cumsum(*this, dim, dtype); }
Tensor Tensor::softmax(int64_t dim, optional<Dtype> dtype) const { return frost::softmax(*this, dim, dtype); }
Tensor Tensor::log_softmax(int64_t dim, optional<Dtype> dtype) const {
  return frost::log_softmax(*this, dim, dtype);
}

// ---- order ----

std::tuple<Tensor, Tensor> Tensor::sort(int64_t dim, bool descending) const {
  return frost::sort(*this, dim, descending);
}
Tensor Tensor::argsort(int64_t dim, bool descending) const { return frost::argsort(*this, dim, descending); }
std::tuple<Tensor, Tensor> Tensor::topk(int64_t k, int64_t dim, bool largest, bool sorted) const {
  return frost::topk(*this, k, dim, largest, sorted);
}

// ---- matrices ----

Tensor Tensor::matmul(const Tensor& other) const { return frost::matmul(*this, other); }
Tensor Tensor::mm(const Tensor& other) const { return frost::mm(*this, other); }
Tensor Tensor::bmm(const Tensor& other) const { return frost::bmm(*this, other); }
Tensor Tensor::dot(const Tensor& other) const { return frost::dot(*this, other); }
Tensor Tensor::outer(const Tensor& other) const { return frost::outer(*this, other); }

// ---- views and shapes ----

Tensor Tensor::reshape(IntArrayRef sizes) const { return frost::reshape(*this, sizes); }
Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return frost::flatten(*this, start_dim, end_dim);
}
Tensor Tensor::squeeze() const { return frost::squeeze(*this); }
Tensor Tensor::squeeze(int64_t dim) const { return frost::squeeze(*this, dim); }
Tensor Tensor::unsqueeze(int64_t dim) const { return frost::unsqueeze(*this, dim); }
Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const { return frost::transpose(*this, dim0, dim1); }
Tensor Tensor::t() const { return frost::t(*this); }
Tensor Tensor::permute(IntArrayRef dims) const { return frost::permute(*this, dims); }
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return frost::narrow(*this, dim, start, length);
}
Tensor Tensor::select(int64_t dim, int64_t index) const { return frost::select(*this, dim, index); }
Tensor Tensor::slice(int64_t dim, optional<int64_t> start, optional<int64_t> end, int64_t step) const {
  return frost::slice(*this, dim, start, end, step);
}
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return frost::chunk(*this, chunks, dim);
}
std::vector<Tensor> Tensor::split(int64_t split_size, int64_t dim) const {
  return frost::split(*this, split_size, dim);
}
std::vector<Tensor> Tensor::split(IntArrayRef split_sizes, int64_t dim) const {
  return frost::split(*this, split_sizes, dim);
}
std::vector<Tensor> Tensor::unbind(int64_t dim) const { return frost::unbind(*this, dim); }
Tensor Tensor::flip(IntArrayRef dims) const { return frost::flip(*this, dims); }
Tensor Tensor::contiguous() const { return frost::contiguous(*this); }
Tensor Tensor::clone() const { return frost::clone(*this); }
Tensor Tensor::to(Dtype dtype) const { return frost::to(*this, dtype); }
Tensor Tensor::to(const TensorOptions& options) const {
  const optional<Dtype> dtype = options.dtype_opt();
  return dtype || !defined() ? frost::to(*this, dtype.value_or(kFloat)) : *this;
}
Tensor Tensor::to(const Tensor& other) const { return frost::to(*this, other.scalar_type()); }
Tensor Tensor::type_as(const Tensor& other) const { return frost::to(*this, other.scalar_type()); }

// ---- indexing ----

Tensor Tensor::index_select(int64_t dim, const Tensor& index) const {
  return frost::index_select(*this, dim, index);
}
Tensor Tensor::gather(int64_t dim, const Tensor& index) const { return frost::gather(*this, dim, index); }
Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& source) const {
  return frost::scatter(*this, dim, index, source);
}
Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value) const {
  return frost::scatter(*this, dim, index, value);
}
Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& source) const {
  return frost::scatter_add(*this, dim, index, source);
}

// ---- in place ----

Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) const {
  return frost::add_(*this, other, alpha);
}
Tensor& Tensor::add_(const Scalar& other, const Scalar& alpha) const {
  return frost::add_(*this, other, alpha);
}
Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) const {
  return frost::sub_(*this, other, alpha);
}
Tensor& Tensor::sub_(const Scalar& other, const Scalar& alpha) const {
  return frost::sub_(*this, other, alpha);
}
Tensor& Tensor::mul_(const Tensor& other) const { return frost::mul_(*this, other); }
Tensor& Tensor::mul_(const Scalar& other) const { return frost::mul_(*this, other); }
Tensor& Tensor::div_(const Tensor& other) const { return frost::div_(*this, other); }
Tensor& Tensor::div_(const Scalar& other) const { return frost::div_(*this, other); }
Tensor& Tensor::zero_() const { return frost::zero_(*this); }
Tensor& Tensor::fill_(const Scalar& value) const { return frost::fill_(*this, value); }
Tensor& Tensor::fill_(const Tensor& value) const { return frost::fill_(*this, value); }
Tensor& Tensor::copy_(const Tensor& source) const { return frost::copy_(*this, source); }
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return frost::masked_fill_(*this, mask, value);
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return frost::masked_fill_(*this, mask, value);
}
Tensor& Tensor::clamp_(const optional<Scalar>& min, const optional<Scalar>& max) const {
  return frost::clamp_(*this, min, max);
}
Tensor& Tensor::clamp_min_(const Scalar& min) const { return frost::clamp_min_(*this, min); }
Tensor& Tensor::clamp_max_(const Scalar& max) const { return frost::clamp_max_(*this, max); }
Tensor& Tensor::uniform_(double from, double to) const { return frost::uniform_(*this, from, to); }
Tensor& Tensor::normal_(double mean, double std) const { return frost::normal_(*this, mean, std); }
Tensor& Tensor::bernoulli_(double p) const { return frost::bernoulli_(*this, p); }

}  // namespace frost
