// All of frost, as <torch/torch.h> is all of libtorch.
#pragma once

#include <frost/engine.hpp>
#include <frost/nn.hpp>
#include <frost/optim.hpp>
#include <frost/safetensors.hpp>
#include <frost/serialize.hpp>
