// Layers, masks and attention.
#pragma once

#include <frost/nn/activation.hpp>
#include <frost/nn/any_module.hpp>
#include <frost/nn/attention.hpp>
#include <frost/nn/cloneable.hpp>
#include <frost/nn/dropout.hpp>
#include <frost/nn/embedding.hpp>
#include <frost/nn/enums.hpp>
#include <frost/nn/freezing.hpp>
#include <frost/nn/functional.hpp>
#include <frost/nn/init.hpp>
#include <frost/nn/layer_norm.hpp>
#include <frost/nn/linear.hpp>
#include <frost/nn/loss.hpp>
#include <frost/nn/masks.hpp>
#include <frost/nn/module.hpp>
#include <frost/nn/module_list.hpp>
#include <frost/nn/muting.hpp>
#include <frost/nn/ordered_dict.hpp>
#include <frost/nn/rnn.hpp>
#include <frost/nn/rnn_cell.hpp>
#include <frost/nn/scores.hpp>
#include <frost/nn/sequential.hpp>
#include <frost/nn/utils/clip_grad.hpp>
#include <frost/nn/utils/convert_parameters.hpp>
#include <frost/nn/utils/rnn.hpp>
