#include <frost/nn/activation.hpp>

#include <frost/ops.hpp>

#include <ostream>

namespace frost::nn {

Tensor ReLUImpl::forward(const Tensor& x) const { return relu(x); }
void ReLUImpl::pretty_print(std::ostream& out) const { out << "torch::nn::ReLU()"; }

Tensor TanhImpl::forward(const Tensor& x) const { return tanh(x); }
void TanhImpl::pretty_print(std::ostream& out) const { out << "torch::nn::Tanh()"; }

Tensor SigmoidImpl::forward(const Tensor& x) const { return sigmoid(x); }
void SigmoidImpl::pretty_print(std::ostream& out) const { out << "torch::nn::Sigmoid()"; }

Tensor GELUImpl::forward(const Tensor& x) const { return functional::gelu(x, options); }
void GELUImpl::pretty_print(std::ostream& out) const { out << "torch::nn::GELU()"; }

Tensor SoftmaxImpl::forward(const Tensor& x) const { return softmax(x, options.dim()); }
void SoftmaxImpl::pretty_print(std::ostream& out) const {
  out << "torch::nn::Softmax(dim=" << options.dim() << ")";
}

Tensor LogSoftmaxImpl::forward(const Tensor& x) const { return log_softmax(x, options.dim()); }
void LogSoftmaxImpl::pretty_print(std::ostream& out) const {
  out << "torch::nn::LogSoftmax(dim=" << options.dim() << ")";
}

}  // namespace frost::nn
