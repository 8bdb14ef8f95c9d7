// RNN, GRU, LSTM, their cells, and packing.
#include "peer.hpp"

#include <sstream>
#include <tuple>

namespace {

namespace rnn = fw::nn::utils::rnn;
using State = std::tuple<fw::Tensor, fw::Tensor>;

template <class Module>
std::string printed(const Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

// Numbers in [-1, 1], and a scalar loss that weighs every element of x differently.
fw::Tensor input(fw::IntArrayRef sizes, fw::Dtype dtype = fw::kFloat) {
  return (fw::rand(sizes, dtype) * 2 - 1).detach().requires_grad_();
}
fw::Tensor loss(const fw::Tensor& x) {
  return (x * fw::linspace(-1, 1, x.numel(), x.options()).view(x.sizes())).sum();
}
fw::Tensor loss(const State& state) { return loss(std::get<0>(state)) + 2 * loss(std::get<1>(state)); }

void show_state(const fw::Tensor& state) { peer::show_values("last", state); }
void show_state(const State& state) {
  peer::show_values("last h", std::get<0>(state));
  peer::show_values("last c", std::get<1>(state));
}

void show_parameters(const fw::nn::Module& module) {
  for (const auto& parameter : module.named_parameters()) peer::show(parameter.key(), parameter.value());
}
void show_grads(const fw::nn::Module& module, const std::vector<fw::Tensor>& inputs) {
  for (const fw::Tensor& x : inputs) peer::show_values("grad", x.grad());
  for (const auto& parameter : module.named_parameters())
    peer::show_values("grad of " + parameter.key(), parameter.value().grad());
}

// The initial state of a layer, as a function of what it takes.
struct Hidden {
  static constexpr bool is_lstm = false;
  static fw::Tensor from(const fw::Tensor& h, const fw::Tensor&) { return h; }
};
struct HiddenAndCell {
  static constexpr bool is_lstm = true;
  static State from(const fw::Tensor& h, const fw::Tensor& c) { return std::make_tuple(h, c); }
};

template <class Layer, class Initial, class Options>
void compare(const Options& options, fw::Dtype dtype = fw::kFloat) {
  fw::manual_seed(5);
  Layer layer(options);
  peer::show("printed", printed(layer));
  show_parameters(*layer);
  layer->to(dtype);
  const int64_t states = options.num_layers() * (options.bidirectional() ? 2 : 1);
  const int64_t batch = 3, steps = 4, size = options.hidden_size();
  const fw::Tensor x = options.batch_first() ? input({batch, steps, options.input_size()}, dtype)
                                             : input({steps, batch, options.input_size()}, dtype);
  const fw::Tensor h = input({states, batch, size}, dtype), c = input({states, batch, size}, dtype);
  const std::vector<fw::Tensor> inputs =
      Initial::is_lstm ? std::vector<fw::Tensor>{x, h, c} : std::vector<fw::Tensor>{x, h};
  const auto forget = [&] {
    layer->zero_grad();
    for (const fw::Tensor& tensor : inputs) tensor.mutable_grad() = fw::Tensor();
  };
  {
    const auto [output, last] = layer(x);
    peer::show_values("output", output);
    show_state(last);
    (loss(output) + loss(last)).backward();
    show_grads(*layer, {x});
    forget();
  }
  {
    const auto [output, last] = layer(x, Initial::from(h, c));
    peer::show_values("output from hx", output);
    show_state(last);
    (loss(output) + loss(last)).backward();
    show_grads(*layer, inputs);
    forget();
  }
  for (const bool enforce_sorted : {true, false}) {
    const fw::Tensor lengths = enforce_sorted ? fw::tensor(std::vector<int64_t>{4, 2, 1})
                                              : fw::tensor(std::vector<int64_t>{2, 1, 4});
    const auto packed = rnn::pack_padded_sequence(x, lengths, options.batch_first(), enforce_sorted);
    const auto [output, last] = layer->forward_with_packed_input(packed, Initial::from(h, c));
    peer::show_values("packed output", output.data());
    peer::show("batch sizes", output.batch_sizes());
    show_state(last);
    const auto [padded, counts] = rnn::pad_packed_sequence(output, options.batch_first());
    peer::show_values("padded", padded);
    peer::show("lengths", counts);
    (loss(padded) + loss(last)).backward();
    show_grads(*layer, inputs);
    forget();
  }
  layer->eval();
  peer::show_values("in eval", std::get<0>(layer(x)));
}

template <class Layer, class Options, class Initial>
void compare_all() {
  compare<Layer, Initial>(Options(2, 3));
  compare<Layer, Initial>(Options(2, 3).num_layers(2).bidirectional(true).batch_first(true));
  compare<Layer, Initial>(Options(5, 4).num_layers(2).bias(false), fw::kDouble);
  compare<Layer, Initial>(Options(3, 9).num_layers(3).bidirectional(true).dropout(0.4));
  compare<Layer, Initial>(Options(3, 2).num_layers(2).dropout(1));
}

const peer::Section rnns("recurrent/rnn", [] {
  compare_all<fw::nn::RNN, fw::nn::RNNOptions, Hidden>();
  compare<fw::nn::RNN, Hidden>(fw::nn::RNNOptions(2, 3).nonlinearity(fw::kReLU).bidirectional(true));
});
const peer::Section grus("recurrent/gru", [] { compare_all<fw::nn::GRU, fw::nn::GRUOptions, Hidden>(); });
const peer::Section lstms("recurrent/lstm",
                          [] { compare_all<fw::nn::LSTM, fw::nn::LSTMOptions, HiddenAndCell>(); });

const peer::Section edges("recurrent/edges", [] {
  fw::manual_seed(5);
  fw::nn::GRU gru(2, 3);
  const auto [output, last] = gru(fw::zeros({3, 0, 2}));
  peer::show_values("no sequences", output);
  peer::show_values("last", last);
  const auto x = input({1, 1, 2});
  peer::show_values("one step", std::get<0>(gru(x)));
  peer::show("grad_fn of the last state", peer::grad_fn_name(std::get<1>(gru(x))));
  peer::show("weights", static_cast<int64_t>(gru->all_weights().size()));
  const fw::Tensor frozen = fw::rand({2, 2, 2});
  for (const fw::Tensor& parameter : gru->parameters()) parameter.set_requires_grad(false);
  peer::show("frozen", std::get<0>(gru(frozen)).requires_grad());
});

template <class Cell>
void compare_cell(Cell cell, bool has_bias) {
  peer::show("printed", printed(cell));
  show_parameters(*cell);
  peer::show("has bias", cell->bias_hh.defined() == has_bias);
  const fw::Tensor x = input({2, 3}), h = input({2, 4}), c = input({2, 4});
  if constexpr (std::is_same_v<Cell, fw::nn::LSTMCell>) {
    show_state(cell(x));
    const State state = cell(x, std::make_tuple(h, c));
    show_state(state);
    peer::show("grad_fn", peer::grad_fn_name(std::get<0>(state)) + peer::grad_fn_name(std::get<1>(state)));
    loss(state).backward();
    show_grads(*cell, {x, h, c});
  } else {
    show_state(cell(x));
    const fw::Tensor state = cell(x, h);
    peer::show("state", state);
    loss(state).backward();
    show_grads(*cell, {x, h});
  }
}

const peer::Section cells("recurrent/cells", [] {
  fw::manual_seed(5);
  compare_cell(fw::nn::RNNCell(3, 4), true);
  compare_cell(fw::nn::RNNCell(fw::nn::RNNCellOptions(3, 4).nonlinearity(fw::kReLU).bias(false)), false);
  compare_cell(fw::nn::GRUCell(3, 4), true);
  compare_cell(fw::nn::GRUCell(fw::nn::GRUCellOptions(3, 4).bias(false)), false);
  compare_cell(fw::nn::LSTMCell(3, 4), true);
  compare_cell(fw::nn::LSTMCell(fw::nn::LSTMCellOptions(3, 4).bias(false)), false);
});

const peer::Section packing("recurrent/packing", [] {
  fw::manual_seed(5);
  const fw::Tensor x = input({3, 4, 2});
  for (const bool batch_first : {false, true})
    for (const bool enforce_sorted : {false, true}) {
      std::vector<int64_t> counts =
          batch_first ? std::vector<int64_t>{4, 2, 1} : std::vector<int64_t>{3, 3, 2, 1};
      if (!enforce_sorted) std::swap(counts[0], counts[2]);
      const auto packed = rnn::pack_padded_sequence(x, fw::tensor(counts), batch_first, enforce_sorted);
      peer::show("data", packed.data());
      peer::show("batch sizes", packed.batch_sizes());
      peer::show("sorted", packed.sorted_indices().defined());
      if (!enforce_sorted) {
        peer::show("unsorted indices of sorted ones",
                   packed.unsorted_indices().index({packed.sorted_indices()}));
      }
      for (const bool out_first : {false, true}) {
        const auto again = rnn::pack_padded_sequence(x, fw::tensor(counts), batch_first, enforce_sorted);
        const auto [padded, lengths] = rnn::pad_packed_sequence(again, out_first, -2, 5);
        peer::show_values("padded", padded);
        peer::show("lengths", lengths);
        loss(padded).backward();
        peer::show_values("grad", x.grad());
      }
    }
  const auto joined = rnn::pack_sequence({input({1, 2}), input({3, 2}), input({2, 2})}, false);
  peer::show_values("pack_sequence", joined.data());
  peer::show("sorted indices", joined.sorted_indices());
  peer::show_values("in Double", joined.to(fw::kDouble).data());
  peer::show_values("1-dim sequences", rnn::pack_sequence({fw::ones({3}), fw::zeros({2})}).data());
});

const peer::Section errors("recurrent/errors", [] {
  fw::nn::GRU gru(2, 3);
  fw::nn::LSTM lstm(2, 3);
  const fw::Tensor x = fw::zeros({4, 2, 2});
  peer::show_error("input must have 3 dimensions, got 2", [&] { gru(x[0]); });
  peer::show_error("input.size(-1) must be equal to input_size. Expected 2, got 5", [&] {
    gru(fw::zeros({4, 2, 5}));
  });
  peer::show_error("Expected sequence length to be larger than 0 in RNN", [&] { gru(fw::zeros({0, 2, 2})); });
  peer::show_error("Expected hidden size", [&] { gru(x, fw::zeros({1, 3, 3})); });
  peer::show_error("Expected hidden size", [&] { gru(x, fw::zeros({2, 3})); });
  peer::show_error("Expected hidden[0] size", [&] {
    lstm(x, std::make_tuple(fw::zeros({1, 3, 3}), fw::zeros({1, 2, 3})));
  });
  peer::show_error("Expected hidden[1] size", [&] {
    lstm(x, std::make_tuple(fw::zeros({1, 2, 3}), fw::zeros({1, 2, 4})));
  });
  peer::show_error("input must have 2 dimensions, got 3", [&] {
    gru->forward_with_packed_input(rnn::pack_sequence({fw::zeros({2, 2, 2})}));
  });
  peer::show_whether_throws("Double for Float", [&] { gru(x.to(fw::kDouble)); });
  peer::show_whether_throws("Double state for Float", [&] { gru(x, fw::zeros({1, 2, 3}, fw::kDouble)); });
  peer::show_whether_throws("undefined", [&] { gru(fw::Tensor()); });
  peer::show_error("dropout should be a number in range [0, 1]",
                   [] { fw::nn::GRU layer(fw::nn::GRUOptions(2, 3).dropout(1.5)); });

  fw::nn::GRUCell cell(2, 3);
  fw::nn::LSTMCell lstm_cell(2, 3);
  peer::show_error("input has inconsistent input_size: got 3 expected 2", [&] { cell(fw::zeros({2, 3})); });
  peer::show_error("Input batch size 2 doesn't match hidden batch size 3", [&] {
    cell(x[0], fw::zeros({3, 3}));
  });
  peer::show_error("hidden has inconsistent hidden_size: got 4, expected 3", [&] {
    cell(x[0], fw::zeros({2, 4}));
  });
  peer::show_error("hidden[1] has inconsistent hidden_size: got 4, expected 3", [&] {
    lstm_cell(x[0], std::make_tuple(fw::zeros({2, 3}), fw::zeros({2, 4})));
  });
  peer::show_whether_throws("1-dim input", [&] { cell(fw::zeros({2})); });

  const auto lengths = [](std::vector<int64_t> values) { return fw::tensor(values); };
  peer::show_error("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True", [&] {
    rnn::pack_padded_sequence(x, lengths({2, 3}));
  });
  peer::show_error("Expected `len(lengths)` to be equal to batch_size, but got 3 (batch_size=2)", [&] {
    rnn::pack_padded_sequence(x, lengths({3, 2, 1}));
  });
  peer::show_error(
      "Length of all samples has to be greater than 0, but found an element in 'lengths' that is", [&] {
        rnn::pack_padded_sequence(x, lengths({3, 0}));
      });
  peer::show_error("Cannot pack empty tensors.", [&] {
    rnn::pack_padded_sequence(fw::zeros({0, 2, 2}), lengths({0, 0}));
  });
  peer::show_error("'lengths' argument should be a 1D CPU int64 tensor, but got 2D", [&] {
    rnn::pack_padded_sequence(x, lengths({3, 2}).view({1, 2}));
  });
  peer::show_error(
      "Expected total_length to be at least the length of the longest sequence in input, but got "
      "total_length=2 and max sequence length being 3",
      [&] {
        rnn::pad_packed_sequence(rnn::pack_padded_sequence(x, lengths({3, 2})), false, 0, 2);
      });
  peer::show_error("received an empty list of sequences",
                   [] { rnn::pack_sequence(std::vector<fw::Tensor>()); });
});

}  // namespace
