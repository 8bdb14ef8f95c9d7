// One source, two engines: every benchmark here is compiled against frost and against libtorch.
// tests/bench/run runs both in turns and puts the two next to each other.
#pragma once

#ifdef BENCH_TORCH
#include <torch/torch.h>
namespace fw = torch;
#else
#include <frost/frost.hpp>
namespace fw = frost;
#endif

#include "measure.hpp"

namespace bench {

inline void drop_grads(const std::vector<fw::Tensor>& tensors) {
  for (const fw::Tensor& x : tensors) x.mutable_grad().reset();
}

// The parameters of all the modules.
template <class... Modules>
std::vector<fw::Tensor> parameters_of(const Modules&... modules) {
  std::vector<fw::Tensor> all;
  for (const std::vector<fw::Tensor>& some : {modules.parameters()...})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

// mask[b, t]: whether token t of sequence b is padding.
inline fw::Tensor padding_mask(const std::vector<int64_t>& lengths, int64_t longest) {
  const fw::Tensor ends = fw::tensor(lengths, fw::kLong);
  return fw::arange(longest).unsqueeze(0) >= ends.unsqueeze(1);
}

}  // namespace bench
