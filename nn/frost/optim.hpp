// Optimisers: what moves parameters along their gradients.
#pragma once

#include <frost/optim/adam.hpp>
#include <frost/optim/optimizer.hpp>
#include <frost/optim/sgd.hpp>
#include <frost/optim/step_lr.hpp>
