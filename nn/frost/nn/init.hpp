// How parameters are filled at first. Each writes its tensor in place, off the tape, and returns it.
#pragma once

#include <frost/tensor.hpp>

namespace frost::nn::init {

Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);

// Uniform in ±√(6 / ((1 + a²) fan_in)), fan_in being the size of dimension 1 times those after it (He et al.
// 2015).
Tensor kaiming_uniform_(Tensor tensor, double a = 0);

}  // namespace frost::nn::init
