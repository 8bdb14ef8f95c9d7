#include <frost/nn/loss.hpp>

#include <ostream>

namespace frost::nn {

Tensor L1LossImpl::forward(const Tensor& x, const Tensor& target) const {
  return functional::l1_loss(x, target, options);
}
void L1LossImpl::pretty_print(std::ostream& out) const { out << "torch::nn::L1Loss()"; }

Tensor MSELossImpl::forward(const Tensor& x, const Tensor& target) const {
  return functional::mse_loss(x, target, options);
}
void MSELossImpl::pretty_print(std::ostream& out) const { out << "torch::nn::MSELoss()"; }

NLLLossImpl::NLLLossImpl(const NLLLossOptions& loss_options) : options(loss_options) { reset(); }
void NLLLossImpl::reset() { weight = register_buffer("weight", options.weight()); }
Tensor NLLLossImpl::forward(const Tensor& x, const Tensor& target) const {
  return functional::nll_loss(x, target, NLLLossOptions(options).weight(weight));
}
void NLLLossImpl::pretty_print(std::ostream& out) const { out << "torch::nn::NLLLoss()"; }

CrossEntropyLossImpl::CrossEntropyLossImpl(const CrossEntropyLossOptions& loss_options)
    : options(loss_options) {
  reset();
}
void CrossEntropyLossImpl::reset() { weight = register_buffer("weight", options.weight()); }
Tensor CrossEntropyLossImpl::forward(const Tensor& x, const Tensor& target) const {
  return functional::cross_entropy(x, target, CrossEntropyLossOptions(options).weight(weight));
}
void CrossEntropyLossImpl::pretty_print(std::ostream& out) const { out << "torch::nn::CrossEntropyLoss()"; }

BCEWithLogitsLossImpl::BCEWithLogitsLossImpl(const BCEWithLogitsLossOptions& loss_options)
    : options(loss_options) {
  reset();
}
void BCEWithLogitsLossImpl::reset() {
  weight = register_buffer("weight", options.weight());
  pos_weight = register_buffer("pos_weight", options.pos_weight());
}
Tensor BCEWithLogitsLossImpl::forward(const Tensor& x, const Tensor& target) const {
  return functional::binary_cross_entropy_with_logits(
      x, target, BCEWithLogitsLossOptions(options).weight(weight).pos_weight(pos_weight));
}
void BCEWithLogitsLossImpl::pretty_print(std::ostream& out) const { out << "torch::nn::BCEWithLogitsLoss()"; }

}  // namespace frost::nn
