#include <frost/nn/attention.hpp>

#include <frost/ops.hpp>

#include <utility>

namespace frost::nn {

AttentionPoolingImpl::AttentionPoolingImpl(int64_t features, int64_t hidden_size,
                                           std::shared_ptr<const Muting> muting)
    : features_(features), hidden_size_(hidden_size) {
  set_muting(std::move(muting));
  reset();
}

void AttentionPoolingImpl::reset() {
  hidden = register_module("hidden", Linear(features_, hidden_size_));
  score = register_module("score", Linear(LinearOptions(hidden_size_, 1).bias(false)));
}

void AttentionPoolingImpl::set_muting(std::shared_ptr<const Muting> muting) {
  check(muting != nullptr, "AttentionPooling", "expected a way of muting, got null");
  muting_ = std::move(muting);
}

Tensor AttentionPoolingImpl::scores(const Tensor& tokens) const {
  return squeeze(score(tanh(hidden(tokens))), -1);
}

Attended AttentionPoolingImpl::attend(const Tensor& input, const Tensor& lengths) const {
  return muting_->attend([this](const Tensor& tokens) { return scores(tokens); }, input, lengths);
}

}  // namespace frost::nn
