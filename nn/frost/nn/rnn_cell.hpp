// Recurrent cells: one step of a recurrence as a layer. <frost/nn/recurrence.hpp> has the formulas.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/enums.hpp>
#include <frost/nn/options.hpp>
#include <frost/nn/recurrence.hpp>

#include <string>
#include <tuple>

namespace frost::nn {

namespace detail {

template <class Options>
class RecurrentCellOptions : public OptionsOf<Options> {
 public:
  RecurrentCellOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  Options& input_size(int64_t size) { return this->set(input_size_, size); }
  Options& hidden_size(int64_t size) { return this->set(hidden_size_, size); }
  Options& bias(bool on) { return this->set(bias_, on); }
  int64_t input_size() const { return input_size_; }
  int64_t hidden_size() const { return hidden_size_; }
  bool bias() const { return bias_; }

 private:
  int64_t input_size_, hidden_size_;
  bool bias_ = true;
};

// weight_ih [G·hidden_size, input_size], weight_hh [G·hidden_size, hidden_size], bias_ih and bias_hh
// [G·hidden_size] for the G gates; uniform in ±1/√hidden_size at first.
class RecurrentCellImpl : public Module {
 public:
  void reset_parameters();
  void pretty_print(std::ostream& out) const override;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  RecurrentCellImpl(std::string name, Recurrence kind, int64_t input_size, int64_t hidden_size, bool bias);
  void register_weights();
  // The next state from input [B, input_size]; an undefined state is zeros.
  RecurrentState step(const Tensor& input, const RecurrentState& state) const;

 private:
  std::string name_;
  Recurrence kind_;
  int64_t input_size_, hidden_size_;
  bool bias_;
};

}  // namespace detail

struct RNNCellOptions : detail::RecurrentCellOptions<RNNCellOptions> {
  using RecurrentCellOptions::RecurrentCellOptions;
  RNNCellOptions& nonlinearity(Nonlinearity function) {  // kTanh or kReLU
    return set(nonlinearity_, function);
  }
  Nonlinearity nonlinearity() const { return nonlinearity_; }

 private:
  Nonlinearity nonlinearity_ = kTanh;
};

// h' [B, hidden_size] from input [B, input_size] and h, which is zeros where undefined.
class RNNCellImpl : public Cloneable<RNNCellImpl, detail::RecurrentCellImpl> {
 public:
  RNNCellImpl(int64_t input_size, int64_t hidden_size)
      : RNNCellImpl(RNNCellOptions(input_size, hidden_size)) {}
  explicit RNNCellImpl(const RNNCellOptions& options);
  void reset() override { register_weights(); }
  Tensor forward(const Tensor& input, const Tensor& hx = {}) const { return step(input, {hx, {}}).h; }
  RNNCellOptions options;
};
TORCH_MODULE(RNNCell);

struct GRUCellOptions : detail::RecurrentCellOptions<GRUCellOptions> {
  using RecurrentCellOptions::RecurrentCellOptions;
};

class GRUCellImpl : public Cloneable<GRUCellImpl, detail::RecurrentCellImpl> {
 public:
  GRUCellImpl(int64_t input_size, int64_t hidden_size)
      : GRUCellImpl(GRUCellOptions(input_size, hidden_size)) {}
  explicit GRUCellImpl(const GRUCellOptions& options);
  void reset() override { register_weights(); }
  Tensor forward(const Tensor& input, const Tensor& hx = {}) const { return step(input, {hx, {}}).h; }
  GRUCellOptions options;
};
TORCH_MODULE(GRUCell);

struct LSTMCellOptions : detail::RecurrentCellOptions<LSTMCellOptions> {
  using RecurrentCellOptions::RecurrentCellOptions;
};

// (h', c') from (h, c).
class LSTMCellImpl : public Cloneable<LSTMCellImpl, detail::RecurrentCellImpl> {
 public:
  using State = std::tuple<Tensor, Tensor>;

  LSTMCellImpl(int64_t input_size, int64_t hidden_size)
      : LSTMCellImpl(LSTMCellOptions(input_size, hidden_size)) {}
  explicit LSTMCellImpl(const LSTMCellOptions& options);
  void reset() override { register_weights(); }
  State forward(const Tensor& input, const optional<State>& hx = {}) const;
  LSTMCellOptions options;
};
TORCH_MODULE(LSTMCell);

}  // namespace frost::nn
