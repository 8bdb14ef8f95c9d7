// Sequences of ops from bytes: leaves, ops on what there is, writes in place, backward passes. What an op
// refuses is a frost::Error, and the program goes on; anything else ends it.
//
// A family of ops after the other; each says by its parameters what it is called with.
#include "program.hpp"

using namespace frost;
using namespace frost::fuzz;

namespace {

using Ts = std::vector<Tensor>;
using Places = std::vector<indexing::TensorIndex>;
using MaybeDtype = optional<Dtype>;
using MaybeScalar = optional<Scalar>;

constexpr Step kMake[] = {
    step([](Sizes sizes, TensorOptions options) { return zeros(sizes, options); }),
    step([](Sizes sizes, Scalar a, TensorOptions options) { return full(sizes, a, options); }),
    step([](Sizes sizes, TensorOptions options) { return rand(sizes, options); }),
    step([](Sizes sizes, TensorOptions options) { return randn(sizes, options); }),
    step(
        [](Sizes sizes, int64_t low, int64_t high, Dtype dtype) { return randint(low, high, sizes, dtype); }),
    step([](Scalar first, Size end, Scalar by, TensorOptions options) {
      return arange(first, Scalar(end.value), by, options);
    }),
    step([](Scalar a, Scalar b, Size n, TensorOptions options) { return linspace(a, b, n, options); }),
    step([](Size n, Size m, TensorOptions options) { return eye(n, m, options); }),
    step([](Size n, TensorOptions options) { return randperm(n, options); }),
    step([](const Tensor& x) { return bernoulli(x); }),
    step([](const Tensor& x, TensorOptions options) { return rand_like(x, options); }),
    step([](const Tensor& x, Scalar a, TensorOptions options) { return full_like(x, a, options); }),
    step([] { return Tensor(); }),
};

constexpr Step kUnary[] = {
    step([](const Tensor& x) { return abs(x); }),
    step([](const Tensor& x) { return neg(x); }),
    step([](const Tensor& x) { return exp(x); }),
    step([](const Tensor& x) { return expm1(x); }),
    step([](const Tensor& x) { return log(x); }),
    step([](const Tensor& x) { return log1p(x); }),
    step([](const Tensor& x) { return sqrt(x); }),
    step([](const Tensor& x) { return rsqrt(x); }),
    step([](const Tensor& x) { return square(x); }),
    step([](const Tensor& x) { return reciprocal(x); }),
    step([](const Tensor& x) { return sin(x); }),
    step([](const Tensor& x) { return cos(x); }),
    step([](const Tensor& x) { return tanh(x); }),
    step([](const Tensor& x) { return sigmoid(x); }),
    step([](const Tensor& x) { return relu(x); }),
    step([](const Tensor& x) { return gelu(x); }),
    step([](const Tensor& x) { return erf(x); }),
    step([](const Tensor& x, Scalar beta, Scalar threshold) { return softplus(x, beta, threshold); }),
    step([](const Tensor& x, MaybeScalar least, MaybeScalar most) { return clamp(x, least, most); }),
    step([](const Tensor& x) { return isnan(x); }),
    step([](const Tensor& x) { return isfinite(x); }),
    step([](const Tensor& x) { return logical_not(x); }),
    step([](const Tensor& x) { return ~x; }),
    step([](const Tensor& x, Dtype dtype) { return x.to(dtype); }),
    step([](const Tensor& x) { return x.clone(); }),
    step([](const Tensor& x) { return x.contiguous(); }),
    step([](const Tensor& x) { return x.detach(); }),
    step([](const Tensor& x) { return nonzero(x); }),
    step([](const Tensor& x, int64_t k) { return x.tril(k); }),
    step([](const Tensor& x, int64_t k) { return x.triu(k); }),
    step([](const Tensor& x) { return where(x); }),
};

constexpr Step kBinary[] = {
    step([](const Tensor& x, const Tensor& y, Scalar a) { return add(x, y, a); }),
    step([](const Tensor& x, const Tensor& y, Scalar a) { return sub(x, y, a); }),
    step([](const Tensor& x, const Tensor& y) { return mul(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return div(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return pow(x, y); }),
    step([](const Tensor& x, Scalar a) { return pow(x, a); }),
    step([](Scalar a, const Tensor& x) { return pow(a, x); }),
    step([](const Tensor& x, const Tensor& y) { return maximum(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return minimum(x, y); }),
    step([](Scalar a, const Tensor& x) { return a - x; }),
    step([](Scalar a, const Tensor& x) { return a / x; }),
    step([](const Tensor& x, Scalar a) { return x + a; }),
    step([](const Tensor& x, const Tensor& y) { return x == y; }),
    step([](const Tensor& x, Scalar a) { return x < a; }),
    step([](const Tensor& x, const Tensor& y) { return logical_xor(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return x & y; }),
    step([](const Tensor& x, const Tensor& y, double rtol, double atol, bool nan) {
      return isclose(x, y, rtol, atol, nan);
    }),
    step([](const Tensor& x, const Tensor& y) { equal(x, y); }),
    step([](const Tensor& x, const Tensor& mask, Scalar a) { return x.masked_fill(mask, a); }),
    step([](const Tensor& x, const Tensor& mask, const Tensor& a) { return x.masked_fill(mask, a); }),
    step([](const Tensor& x, const Tensor& mask) { return x.masked_select(mask); }),
    step([](const Tensor& mask, const Tensor& x, const Tensor& y) { return where(mask, x, y); }),
};

constexpr Step kReduce[] = {
    step([](const Tensor& x, Integers<3> dims, bool keepdim, MaybeDtype dtype) {
      return x.sum(dims, keepdim, dtype);
    }),
    step([](const Tensor& x, Integers<3> dims, bool keepdim, MaybeDtype dtype) {
      return x.mean(dims, keepdim, dtype);
    }),
    step([](const Tensor& x, MaybeDtype dtype) { return x.prod(dtype); }),
    step([](const Tensor& x, int64_t dim, bool keepdim, MaybeDtype dtype) {
      return x.prod(dim, keepdim, dtype);
    }),
    step([](const Tensor& x) { return x.max(); }),
    step([](const Tensor& x, int64_t dim, bool keepdim) { return x.min(dim, keepdim); }),
    step([](const Tensor& x, int64_t dim, bool keepdim) { return x.max(dim, keepdim); }),
    step([](const Tensor& x, Integers<3> dims, bool keepdim) { return x.amax(dims, keepdim); }),
    step([](const Tensor& x, Integers<3> dims, bool keepdim) { return x.amin(dims, keepdim); }),
    step([](const Tensor& x, optional<int64_t> dim, bool keepdim) { return x.argmax(dim, keepdim); }),
    step([](const Tensor& x, int64_t dim, bool keepdim) { return x.all(dim, keepdim); }),
    step([](const Tensor& x) { return x.any(); }),
    step([](const Tensor& x, Integers<3> dims, bool unbiased, bool keepdim) {
      return x.var(dims, unbiased, keepdim);
    }),
    step([](const Tensor& x, Integers<3> dims, bool unbiased, bool keepdim) {
      return x.std(dims, unbiased, keepdim);
    }),
    step([](const Tensor& x, Scalar p, Integers<3> dims, bool keepdim) { return x.norm(p, dims, keepdim); }),
    step([](const Tensor& x, Integers<3> dims, bool keepdim) { return x.logsumexp(dims, keepdim); }),
    step([](const Tensor& x, int64_t dim, MaybeDtype dtype) { return x.cumsum(dim, dtype); }),
    step([](const Tensor& x, int64_t dim, MaybeDtype dtype) { return x.softmax(dim, dtype); }),
    step([](const Tensor& x, int64_t dim, MaybeDtype dtype) { return x.log_softmax(dim, dtype); }),
    step([](const Tensor& x, int64_t dim, bool descending) { return x.sort(dim, descending); }),
    step([](const Tensor& x, int64_t dim, bool descending) { return x.argsort(dim, descending); }),
    step([](const Tensor& x, int64_t k, int64_t dim, bool largest, bool sorted) {
      return x.topk(k, dim, largest, sorted);
    }),
};

constexpr Step kProduct[] = {
    step([](const Tensor& x, const Tensor& y) { return matmul(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return mm(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return bmm(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return dot(x, y); }),
    step([](const Tensor& x, const Tensor& y) { return outer(x, y); }),
};

constexpr Step kView[] = {
    step([](const Tensor& x, Integers<5> sizes) { return x.view(sizes); }),
    step([](const Tensor& x, Integers<5> sizes) { return x.reshape(sizes); }),
    step([](const Tensor& x, int64_t first, int64_t last) { return x.flatten(first, last); }),
    step([](const Tensor& x) { return x.squeeze(); }),
    step([](const Tensor& x, int64_t dim) { return x.squeeze(dim); }),
    step([](const Tensor& x, int64_t dim) { return x.unsqueeze(dim); }),
    step([](const Tensor& x, int64_t a, int64_t b) { return x.transpose(a, b); }),
    step([](const Tensor& x) { return x.t(); }),
    step([](const Tensor& x, Integers<4> dims) { return x.permute(dims); }),
    step([](const Tensor& x, Integers<5> sizes) { return x.expand(sizes); }),
    step([](const Tensor& x, Sizes times) { return x.repeat(times); }),
    step([](const Tensor& x, int64_t dim, int64_t start, int64_t n) { return x.narrow(dim, start, n); }),
    step([](const Tensor& x, int64_t dim, int64_t i) { return x.select(dim, i); }),
    step([](const Tensor& x, int64_t dim, int64_t start, int64_t end, int64_t by) {
      return x.slice(dim, start, end, by);
    }),
    step([](const Tensor& x, int64_t n, int64_t dim) { return x.chunk(n, dim); }),
    step([](const Tensor& x, int64_t n, int64_t dim) { return x.split(n, dim); }),
    step([](const Tensor& x, Integers<4> sizes, int64_t dim) { return x.split(IntArrayRef(sizes), dim); }),
    step([](const Tensor& x, int64_t dim) { return x.unbind(dim); }),
    step([](const Tensor& x, Integers<3> dims) { return x.flip(dims); }),
    step([](const Tensor& x, const Tensor& like) { return x.expand_as(like); }),
};

constexpr Step kJoin[] = {
    step([](const Ts& all, int64_t dim) { return cat(all, dim); }),
    step([](const Ts& all, int64_t dim) { return stack(all, dim); }),
};

constexpr Step kIndex[] = {
    step([](const Tensor& x, const Places& places) { return x.index(places); }),
    step([](Tensor x, const Places& places, const Tensor& values) { return x.index_put_(places, values); }),
    step([](Tensor x, const Places& places, Scalar a) { return x.index_put_(places, a); }),
    step([](const Tensor& x, int64_t dim, const Tensor& index) { return x.index_select(dim, index); }),
    step([](const Tensor& x, int64_t dim, const Tensor& index) { return x.gather(dim, index); }),
    step([](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& values) {
      return x.scatter(dim, index, values);
    }),
    step(
        [](const Tensor& x, int64_t dim, const Tensor& index, Scalar a) { return x.scatter(dim, index, a); }),
    step([](const Tensor& x, int64_t dim, const Tensor& index, const Tensor& values) {
      return x.scatter_add(dim, index, values);
    }),
};

constexpr Step kWrite[] = {
    write([](Tensor x, const Tensor& y, Scalar a) { x.add_(y, a); }),
    write([](Tensor x, Scalar a) { x.sub_(a); }),
    write([](Tensor x, const Tensor& y) { x.mul_(y); }),
    write([](Tensor x, const Tensor& y) { x.div_(y); }),
    write([](Tensor x) { x.zero_(); }),
    write([](Tensor x, Scalar a) { x.fill_(a); }),
    write([](Tensor x, const Tensor& a) { x.fill_(a); }),
    write([](Tensor x, const Tensor& y) { x.copy_(y); }),
    write([](Tensor x, const Tensor& mask, Scalar a) { x.masked_fill_(mask, a); }),
    write([](Tensor x, MaybeScalar least, MaybeScalar most) { x.clamp_(least, most); }),
    write([](Tensor x, double from, double to) { x.uniform_(from, to); }),
    write([](Tensor x, double mean, double std) { x.normal_(mean, std); }),
    write([](Tensor x, double p) { x.bernoulli_(p); }),
    write([](Tensor x, int64_t i, const Tensor& y) { x[i] = y; }),
    write([](Tensor x, const Tensor& y) { x.set_data(y); }),
    write([](Tensor x) { x.detach_(); }),
    write([](Tensor x, bool is_trainable) { x.requires_grad_(is_trainable); }),
    write([](const Tensor& x, const Tensor& grad) { x.mutable_grad() = grad; }),
};

constexpr Step kTape[] = {
    step([](const Tensor& x, bool create_graph, bool retain_graph) {
      x.sum().backward({}, retain_graph, create_graph);
    }),
    step([](const Tensor& x, const Tensor& grad, bool retain_graph) { x.backward(grad, retain_graph); }),
    step([](const Tensor& x, const Tensor& y, const Tensor& z, bool retain_graph, bool create_graph,
            bool allow_unused) {
      return autograd::grad({x.sum()}, {y, z}, {}, retain_graph, create_graph, allow_unused);
    }),
    step([](const Tensor& x, const Tensor& grad, bool retain_graph, bool create_graph, uint8_t steps) {
      Backward pass(x, grad, {.retain_graph = retain_graph, .create_graph = create_graph});
      for (int left = steps % 6; left > 0 && pass.step(); --left) {
      }
    }),
    step([](const Tensor& x, const Tensor& y) {
      x.register_hook([values = y.detach()](const Tensor& grad) { return grad * values; });
    }),
    step([](const Tensor& x) { x.retain_grad(); }),
    step([](const Tensor& x) { x.set_name("x"); }),
    step([](const Ts& all, const Ts& grads, bool retain_graph, bool create_graph) {
      autograd::backward(all, grads, retain_graph, create_graph);
    }),
    step([](const Tensor& x) { return x.grad(); }),
};

// Views and passes, which have the most to do with each other, twice as often.
constexpr Family kFamilies[] = {kMake,  kUnary, kBinary,  kReduce, kView, kJoin,
                                kIndex, kWrite, kProduct, kTape,   kView, kTape};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Program(Bytes(data, size)).run(kFamilies);
  return 0;
}
