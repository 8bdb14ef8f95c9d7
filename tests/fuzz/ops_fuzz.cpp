// Sequences of ops from bytes: leaves, ops on what there is, writes in place, backward passes. What an op
// refuses is a frost::Error, and the program goes on; anything else ends it.
#include <frost/engine.hpp>

#include "bytes.hpp"

#include <optional>
#include <sstream>

using namespace frost;
using frost::fuzz::Bytes;

namespace {

constexpr size_t kMostTensors = 12, kMostOps = 40;
constexpr int64_t kMostElements = 256;

class Program {
 public:
  explicit Program(Bytes bytes) : bytes_(bytes) {}

  void run() {
    manual_seed(bytes_.byte());
    for (size_t i = 0; i < kMostOps && !bytes_.empty(); ++i) try {
        step();
      } catch (const Error&) {
      }
    for (const Tensor& x : tensors_) try {
        std::ostringstream() << x;
      } catch (const Error&) {
      }
    let_go();
  }

 private:
  // Two things hold themselves, as in libtorch: a grad with a graph that leads to its leaf, and a leaf that
  // was frozen and then written in place by what came from it.
  void let_go() {
    for (const Tensor& x : ever_) {
      if (!x.defined()) continue;
      x.mutable_grad().reset();
      detail::set_grad_fn(x, nullptr);
      if (x.is_view()) detail::set_grad_fn(Tensor(x.impl()->base), nullptr);
    }
  }

  void step() {
    using Family = void (Program::*)(uint8_t);
    constexpr Family families[] = {&Program::make,    &Program::unary, &Program::binary, &Program::reduce,
                                   &Program::view,    &Program::join,  &Program::index,  &Program::in_place,
                                   &Program::product, &Program::tape,  &Program::view,   &Program::tape};
    const Family family = families[bytes_.below(std::size(families))];
    (this->*family)(bytes_.byte());
  }

  const Tensor& any() {
    if (tensors_.empty()) keep(ones({2, 3}, requires_grad()));
    return tensors_[bytes_.below(tensors_.size())];
  }
  void keep(const Tensor& x) {
    if (x.defined() && x.numel() > kMostElements) return;
    ever_.push_back(x);
    if (tensors_.size() < kMostTensors)
      tensors_.push_back(x);
    else
      tensors_[bytes_.below(kMostTensors)] = x;
  }
  void keep(const std::vector<Tensor>& all) {
    for (size_t i = 0; i < std::min<size_t>(all.size(), 3); ++i) keep(all[i]);
  }
  void keep(const std::tuple<Tensor, Tensor>& both) {
    keep(std::get<0>(both));
    keep(std::get<1>(both));
  }
  Dtype dtype() { return std::array{kFloat, kDouble, kLong, kBool}[bytes_.below(4)]; }
  TensorOptions options() { return TensorOptions(dtype()).requires_grad(bytes_.chance()); }
  Scalar scalar() {
    switch (bytes_.below(3)) {
      case 0:
        return bytes_.number();
      case 1:
        return bytes_.integer();
      default:
        return bytes_.chance();
    }
  }
  optional<Dtype> any_dtype() { return bytes_.chance() ? optional<Dtype>(dtype()) : nullopt; }

  void make(uint8_t which) {
    const std::vector<int64_t> sizes = bytes_.sizes();
    switch (which % 12) {
      case 0:
        return keep(zeros(sizes, options()));
      case 1:
        return keep(full(sizes, scalar(), options()));
      case 2:
        return keep(rand(sizes, options()));
      case 3:
        return keep(randn(sizes, options()));
      case 4:
        return keep(randint(bytes_.integer(), bytes_.integer(), sizes, dtype()));
      case 5:
        return keep(arange(scalar(), Scalar(bytes_.size()), scalar(), options()));
      case 6:
        return keep(linspace(scalar(), scalar(), bytes_.size(), options()));
      case 7:
        return keep(eye(bytes_.size(), bytes_.size(), options()));
      case 8:
        return keep(randperm(bytes_.size(), options()));
      case 9:
        return keep(bernoulli(any()));
      case 10:
        return keep(bytes_.chance() ? rand_like(any(), options()) : full_like(any(), scalar(), options()));
      default:
        return keep(Tensor());
    }
  }

  void unary(uint8_t which) {
    const Tensor x = any();
    switch (which % 30) {
      case 0:
        return keep(abs(x));
      case 1:
        return keep(neg(x));
      case 2:
        return keep(exp(x));
      case 3:
        return keep(expm1(x));
      case 4:
        return keep(log(x));
      case 5:
        return keep(log1p(x));
      case 6:
        return keep(sqrt(x));
      case 7:
        return keep(rsqrt(x));
      case 8:
        return keep(square(x));
      case 9:
        return keep(reciprocal(x));
      case 10:
        return keep(sin(x));
      case 11:
        return keep(cos(x));
      case 12:
        return keep(tanh(x));
      case 13:
        return keep(sigmoid(x));
      case 14:
        return keep(relu(x));
      case 15:
        return keep(gelu(x));
      case 16:
        return keep(erf(x));
      case 17:
        return keep(softplus(x, scalar(), scalar()));
      case 18:
        return keep(clamp(x, bound(), bound()));
      case 19:
        return keep(isnan(x));
      case 20:
        return keep(isfinite(x));
      case 21:
        return keep(logical_not(x));
      case 22:
        return keep(~x);
      case 23:
        return keep(x.to(dtype()));
      case 24:
        return keep(x.clone());
      case 25:
        return keep(x.contiguous());
      case 26:
        return keep(x.detach());
      case 27:
        return keep(nonzero(x));
      case 28:
        return keep(bytes_.chance() ? x.tril(bytes_.integer()) : x.triu(bytes_.integer()));
      default:
        return keep(where(x));
    }
  }
  optional<Scalar> bound() { return bytes_.chance() ? optional<Scalar>(scalar()) : nullopt; }

  void binary(uint8_t which) {
    const Tensor x = any(), y = any();
    switch (which % 20) {
      case 0:
        return keep(add(x, y, scalar()));
      case 1:
        return keep(sub(x, y, scalar()));
      case 2:
        return keep(mul(x, y));
      case 3:
        return keep(div(x, y));
      case 4:
        return keep(pow(x, y));
      case 5:
        return keep(pow(x, scalar()));
      case 6:
        return keep(pow(scalar(), x));
      case 7:
        return keep(bytes_.chance() ? maximum(x, y) : minimum(x, y));
      case 8:
        return keep(scalar() - x);
      case 9:
        return keep(scalar() / x);
      case 10:
        return keep(x == y);
      case 11:
        return keep(x < scalar());
      case 12:
        return keep(logical_xor(x, y));
      case 13:
        return keep(x & y);
      case 14:
        return keep(isclose(x, y, bytes_.number(), bytes_.number(), bytes_.chance()));
      case 15:
        return keep(x.masked_fill(y, scalar()));
      case 16:
        return keep(x.masked_fill(y, any()));
      case 17:
        return keep(where(any(), x, y));
      case 18:
        return keep(x.masked_select(y));
      default:
        equal(x, y);
        return keep(x + scalar());
    }
  }

  void reduce(uint8_t which) {
    const Tensor x = any();
    const std::vector<int64_t> dims = bytes_.integers(3);
    const int64_t dim = dims.empty() ? -1 : dims[0];
    const bool keepdim = bytes_.chance();
    switch (which % 22) {
      case 0:
        return keep(x.sum(dims, keepdim, any_dtype()));
      case 1:
        return keep(x.mean(dims, keepdim, any_dtype()));
      case 2:
        return keep(x.prod(any_dtype()));
      case 3:
        return keep(x.prod(dim, keepdim, any_dtype()));
      case 4:
        return keep(x.max());
      case 5:
        return keep(x.min(dim, keepdim));
      case 6:
        return keep(x.max(dim, keepdim));
      case 7:
        return keep(x.amax(dims, keepdim));
      case 8:
        return keep(x.amin(dims, keepdim));
      case 9:
        return keep(x.argmax(bytes_.chance() ? optional<int64_t>(dim) : nullopt, keepdim));
      case 10:
        return keep(x.all(dim, keepdim));
      case 11:
        return keep(x.any());
      case 12:
        return keep(x.var(dims, bytes_.chance(), keepdim));
      case 13:
        return keep(x.std(dims, bytes_.chance(), keepdim));
      case 14:
        return keep(x.norm(scalar(), dims, keepdim));
      case 15:
        return keep(x.logsumexp(dims, keepdim));
      case 16:
        return keep(x.cumsum(dim, any_dtype()));
      case 17:
        return keep(x.softmax(dim, any_dtype()));
      case 18:
        return keep(x.log_softmax(dim, any_dtype()));
      case 19:
        return keep(x.sort(dim, keepdim));
      case 20:
        return keep(x.argsort(dim, keepdim));
      default:
        return keep(x.topk(bytes_.integer(), dim, keepdim, bytes_.chance()));
    }
  }

  void product(uint8_t which) {
    const Tensor x = any(), y = any();
    switch (which % 5) {
      case 0:
        return keep(matmul(x, y));
      case 1:
        return keep(mm(x, y));
      case 2:
        return keep(bmm(x, y));
      case 3:
        return keep(dot(x, y));
      default:
        return keep(outer(x, y));
    }
  }

  void view(uint8_t which) {
    const Tensor x = any();
    switch (which % 20) {
      case 0:
        return keep(x.view(bytes_.integers(5)));
      case 1:
        return keep(x.reshape(bytes_.integers(5)));
      case 2:
        return keep(x.flatten(bytes_.integer(), bytes_.integer()));
      case 3:
        return keep(x.squeeze());
      case 4:
        return keep(x.squeeze(bytes_.integer()));
      case 5:
        return keep(x.unsqueeze(bytes_.integer()));
      case 6:
        return keep(x.transpose(bytes_.integer(), bytes_.integer()));
      case 7:
        return keep(x.t());
      case 8:
        return keep(x.permute(bytes_.integers(4)));
      case 9:
        return keep(x.expand(bytes_.integers(5)));
      case 10:
        return keep(x.repeat(bytes_.sizes()));
      case 11:
        return keep(x.narrow(bytes_.integer(), bytes_.integer(), bytes_.integer()));
      case 12:
        return keep(x.select(bytes_.integer(), bytes_.integer()));
      case 13:
        return keep(x.slice(bytes_.integer(), bytes_.integer(), bytes_.integer(), bytes_.integer()));
      case 14:
        return keep(x.chunk(bytes_.integer(), bytes_.integer()));
      case 15:
        return keep(x.split(bytes_.integer(), bytes_.integer()));
      case 16:
        return keep(x.split(IntArrayRef(bytes_.integers(4)), bytes_.integer()));
      case 17:
        return keep(x.unbind(bytes_.integer()));
      case 18:
        return keep(x.flip(bytes_.integers(3)));
      default:
        return keep(x.expand_as(any()));
    }
  }

  std::vector<Tensor> several() {
    std::vector<Tensor> all(bytes_.below(4));
    for (Tensor& one : all) one = any();
    return all;
  }
  void join(uint8_t which) {
    const std::vector<Tensor> all = several();
    keep(which % 2 == 0 ? cat(all, bytes_.integer()) : stack(all, bytes_.integer()));
  }

  indexing::TensorIndex place() {
    using namespace indexing;
    switch (bytes_.below(6)) {
      case 0:
        return None;
      case 1:
        return Ellipsis;
      case 2:
        return bytes_.integer();
      case 3:
        return bytes_.chance();
      case 4:
        return Slice(bytes_.integer(), bytes_.integer(), bytes_.integer());
      default:
        return any();
    }
  }
  std::vector<indexing::TensorIndex> places() {
    std::vector<indexing::TensorIndex> all;
    for (size_t count = bytes_.below(4); count > 0; --count) all.push_back(place());
    return all;
  }
  void index(uint8_t which) {
    Tensor x = any();
    const int64_t dim = bytes_.integer();
    switch (which % 8) {
      case 0:
        return keep(x.index(places()));
      case 1:
        return keep(x.index_put_(places(), any()));
      case 2:
        return keep(x.index_put_(places(), scalar()));
      case 3:
        return keep(x.index_select(dim, any()));
      case 4:
        return keep(x.gather(dim, any()));
      case 5:
        return keep(x.scatter(dim, any(), any()));
      case 6:
        return keep(x.scatter(dim, any(), scalar()));
      default:
        return keep(x.scatter_add(dim, any(), any()));
    }
  }

  void in_place(uint8_t which) {
    Tensor x = any();
    const std::optional<NoGradGuard> guard =
        bytes_.chance() ? std::optional<NoGradGuard>(std::in_place) : std::nullopt;
    switch (which % 18) {
      case 0:
        x.add_(any(), scalar());
        return;
      case 1:
        x.sub_(scalar());
        return;
      case 2:
        x.mul_(any());
        return;
      case 3:
        x.div_(any());
        return;
      case 4:
        x.zero_();
        return;
      case 5:
        x.fill_(scalar());
        return;
      case 6:
        x.fill_(any());
        return;
      case 7:
        x.copy_(any());
        return;
      case 8:
        x.masked_fill_(any(), scalar());
        return;
      case 9:
        x.clamp_(bound(), bound());
        return;
      case 10:
        x.uniform_(bytes_.number(), bytes_.number());
        return;
      case 11:
        x.normal_(bytes_.number(), bytes_.number());
        return;
      case 12:
        x.bernoulli_(bytes_.number());
        return;
      case 13:
        x[bytes_.integer()] = any();
        return;
      case 14:
        x.set_data(any());
        return;
      case 15:
        x.detach_();
        return;
      case 16:
        x.requires_grad_(bytes_.chance());
        return;
      default:
        x.mutable_grad() = any();
    }
  }

  void tape(uint8_t which) {
    const Tensor x = any(), y = any();
    const bool create_graph = bytes_.chance();
    switch (which % 9) {
      case 0:
        x.sum().backward({}, bytes_.chance(), create_graph);
        break;
      case 1:
        x.backward(y, bytes_.chance());
        break;
      case 2:
        keep(autograd::grad({x.sum()}, {y, any()}, {}, bytes_.chance(), create_graph, bytes_.chance()));
        break;
      case 3: {
        Backward pass(x, y, {.retain_graph = bytes_.chance(), .create_graph = create_graph});
        for (size_t steps = bytes_.below(6); steps > 0 && pass.step(); --steps) {
        }
        break;
      }
      case 4:
        x.register_hook([values = y.detach()](const Tensor& grad) { return grad * values; });
        break;
      case 5:
        x.retain_grad();
        break;
      case 6:
        x.set_name("x");
        break;
      case 7:
        autograd::backward(several(), several(), bytes_.chance(), create_graph);
        break;
      default:
        keep(x.grad());
    }
  }

  Bytes bytes_;
  std::vector<Tensor> tensors_, ever_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Program(Bytes(data, size)).run();
  return 0;
}
