#include <frost/nn/rnn.hpp>

#include <frost/nn/functional.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <cmath>
#include <ostream>
#include <utility>

namespace frost::nn {

namespace detail {

using utils::rnn::PackedSequence;

namespace {

// Of L·D states [L·D, B, *] those of one layer and direction.
RecurrentState at(const RecurrentState& states, int64_t i) {
  return {select(states.h, 0, i), states.c.defined() ? select(states.c, 0, i) : Tensor()};
}

// The states of the sequences in another order.
RecurrentState reordered(const RecurrentState& states, const Tensor& order) {
  if (!order.defined()) return states;
  return {states.h.defined() ? index_select(states.h, 1, order) : Tensor(),
          states.c.defined() ? index_select(states.c, 1, order) : Tensor()};
}

void check_state(const Tensor& state, IntArrayRef expected, const Tensor& weight, const std::string& name,
                 const char* what) {
  check(state.sizes() == expected, name, "Expected ", what, " size ", expected, ", got ", state.sizes());
  check_dtype(state, weight, name, what);
}

}  // namespace

RecurrentImpl::RecurrentImpl(std::string name, Recurrence kind, const RecurrentSettings& settings)
    : name_(std::move(name)), kind_(kind), settings_(settings) {
  check(settings.dropout >= 0 && settings.dropout <= 1, name_,
        "dropout should be a number in range [0, 1] representing the probability of an element being zeroed, "
        "got ",
        settings.dropout);
  check(settings.input_size >= 0, name_, "input_size must not be negative, got ", settings.input_size);
  check(settings.hidden_size > 0, name_, "hidden_size must be positive, got ", settings.hidden_size);
  check(settings.num_layers > 0, name_, "num_layers must be positive, got ", settings.num_layers);
  check_room(settings.num_layers, sizeof(Weights), name_);
  checked_numel({gate_count(kind_), settings.directions(), settings.hidden_size}, name_);
}

void RecurrentImpl::register_weights() {
  weights_.clear();
  const int64_t rows = gate_count(kind_) * settings_.hidden_size;
  for (int64_t layer = 0; layer < settings_.num_layers; ++layer)
    for (int64_t direction = 0; direction < settings_.directions(); ++direction) {
      const int64_t columns =
          layer == 0 ? settings_.input_size : settings_.directions() * settings_.hidden_size;
      const std::string suffix = "_l" + std::to_string(layer) + (direction == 1 ? "_reverse" : "");
      Weights weights;
      weights.ih = register_parameter("weight_ih" + suffix, empty({rows, columns}));
      weights.hh = register_parameter("weight_hh" + suffix, empty({rows, settings_.hidden_size}));
      if (settings_.bias) {
        weights.bias_ih = register_parameter("bias_ih" + suffix, empty({rows}));
        weights.bias_hh = register_parameter("bias_hh" + suffix, empty({rows}));
      }
      weights_.push_back(std::move(weights));
    }
  reset_parameters();
}

void RecurrentImpl::reset_parameters() {
  const double bound = 1 / std::sqrt(static_cast<double>(settings_.hidden_size));
  for (const Tensor& parameter : parameters()) init::uniform_(parameter, -bound, bound);
}

void RecurrentImpl::pretty_print(std::ostream& out) const {
  out << std::boolalpha << "torch::nn::" << name_ << "(input_size=" << settings_.input_size
      << ", hidden_size=" << settings_.hidden_size << ", num_layers=" << settings_.num_layers
      << ", bias=" << settings_.bias << ", batch_first=" << settings_.batch_first
      << ", dropout=" << settings_.dropout << ", bidirectional=" << settings_.bidirectional << ")";
}

void RecurrentImpl::check_input(const Tensor& input, int64_t dims) const {
  check_defined(input, name_);
  check(input.dim() == dims, name_, "input must have ", dims, " dimensions, got ", input.dim());
  check(input.size(-1) == settings_.input_size, name_,
        "input.size(-1) must be equal to input_size. Expected ", settings_.input_size, ", got ",
        input.size(-1));
  check_dtype(input, weights_[0].ih, name_, "input");
}

RecurrentState RecurrentImpl::initial_state(const RecurrentState& given, const Tensor& input,
                                            int64_t batch) const {
  const bool is_lstm = kind_ == Recurrence::LSTM;
  const Dims expected = {settings_.num_layers * settings_.directions(), batch, settings_.hidden_size};
  if (given.h.defined())
    check_state(given.h, expected, weights_[0].hh, name_, is_lstm ? "hidden[0]" : "hidden");
  if (given.c.defined()) check_state(given.c, expected, weights_[0].hh, name_, "hidden[1]");
  const auto given_or_zeros = [&expected, &input](const Tensor& state) {
    return state.defined() ? state : zeros(expected, input.scalar_type());
  };
  return {given_or_zeros(given.h), is_lstm ? given_or_zeros(given.c) : Tensor()};
}

RecurrentImpl::Result RecurrentImpl::run_layers(Tensor rows, const RecurrentState& initial,
                                                IntArrayRef batch_sizes) const {
  const int64_t directions = settings_.directions();
  const functional::DropoutFuncOptions dropout =
      functional::DropoutFuncOptions().p(settings_.dropout).training(is_training());
  std::vector<Tensor> h, c;
  for (int64_t layer = 0; layer < settings_.num_layers; ++layer) {
    if (layer > 0) rows = functional::dropout(rows, dropout);
    std::vector<RecurrentDirection> run;
    for (int64_t i = layer * directions; i < (layer + 1) * directions; ++i) {
      const Weights& weights = weights_[static_cast<size_t>(i)];
      run.push_back({weights.ih, weights.hh, weights.bias_ih, weights.bias_hh, at(initial, i)});
    }
    Recurred result = recur(kind_, rows, run, batch_sizes);
    rows = std::move(result.output);
    for (RecurrentState& last : result.last) {
      h.push_back(std::move(last.h));
      if (last.c.defined()) c.push_back(std::move(last.c));
    }
  }
  return {rows, {stack(h), c.empty() ? Tensor() : stack(c)}};
}

RecurrentImpl::Result RecurrentImpl::run(const Tensor& input, const RecurrentState& initial) const {
  check_input(input, 3);
  const Tensor by_step = settings_.batch_first ? transpose(input, 0, 1) : input;
  const int64_t steps = by_step.size(0), batch = by_step.size(1);
  const RecurrentState states = initial_state(initial, input, batch);
  check(steps > 0, name_, "Expected sequence length to be larger than 0 in RNN");
  check_room(steps, sizeof(int64_t), name_);
  const std::vector<int64_t> batch_sizes(static_cast<size_t>(steps), batch);
  const Result result = run_layers(reshape(by_step, {steps * batch, input.size(2)}), states, batch_sizes);
  const Tensor output = result.output.view({steps, batch, result.output.size(1)});
  return {settings_.batch_first ? transpose(output, 0, 1) : output, result.last};
}

RecurrentImpl::PackedResult RecurrentImpl::run(const PackedSequence& input,
                                               const RecurrentState& initial) const {
  check_input(input.data(), 2);
  const Tensor& counts = input.batch_sizes();
  const IntArrayRef batch_sizes(counts.data_ptr<int64_t>(), static_cast<size_t>(counts.numel()));
  const Tensor& order = input.sorted_indices();
  const int64_t batch = order.defined() ? order.numel() : batch_sizes.empty() ? 0 : batch_sizes[0];
  const RecurrentState states = initial_state(initial, input.data(), batch);
  const Result result = run_layers(input.data(), reordered(states, order), batch_sizes);
  return {PackedSequence(result.output, counts, order, input.unsorted_indices()),
          reordered(result.last, input.unsorted_indices())};
}

RecurrentImpl::Result RecurrentImpl::run(const Tensor& input, const Tensor& lengths,
                                         const RecurrentState& initial) const {
  check_input(input, 3);
  check_defined(lengths, name_, "lengths");
  check(lengths.scalar_type() == kLong, name_, "lengths must be Long, got ", lengths.scalar_type());
  const bool batch_first = settings_.batch_first;
  const PackedResult result =
      run(utils::rnn::pack_allowing_empty(input, lengths, batch_first, name_), initial);
  return {std::get<0>(utils::rnn::pad_packed_sequence(result.output, batch_first, 0,
                                                      input.size(batch_first ? 1 : 0))),
          result.last};
}

std::tuple<Tensor, Tensor> HiddenStateImpl::forward(const Tensor& input, const Tensor& hx) const {
  const Result result = run(input, {hx, {}});
  return {result.output, result.last.h};
}

std::tuple<PackedSequence, Tensor> HiddenStateImpl::forward_with_packed_input(
    const PackedSequence& packed_input, const Tensor& hx) const {
  const PackedResult result = run(packed_input, {hx, {}});
  return {result.output, result.last.h};
}

std::tuple<Tensor, Tensor> HiddenStateImpl::forward_with_lengths(const Tensor& input, const Tensor& lengths,
                                                                 const Tensor& hx) const {
  const Result result = run(input, lengths, {hx, {}});
  return {result.output, result.last.h};
}

}  // namespace detail

namespace {

RecurrentState state_of(const optional<LSTMImpl::State>& hx) {
  if (!hx) return {};
  check_defined(std::get<0>(*hx), "LSTM", "hidden[0]");
  check_defined(std::get<1>(*hx), "LSTM", "hidden[1]");
  return {std::get<0>(*hx), std::get<1>(*hx)};
}

}  // namespace

RNNImpl::RNNImpl(const RNNOptions& rnn_options)
    : Cloneable("RNN", rnn_kind(rnn_options.nonlinearity()), rnn_options.settings()), options(rnn_options) {
  reset();
}

GRUImpl::GRUImpl(const GRUOptions& gru_options)
    : Cloneable("GRU", Recurrence::GRU, gru_options.settings()), options(gru_options) {
  reset();
}

LSTMImpl::LSTMImpl(const LSTMOptions& lstm_options)
    : Cloneable("LSTM", Recurrence::LSTM, lstm_options.settings()), options(lstm_options) {
  reset();
}

std::tuple<Tensor, LSTMImpl::State> LSTMImpl::forward(const Tensor& input, const optional<State>& hx) const {
  const Result result = run(input, state_of(hx));
  return {result.output, {result.last.h, result.last.c}};
}

std::tuple<utils::rnn::PackedSequence, LSTMImpl::State> LSTMImpl::forward_with_packed_input(
    const utils::rnn::PackedSequence& packed_input, const optional<State>& hx) const {
  const PackedResult result = run(packed_input, state_of(hx));
  return {result.output, {result.last.h, result.last.c}};
}

std::tuple<Tensor, LSTMImpl::State> LSTMImpl::forward_with_lengths(const Tensor& input, const Tensor& lengths,
                                                                   const optional<State>& hx) const {
  const Result result = run(input, lengths, state_of(hx));
  return {result.output, {result.last.h, result.last.c}};
}

}  // namespace frost::nn
