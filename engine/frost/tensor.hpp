// Tensor: a handle over a strided view of shared storage, which may stand on the tape. Copying one copies
// nothing.
//
// What threads may share is told in <frost/tape.hpp>.
//
// The ops are declared once more as functions, with their meaning, in <frost/ops.hpp>: x.op(…) is op(x, …).
#pragma once

#include <frost/array_ref.hpp>
#include <frost/options.hpp>
#include <frost/ref.hpp>
#include <frost/scalar.hpp>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace frost {

class Node;
class Tensor;
struct TensorImpl;
struct Layout;

inline void retain(TensorImpl* tensor);
inline void release(TensorImpl* tensor);
void retain(Node* node);
void release(Node* node);

namespace indexing {
class TensorIndex;
}

using TensorList = ArrayRef<Tensor>;

class Tensor {
 public:
  Tensor() = default;  // undefined: no tensor at all
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) = default;
  // Assigning to a named tensor makes it another handle; assigning to a result, as in x[0] = y, writes
  // through it.
  Tensor& operator=(const Tensor& other) & = default;
  Tensor& operator=(Tensor&& other) & = default;
  Tensor& operator=(const Tensor& other) &&;
  Tensor& operator=(Tensor&& other) &&;
  Tensor& operator=(const Scalar& value) &&;

  // ---- what it is ----
  bool defined() const { return static_cast<bool>(impl_); }
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }
  void reset() { impl_ = nullptr; }
  inline IntArrayRef sizes() const;
  int64_t size(int64_t dim) const;
  IntArrayRef strides() const;
  int64_t stride(int64_t dim) const;
  int64_t storage_offset() const;
  inline int64_t dim() const;
  int64_t ndimension() const { return dim(); }
  inline int64_t numel() const;
  TypeMeta dtype() const;
  inline Dtype scalar_type() const;
  TensorOptions options() const;  // its dtype
  inline bool is_floating_point() const;
  inline bool is_contiguous() const;
  bool is_view() const;
  int64_t element_size() const;
  size_t nbytes() const;
  int64_t _version() const;  // how often its storage was written in place
  size_t use_count() const;

  // ---- its values ----
  void* data_ptr() const;
  template <class T>
  T* data_ptr() const;  // an error unless T is the dtype's type
  Scalar item() const;  // of a tensor with one element
  template <class T>
  T item() const {  // an error where T can't hold it, as Scalar::to says
    return item().to<T>("item");
  }

  // ---- the tape ----
  inline bool requires_grad() const;
  const Tensor& set_requires_grad(bool requires_grad) const;
  const Tensor& requires_grad_(bool requires_grad = true) const;
  bool is_leaf() const;        // nothing on the tape made it
  const Tensor& grad() const;  // undefined until a backward pass reaches it: the absent gradient
  Tensor& mutable_grad() const;
  Ref<Node> grad_fn() const;  // null for a leaf
  uint32_t output_nr() const;
  void retain_grad() const;  // keep grad of a tensor that is not a leaf: a copy, taken between its hooks
  bool retains_grad() const;
  // Calls hook(grad) when the gradient of this tensor, as it is now, is known; what it returns, if it returns
  // a defined tensor, takes the gradient's place. One that a hook adds is called from the next pass on.
  // Returns the hook's number, for remove_hook. A hook that holds this tensor keeps it until removed.
  unsigned register_hook(std::function<Tensor(const Tensor&)> hook) const;
  template <class Hook>
  requires std::is_void_v<std::invoke_result_t<Hook, Tensor>>
  unsigned register_hook(Hook hook) const {
    return register_hook(std::function<Tensor(const Tensor&)>([hook](const Tensor& grad) mutable {
      hook(grad);
      return Tensor();
    }));
  }
  void remove_hook(unsigned number) const;
  // Adds d this / d leaf to the grad of each leaf that it depends on and that requires grad.
  //   gradient: of a tensor of several elements, what weighs them; of one, 1 unless given
  //   retain_graph: keep what the graph saved, for another pass; by default create_graph
  //   create_graph: record the pass, so that grads can themselves be differentiated
  //   inputs: only these get their grads, leaves or not, and only what leads to them runs
  void backward(const Tensor& gradient = {}, optional<bool> retain_graph = nullopt,
                bool create_graph = false) const;
  void backward(const Tensor& gradient, optional<bool> retain_graph, bool create_graph,
                optional<TensorList> inputs) const;
  Tensor detach() const;  // the same storage, off the tape
  Tensor& detach_();
  Tensor data() const { return detach(); }  // writes to it count as writes to this
  // Takes over the values, shape and dtype of another tensor; who it is on the tape stays. Where a graph
  // saved the former values, its backward is then an error. A view is a view no longer.
  void set_data(const Tensor& other) const;
  // What traces call it; "" until set. The node that made it remembers the name, and so does an op of which
  // it is then a frozen input.
  const std::string& name() const;
  const Tensor& set_name(std::string name) const;

  // ---- arithmetic ----
  Tensor operator-() const;
  Tensor operator~() const;
  Tensor operator[](int64_t index) const;  // select(0, index)
  Tensor operator[](const Tensor& index) const;
  Tensor& operator+=(const Tensor& other);
  Tensor& operator+=(const Scalar& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator-=(const Scalar& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator*=(const Scalar& other);
  Tensor& operator/=(const Tensor& other);
  Tensor& operator/=(const Scalar& other);
  Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor mul(const Tensor& other) const;
  Tensor mul(const Scalar& other) const;
  Tensor div(const Tensor& other) const;
  Tensor div(const Scalar& other) const;
  Tensor pow(const Tensor& exponent) const;
  Tensor pow(const Scalar& exponent) const;
  Tensor maximum(const Tensor& other) const;
  Tensor minimum(const Tensor& other) const;

  // ---- of each element ----
  Tensor abs() const;
  Tensor neg() const;
  Tensor exp() const;
  Tensor expm1() const;
  Tensor log() const;
  Tensor log1p() const;
  Tensor sqrt() const;
  Tensor rsqrt() const;
  Tensor square() const;
  Tensor reciprocal() const;
  Tensor sin() const;
  Tensor cos() const;
  Tensor tanh() const;
  Tensor sigmoid() const;
  Tensor relu() const;
  Tensor erf() const;
  Tensor clamp(const optional<Scalar>& min, const optional<Scalar>& max = nullopt) const;
  Tensor clamp_min(const Scalar& min) const;
  Tensor clamp_max(const Scalar& max) const;
  Tensor nan_to_num(optional<double> nan = nullopt, optional<double> posinf = nullopt,
                    optional<double> neginf = nullopt) const;
  Tensor isnan() const;
  Tensor isinf() const;
  Tensor isfinite() const;
  Tensor logical_not() const;

  // ---- comparison ----
  Tensor eq(const Tensor& other) const;
  Tensor eq(const Scalar& other) const;
  Tensor ne(const Tensor& other) const;
  Tensor ne(const Scalar& other) const;
  Tensor lt(const Tensor& other) const;
  Tensor lt(const Scalar& other) const;
  Tensor le(const Tensor& other) const;
  Tensor le(const Scalar& other) const;
  Tensor gt(const Tensor& other) const;
  Tensor gt(const Scalar& other) const;
  Tensor ge(const Tensor& other) const;
  Tensor ge(const Scalar& other) const;
  Tensor bitwise_and(const Tensor& other) const;
  Tensor bitwise_or(const Tensor& other) const;
  Tensor bitwise_xor(const Tensor& other) const;
  Tensor bitwise_not() const;
  Tensor logical_and(const Tensor& other) const;
  Tensor logical_or(const Tensor& other) const;
  Tensor logical_xor(const Tensor& other) const;
  bool equal(const Tensor& other) const;
  Tensor isclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;
  bool allclose(const Tensor& other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false) const;

  // ---- masks ----
  Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
  Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor masked_select(const Tensor& mask) const;
  Tensor where(const Tensor& condition, const Tensor& other) const;  // condition ? this : other
  Tensor tril(int64_t diagonal = 0) const;
  Tensor triu(int64_t diagonal = 0) const;

  // ---- reductions ----
  Tensor sum(optional<Dtype> dtype = nullopt) const;
  Tensor sum(IntArrayRef dim, bool keepdim = false, optional<Dtype> dtype = nullopt) const;
  Tensor mean(optional<Dtype> dtype = nullopt) const;
  Tensor mean(IntArrayRef dim, bool keepdim = false, optional<Dtype> dtype = nullopt) const;
  Tensor prod(optional<Dtype> dtype = nullopt) const;
  Tensor prod(int64_t dim, bool keepdim = false, optional<Dtype> dtype = nullopt) const;
  Tensor max() const;
  Tensor max(const Tensor& other) const;
  std::tuple<Tensor, Tensor> max(int64_t dim, bool keepdim = false) const;
  Tensor min() const;
  Tensor min(const Tensor& other) const;
  std::tuple<Tensor, Tensor> min(int64_t dim, bool keepdim = false) const;
  Tensor amax(IntArrayRef dim = {}, bool keepdim = false) const;
  Tensor amin(IntArrayRef dim = {}, bool keepdim = false) const;
  Tensor argmax(optional<int64_t> dim = nullopt, bool keepdim = false) const;
  Tensor argmin(optional<int64_t> dim = nullopt, bool keepdim = false) const;
  Tensor all() const;
  Tensor all(int64_t dim, bool keepdim = false) const;
  Tensor any() const;
  Tensor any(int64_t dim, bool keepdim = false) const;
  Tensor var(bool unbiased) const;
  Tensor var(int dim) const;
  Tensor var(IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false) const;
  Tensor std(bool unbiased) const;
  Tensor std(int dim) const;
  Tensor std(IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false) const;
  Tensor norm(const Scalar& p = 2) const;
  Tensor norm(const optional<Scalar>& p, IntArrayRef dim, bool keepdim = false) const;
  Tensor logsumexp(IntArrayRef dim, bool keepdim = false) const;
  Tensor cumsum(int64_t dim, optional<Dtype> dtype = nullopt) const;
  Tensor softmax(int64_t dim, optional<Dtype> dtype = nullopt) const;
  Tensor log_softmax(int64_t dim, optional<Dtype> dtype = nullopt) const;

  // ---- order ----
  std::tuple<Tensor, Tensor> sort(int64_t dim = -1, bool descending = false) const;
  Tensor argsort(int64_t dim = -1, bool descending = false) const;
  std::tuple<Tensor, Tensor> topk(int64_t k, int64_t dim = -1, bool largest = true, bool sorted = true) const;

  // ---- matrices ----
  Tensor matmul(const Tensor& other) const;
  Tensor mm(const Tensor& other) const;
  Tensor bmm(const Tensor& other) const;
  Tensor dot(const Tensor& other) const;
  Tensor outer(const Tensor& other) const;

  // ---- views and shapes ----
  Tensor view(IntArrayRef sizes) const;
  Tensor view_as(const Tensor& other) const { return view(other.sizes()); }
  Tensor reshape(IntArrayRef sizes) const;
  Tensor reshape_as(const Tensor& other) const { return reshape(other.sizes()); }
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1) const;
  Tensor squeeze() const;
  Tensor squeeze(int64_t dim) const;
  Tensor unsqueeze(int64_t dim) const;
  Tensor transpose(int64_t dim0, int64_t dim1) const;
  Tensor t() const;
  Tensor permute(IntArrayRef dims) const;
  Tensor expand(IntArrayRef sizes) const;
  Tensor expand_as(const Tensor& other) const { return expand(other.sizes()); }
  Tensor repeat(IntArrayRef repeats) const;
  Tensor narrow(int64_t dim, int64_t start, int64_t length) const;
  Tensor select(int64_t dim, int64_t index) const;
  Tensor slice(int64_t dim = 0, optional<int64_t> start = nullopt, optional<int64_t> end = nullopt,
               int64_t step = 1) const;
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0) const;
  std::vector<Tensor> split(int64_t split_size, int64_t dim = 0) const;
  std::vector<Tensor> split(IntArrayRef split_sizes, int64_t dim = 0) const;
  std::vector<Tensor> unbind(int64_t dim = 0) const;
  Tensor flip(IntArrayRef dims) const;
  Tensor contiguous() const;
  Tensor clone() const;
  Tensor to(Dtype dtype) const;
  Tensor to(const TensorOptions& options) const;
  Tensor to(const Tensor& other) const;  // to other's dtype
  Tensor type_as(const Tensor& other) const;

  // ---- indexing ----
  Tensor index_select(int64_t dim, const Tensor& index) const;
  Tensor gather(int64_t dim, const Tensor& index) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor scatter(int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor scatter_add(int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor index(ArrayRef<indexing::TensorIndex> indices) const;
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values);
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value);

  // ---- in place ----
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& mul_(const Tensor& other) const;
  Tensor& mul_(const Scalar& other) const;
  Tensor& div_(const Tensor& other) const;
  Tensor& div_(const Scalar& other) const;
  Tensor& zero_() const;
  Tensor& fill_(const Scalar& value) const;
  Tensor& fill_(const Tensor& value) const;
  Tensor& copy_(const Tensor& source) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value) const;
  Tensor& clamp_(const optional<Scalar>& min, const optional<Scalar>& max = nullopt) const;
  Tensor& clamp_min_(const Scalar& min) const;
  Tensor& clamp_max_(const Scalar& max) const;
  Tensor& uniform_(double from = 0, double to = 1) const;
  Tensor& normal_(double mean = 0, double std = 1) const;
  Tensor& bernoulli_(double p = 0.5) const;

  // For the engine's own files.
  TensorImpl* impl() const { return impl_.get(); }
  inline const Layout& layout() const;

 private:
  Ref<TensorImpl> impl_;
};

// As PyTorch prints in Python: tensor([0.2689, 0.7311, 0.0000, 0.0000], grad_fn=<SoftmaxBackward0>)
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace frost

#include <frost/tensor_impl.hpp>  // what a handle needs of it is inlined
