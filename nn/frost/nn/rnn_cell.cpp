#include <frost/nn/rnn_cell.hpp>

#include <frost/nn/functional.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <cmath>
#include <ostream>
#include <utility>

namespace frost::nn {

namespace detail {

RecurrentCellImpl::RecurrentCellImpl(std::string name, Recurrence kind, int64_t input_size,
                                     int64_t hidden_size, bool bias)
    : name_(std::move(name)), kind_(kind), input_size_(input_size), hidden_size_(hidden_size), bias_(bias) {
  check(input_size >= 0, name_, "input_size must not be negative, got ", input_size);
  check(hidden_size > 0, name_, "hidden_size must be positive, got ", hidden_size);
  checked_numel({gate_count(kind), hidden_size}, name_);
}

void RecurrentCellImpl::register_weights() {
  const int64_t rows = gate_count(kind_) * hidden_size_;
  weight_ih = register_parameter("weight_ih", empty({rows, input_size_}));
  weight_hh = register_parameter("weight_hh", empty({rows, hidden_size_}));
  bias_ih = register_parameter("bias_ih", bias_ ? empty({rows}) : Tensor());
  bias_hh = register_parameter("bias_hh", bias_ ? empty({rows}) : Tensor());
  reset_parameters();
}

void RecurrentCellImpl::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size_));
  for (const Tensor& parameter : parameters()) init::uniform_(parameter, -bound, bound);
}

void RecurrentCellImpl::pretty_print(std::ostream& out) const {
  out << "torch::nn::" << name_ << "(" << input_size_ << ", " << hidden_size_;
  if (!bias_) out << ", bias=false";
  if (kind_ == Recurrence::RNNReLU) out << ", nonlinearity=kReLU";
  out << ")";
}

RecurrentState RecurrentCellImpl::step(const Tensor& input, const RecurrentState& state) const {
  check_defined(input, name_);
  check(input.dim() == 2, name_, "input must be [B, input_size], got ", input.sizes());
  check(input.size(1) == input_size_, name_, "input has inconsistent input_size: got ", input.size(1),
        " expected ", input_size_);
  check_dtype(input, weight_ih, name_, "input");
  const bool is_lstm = kind_ == Recurrence::LSTM;
  const auto given_or_zeros = [this, &input](const Tensor& h, const char* what) {
    if (!h.defined()) return zeros({input.size(0), hidden_size_}, input.scalar_type());
    check(h.dim() == 2, name_, what, " must be [B, hidden_size], got ", h.sizes());
    check(h.size(0) == input.size(0), name_, "Input batch size ", input.size(0), " doesn't match ", what,
          " batch size ", h.size(0));
    check(h.size(1) == hidden_size_, name_, what, " has inconsistent hidden_size: got ", h.size(1),
          ", expected ", hidden_size_);
    check_dtype(h, weight_ih, name_, what);
    return h;
  };
  const RecurrentState before{given_or_zeros(state.h, is_lstm ? "hidden[0]" : "hidden"),
                              is_lstm ? given_or_zeros(state.c, "hidden[1]") : Tensor()};
  return recurrent_step(kind_, functional::linear(input, weight_ih, bias_ih), before, weight_hh, bias_hh);
}

}  // namespace detail

RNNCellImpl::RNNCellImpl(const RNNCellOptions& cell_options)
    : Cloneable("RNNCell", rnn_kind(cell_options.nonlinearity()), cell_options.input_size(),
                cell_options.hidden_size(), cell_options.bias()),
      options(cell_options) {
  reset();
}

GRUCellImpl::GRUCellImpl(const GRUCellOptions& cell_options)
    : Cloneable("GRUCell", Recurrence::GRU, cell_options.input_size(), cell_options.hidden_size(),
                cell_options.bias()),
      options(cell_options) {
  reset();
}

LSTMCellImpl::LSTMCellImpl(const LSTMCellOptions& cell_options)
    : Cloneable("LSTMCell", Recurrence::LSTM, cell_options.input_size(), cell_options.hidden_size(),
                cell_options.bias()),
      options(cell_options) {
  reset();
}

LSTMCellImpl::State LSTMCellImpl::forward(const Tensor& input, const optional<State>& hx) const {
  const RecurrentState before = hx ? RecurrentState{std::get<0>(*hx), std::get<1>(*hx)} : RecurrentState{};
  const RecurrentState after = step(input, before);
  return {after.h, after.c};
}

}  // namespace frost::nn
