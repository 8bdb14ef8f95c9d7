#include <frost/nn/scores.hpp>

#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <cmath>

namespace frost::nn {

namespace {

void check_sizes(const Tensor& query, const Tensor& keys, const char* function) {
  check_defined(query, function, "query");
  check_defined(keys, function, "keys");
  check(keys.dim() == 3 || keys.dim() == 2, function, "keys must be [B, T, K] or [T, K], got ", keys.sizes());
  check(query.dim() == keys.dim() - 1 && (keys.dim() == 2 || query.size(0) == keys.size(0)), function,
        "a query for keys of sizes ", keys.sizes(), " must have one dimension less and the same batch, got ",
        query.sizes());
}

// query · key_t for each t:  [B, T, K] [B, K, 1] → [B, T]
Tensor products(const Tensor& query, const Tensor& keys, const char* function) {
  check(query.size(-1) == keys.size(-1), function,
        "query and keys must have the same last size to be multiplied, got ", query.sizes(), " and ",
        keys.sizes());
  return squeeze(matmul(keys, unsqueeze(query, -1)), -1);
}

}  // namespace

Tensor DotScoreImpl::forward(const Tensor& query, const Tensor& keys) const {
  check_sizes(query, keys, "DotScore");
  const Tensor scores = products(query, keys, "DotScore");
  return scaled_ ? scores / std::sqrt(static_cast<double>(keys.size(-1))) : scores;
}

MultiplicativeScoreImpl::MultiplicativeScoreImpl(int64_t query_size, int64_t key_size)
    : query_size_(query_size), key_size_(key_size) {
  reset();
}

void MultiplicativeScoreImpl::reset() {
  map = register_module("map", Linear(LinearOptions(key_size_, query_size_).bias(false)));
}

Tensor MultiplicativeScoreImpl::forward(const Tensor& query, const Tensor& keys) const {
  check_sizes(query, keys, "MultiplicativeScore");
  return products(query, map(keys), "MultiplicativeScore");
}

AdditiveScoreImpl::AdditiveScoreImpl(int64_t query_size, int64_t key_size, int64_t hidden_size)
    : query_size_(query_size), key_size_(key_size), hidden_size_(hidden_size) {
  reset();
}

void AdditiveScoreImpl::reset() {
  query_map = register_module("query_map", Linear(LinearOptions(query_size_, hidden_size_).bias(false)));
  key_map = register_module("key_map", Linear(key_size_, hidden_size_));
  score = register_module("score", Linear(LinearOptions(hidden_size_, 1).bias(false)));
}

Tensor AdditiveScoreImpl::forward(const Tensor& query, const Tensor& keys) const {
  check_sizes(query, keys, "AdditiveScore");
  return scores(query, map_keys(keys));
}

Tensor AdditiveScoreImpl::map_keys(const Tensor& keys) const { return key_map(keys); }

Tensor AdditiveScoreImpl::scores(const Tensor& query, const Tensor& mapped_keys) const {
  check_sizes(query, mapped_keys, "AdditiveScore");
  return squeeze(score(tanh(unsqueeze(query_map(query), -2) + mapped_keys)), -1);
}

}  // namespace frost::nn
