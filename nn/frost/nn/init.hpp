// How parameters are filled at first. Each writes its tensor in place, off the tape, and returns it. Names,
// defaults and random numbers are libtorch's.
#pragma once

#include <frost/nn/enums.hpp>
#include <frost/tensor.hpp>

#include <tuple>

namespace frost::nn::init {

using NonlinearityType = Nonlinearity;
using FanModeType = FanMode;

Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
Tensor constant_(Tensor tensor, const Scalar& value);
Tensor ones_(Tensor tensor);
Tensor zeros_(Tensor tensor);
Tensor eye_(Tensor matrix);  // the identity, as far as a rectangle has one

// The factor by which a nonlinearity is to be made up for: 5/3 for tanh, √2 for ReLU, √(2 / (1 + param²)) for
// leaky ReLU of slope param, 1 for the others.
double calculate_gain(Nonlinearity nonlinearity, double param = 0.01);

// fan_in and fan_out below are the sizes of dimensions 1 and 0, each times those after them; an error where
// the tensor has fewer than two.
std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

// With std = gain √(2 / (fan_in + fan_out)) (Glorot and Bengio 2010): uniform in ±√3 std, or normal.
Tensor xavier_uniform_(Tensor tensor, double gain = 1);
Tensor xavier_normal_(Tensor tensor, double gain = 1);

// With std = gain / √fan, where gain is that of the nonlinearity with param a (He et al. 2015): uniform in
// ±√3 std, or normal.
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanMode mode = kFanIn,
                        Nonlinearity nonlinearity = kLeakyReLU);
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanMode mode = kFanIn,
                       Nonlinearity nonlinearity = kLeakyReLU);

// A random matrix with orthonormal rows, or columns if there are more rows, times gain (Saxe et al. 2013).
// The dims after the first count as one.
Tensor orthogonal_(Tensor tensor, double gain = 1);

}  // namespace frost::nn::init
