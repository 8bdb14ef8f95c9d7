#include <frost/nn/attention.hpp>

#include <frost/ops.hpp>

#include <utility>

namespace frost::nn {

AttentionPoolingImpl::AttentionPoolingImpl(int64_t features, int64_t hidden_size,
                                           std::shared_ptr<const Muting> muting)
    : hidden(register_module("hidden", Linear(features, hidden_size))),
      score(register_module("score", Linear(LinearOptions(hidden_size, 1).bias(false)))) {
  set_muting(std::move(muting));
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
