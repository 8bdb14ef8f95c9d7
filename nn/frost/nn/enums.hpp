// The names that options take for a choice: reduction(torch::kMean), nonlinearity(torch::kTanh).
#pragma once

namespace frost {

// What a loss makes of the losses of its elements.
enum class Reduction { kNone, kMean, kSum };
using enum Reduction;

enum class Nonlinearity {
  kLinear,
  kConv1D,
  kConv2D,
  kConv3D,
  kConvTranspose1D,
  kConvTranspose2D,
  kConvTranspose3D,
  kSigmoid,
  kTanh,
  kReLU,
  kLeakyReLU
};
using enum Nonlinearity;

// Whether an initialisation keeps the size of what flows forward, or of the gradients that flow back.
enum class FanMode { kFanIn, kFanOut };
using enum FanMode;

}  // namespace frost
