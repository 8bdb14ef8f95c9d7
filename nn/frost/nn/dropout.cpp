#include <frost/nn/dropout.hpp>

#include <frost/nn/functional/dropout.hpp>

#include <ostream>

namespace frost::nn {

DropoutImpl::DropoutImpl(const DropoutOptions& dropout_options) : options(dropout_options) { reset(); }

void DropoutImpl::reset() {
  check(0 <= options.p() && options.p() <= 1, "Dropout",
        "dropout probability has to be between 0 and 1, but got ", options.p());
}

Tensor DropoutImpl::forward(const Tensor& x) const {
  return functional::dropout(x, functional::DropoutFuncOptions().p(options.p()).training(is_training()));
}

void DropoutImpl::pretty_print(std::ostream& out) const {
  out << "torch::nn::Dropout(p=" << options.p() << ", inplace=false)";
}

}  // namespace frost::nn
