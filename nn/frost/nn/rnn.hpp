// Recurrent layers over whole sequences: RNN, GRU, LSTM.
//
//   nn::GRU gru(nn::GRUOptions(64, 128).batch_first(true).bidirectional(true));
//   auto [output, last] = gru->forward_with_lengths(input, lengths);   // [B, T, 256], [2, B, 128]
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/enums.hpp>
#include <frost/nn/options.hpp>
#include <frost/nn/recurrence.hpp>
#include <frost/nn/utils/rnn.hpp>

#include <string>
#include <tuple>
#include <vector>

namespace frost::nn {

namespace detail {

// What the options of all three have, L layers of D directions each.
struct RecurrentSettings {
  int64_t input_size, hidden_size;
  int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;  // [B, T, *] for [T, B, *]
  double dropout = 0;        // between layers, while training: with one layer it has no effect
  bool bidirectional = false;

  int64_t directions() const { return bidirectional ? 2 : 1; }
};

template <class Options>
class RecurrentOptions : public OptionsOf<Options> {
 public:
  RecurrentOptions(int64_t input_size, int64_t hidden_size) : settings_{input_size, hidden_size} {}
  Options& input_size(int64_t size) { return this->set(settings_.input_size, size); }
  Options& hidden_size(int64_t size) { return this->set(settings_.hidden_size, size); }
  Options& num_layers(int64_t layers) { return this->set(settings_.num_layers, layers); }
  Options& bias(bool on) { return this->set(settings_.bias, on); }
  Options& batch_first(bool on) { return this->set(settings_.batch_first, on); }
  Options& dropout(double p) { return this->set(settings_.dropout, p); }
  Options& bidirectional(bool on) { return this->set(settings_.bidirectional, on); }
  int64_t input_size() const { return settings_.input_size; }
  int64_t hidden_size() const { return settings_.hidden_size; }
  int64_t num_layers() const { return settings_.num_layers; }
  bool bias() const { return settings_.bias; }
  bool batch_first() const { return settings_.batch_first; }
  double dropout() const { return settings_.dropout; }
  bool bidirectional() const { return settings_.bidirectional; }
  const RecurrentSettings& settings() const { return settings_; }

 private:
  RecurrentSettings settings_;
};

// What all three are: for each layer l and direction the parameters weight_ih_l<l>, weight_hh_l<l>,
// bias_ih_l<l> and bias_hh_l<l>, with _reverse after the name for the second direction; uniform in
// ±1/√hidden_size at first. Layers after the first read both directions' outputs side by side.
class RecurrentImpl : public Module {
 public:
  void reset_parameters();
  std::vector<Tensor> all_weights() const { return parameters(); }
  void flatten_parameters() {}  // there is but one way that they lie in memory
  void pretty_print(std::ostream& out) const override;

 protected:
  // Output and last states, as RNNImpl has them.
  struct Result {
    Tensor output;
    RecurrentState last;
  };
  struct PackedResult {
    utils::rnn::PackedSequence output;
    RecurrentState last;
  };

  RecurrentImpl(std::string name, Recurrence kind, const RecurrentSettings& settings);
  void register_weights();
  // Undefined initial states are zeros.
  Result run(const Tensor& input, const RecurrentState& initial) const;
  PackedResult run(const utils::rnn::PackedSequence& input, const RecurrentState& initial) const;
  Result run(const Tensor& input, const Tensor& lengths, const RecurrentState& initial) const;

 private:
  struct Weights {
    Tensor ih, hh, bias_ih, bias_hh;
  };
  void check_input(const Tensor& input, int64_t dims) const;
  RecurrentState initial_state(const RecurrentState& given, const Tensor& input, int64_t batch) const;
  Result run_layers(Tensor rows, const RecurrentState& initial, IntArrayRef batch_sizes) const;

  std::string name_;
  Recurrence kind_;
  RecurrentSettings settings_;
  std::vector<Weights> weights_;  // by layer, then direction
};

// Those that remember h alone. input is [T, B, input_size], or with batch_first [B, T, input_size]; hx, the
// initial h, is [L·D, B, hidden_size], by layer, then direction, and zeros where undefined. They return
// the last layer's h after each step, [T, B, D·hidden_size] or [B, T, D·hidden_size], and the last h of every
// layer and direction, like hx.
class HiddenStateImpl : public RecurrentImpl {
 public:
  std::tuple<Tensor, Tensor> forward(const Tensor& input, const Tensor& hx = {}) const;
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, const Tensor& hx = {}) const;
  // Of a padded batch, sequence b having lengths[b] real steps (Long, 0 ≤ lengths[b] ≤ T). Only real steps
  // are computed: the padding's output is 0, the last state is that after the last real step, at which the
  // reverse direction begins, and a sequence of length 0 keeps its initial state. What the padding holds and
  // how much of it there is changes no bit of the real steps' outputs and gradients, and its gradient is
  // exactly 0.
  std::tuple<Tensor, Tensor> forward_with_lengths(const Tensor& input, const Tensor& lengths,
                                                  const Tensor& hx = {}) const;

 protected:
  using RecurrentImpl::RecurrentImpl;
};

}  // namespace detail

struct RNNOptions : detail::RecurrentOptions<RNNOptions> {
  using RecurrentOptions::RecurrentOptions;
  RNNOptions& nonlinearity(Nonlinearity function) { return set(nonlinearity_, function); }  // kTanh or kReLU
  Nonlinearity nonlinearity() const { return nonlinearity_; }

 private:
  Nonlinearity nonlinearity_ = kTanh;
};

class RNNImpl : public Cloneable<RNNImpl, detail::HiddenStateImpl> {
 public:
  RNNImpl(int64_t input_size, int64_t hidden_size) : RNNImpl(RNNOptions(input_size, hidden_size)) {}
  explicit RNNImpl(const RNNOptions& options);
  void reset() override { register_weights(); }
  RNNOptions options;
};
TORCH_MODULE(RNN);

struct GRUOptions : detail::RecurrentOptions<GRUOptions> {
  using RecurrentOptions::RecurrentOptions;
};

class GRUImpl : public Cloneable<GRUImpl, detail::HiddenStateImpl> {
 public:
  GRUImpl(int64_t input_size, int64_t hidden_size) : GRUImpl(GRUOptions(input_size, hidden_size)) {}
  explicit GRUImpl(const GRUOptions& options);
  void reset() override { register_weights(); }
  GRUOptions options;
};
TORCH_MODULE(GRU);

struct LSTMOptions : detail::RecurrentOptions<LSTMOptions> {
  using RecurrentOptions::RecurrentOptions;
};

// As the others, its state being (h, c), each [L·D, B, hidden_size].
class LSTMImpl : public Cloneable<LSTMImpl, detail::RecurrentImpl> {
 public:
  using State = std::tuple<Tensor, Tensor>;

  LSTMImpl(int64_t input_size, int64_t hidden_size) : LSTMImpl(LSTMOptions(input_size, hidden_size)) {}
  explicit LSTMImpl(const LSTMOptions& options);
  void reset() override { register_weights(); }
  std::tuple<Tensor, State> forward(const Tensor& input, const optional<State>& hx = {}) const;
  std::tuple<utils::rnn::PackedSequence, State> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, const optional<State>& hx = {}) const;
  std::tuple<Tensor, State> forward_with_lengths(const Tensor& input, const Tensor& lengths,
                                                 const optional<State>& hx = {}) const;
  LSTMOptions options;
};
TORCH_MODULE(LSTM);

}  // namespace frost::nn
