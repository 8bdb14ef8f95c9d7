// The engine: tensors, the tape, the ops.
#pragma once

#include <frost/anomaly_mode.hpp>
#include <frost/error.hpp>
#include <frost/grad_mode.hpp>
#include <frost/indexing.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/memory.hpp>
#include <frost/ops.hpp>
#include <frost/options.hpp>
#include <frost/tape.hpp>
#include <frost/tensor.hpp>
#include <frost/version.hpp>
