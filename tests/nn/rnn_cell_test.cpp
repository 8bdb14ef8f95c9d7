#include <frost/nn/rnn_cell.hpp>

#include <frost/nn/rnn.hpp>
#include <frost/ops.hpp>

#include "gradients.hpp"

#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

// Every weight and bias 1, so that with inputs and state of size 1 each gate is σ or tanh of x + h + 2.
template <class Cell>
Cell of_ones() {
  const Cell cell(1, 1);
  cell->to(kDouble);
  for (const Tensor& parameter : cell->parameters()) parameter.set_data(ones_like(parameter));
  return cell;
}

const Tensor kInput = tensor({{0.5}}, kDouble), kState = tensor({{-0.25}}, kDouble);

}  // namespace

TEST_CASE("RNNCell: tanh or relu of the sum", "[nn][rnn_cell]") {
  const nn::RNNCell cell = of_ones<nn::RNNCell>();
  CHECK(allclose(cell(kInput, kState), tensor({{std::tanh(2.25)}}, kDouble)));
  CHECK(allclose(cell(kInput), tensor({{std::tanh(2.5)}}, kDouble)));
  const nn::RNNCell rectified(nn::RNNCellOptions(1, 1).nonlinearity(kReLU).bias(false));
  rectified->weight_ih.set_data(ones({1, 1}));
  rectified->weight_hh.set_data(-ones({1, 1}));
  CHECK(same(rectified(tensor({{2.0}}), tensor({{0.5}})), tensor({{1.5}})));
  CHECK(same(rectified(tensor({{2.0}}), tensor({{3.0}})), tensor({{0.0}})));
}

TEST_CASE("GRUCell: the reset gate mutes W_hn h + b_hn, the update gate keeps h", "[nn][rnn_cell]") {
  const nn::GRUCell cell = of_ones<nn::GRUCell>();
  const double gate = 1 / (1 + std::exp(-2.25));
  const double candidate = std::tanh(0.5 + 1 + gate * (-0.25 + 1));
  CHECK(allclose(cell(kInput, kState), tensor({{(1 - gate) * candidate + gate * -0.25}}, kDouble)));
}

TEST_CASE("LSTMCell: forgets, adds and shows", "[nn][rnn_cell]") {
  const nn::LSTMCell cell = of_ones<nn::LSTMCell>();
  const double gate = 1 / (1 + std::exp(-2.25));
  const double memory = gate * 4 + gate * std::tanh(2.25);
  const auto [h, c] = cell(kInput, std::make_tuple(kState, tensor({{4.0}}, kDouble)));
  CHECK(allclose(c, tensor({{memory}}, kDouble)));
  CHECK(allclose(h, tensor({{gate * std::tanh(memory)}}, kDouble)));
}

TEST_CASE("recurrent cells: gates stand in libtorch's order", "[nn][rnn_cell]") {
  // A gate's bias of -100 closes it: z closed takes the candidate whole, r closed mutes h in it.
  const nn::GRUCell gru = of_ones<nn::GRUCell>();
  gru->bias_ih.set_data(tensor({-100.0, -100.0, 1.0}, kDouble));
  CHECK(allclose(gru(kInput, kState), tensor({{std::tanh(1.5)}}, kDouble)));
  // i closed and f open keep c; o closed hides it.
  const nn::LSTMCell lstm = of_ones<nn::LSTMCell>();
  lstm->bias_ih.set_data(tensor({-100.0, 100.0, 1.0, -100.0}, kDouble));
  const auto [h, c] = lstm(kInput, std::make_tuple(kState, tensor({{4.0}}, kDouble)));
  CHECK(allclose(c, tensor({{4.0}}, kDouble)));
  CHECK(allclose(h, zeros({1, 1}, kDouble)));
}

TEST_CASE("recurrent cells: gradients", "[nn][rnn_cell][gradcheck]") {
  manual_seed(1);
  const auto with_parameters = [](std::vector<Tensor> inputs, nn::Module& cell) {
    cell.to(kDouble);
    for (const Tensor& parameter : cell.parameters()) inputs.push_back(parameter);
    return inputs;
  };
  const nn::RNNCell rnn(2, 3);
  check_gradients([&rnn](const std::vector<Tensor>& xs) { return rnn(xs[0], xs[1]); },
                  with_parameters({trainable({2, 2}), trainable({2, 3})}, *rnn));
  const nn::GRUCell gru(2, 3);
  check_gradients([&gru](const std::vector<Tensor>& xs) { return gru(xs[0], xs[1]); },
                  with_parameters({trainable({2, 2}), trainable({2, 3})}, *gru));
  const nn::LSTMCell lstm(2, 3);
  check_gradients(
      [&lstm](const std::vector<Tensor>& xs) {
        const auto [h, c] = lstm(xs[0], std::make_tuple(xs[1], xs[2]));
        return cat({h, c});
      },
      with_parameters({trainable({2, 2}), trainable({2, 3}), trainable({2, 3})}, *lstm));
}

TEST_CASE("recurrent cells: step by step they are the layer", "[nn][rnn_cell]") {
  manual_seed(1);
  const nn::GRU layer(2, 3);
  const nn::GRUCell cell(2, 3);
  for (size_t i = 0; i < 4; ++i) cell->parameters()[i].set_data(layer->parameters()[i]);
  const Tensor x = rand({4, 2, 2});
  const Tensor output = std::get<0>(layer(x));
  Tensor h;
  for (int64_t t = 0; t < 4; ++t) {
    h = cell(x[t], h);
    CHECK(allclose(output[t], h));
  }
}

TEST_CASE("recurrent cells: a clone has weights of its own", "[nn][rnn_cell][clone]") {
  const nn::GRUCell cell = of_ones<nn::GRUCell>();
  const auto copy = std::dynamic_pointer_cast<nn::GRUCellImpl>(cell->clone());
  const Tensor before = cell(kInput, kState);
  CHECK(same(copy->forward(kInput, kState), before));
  const NoGradGuard guard;
  copy->weight_hh.zero_();
  CHECK(same(cell(kInput, kState), before));
  CHECK_FALSE(same(copy->forward(kInput, kState), before));
}

TEST_CASE("recurrent cells: print as libtorch's do", "[nn][rnn_cell]") {
  std::ostringstream out;
  out << nn::RNNCell(nn::RNNCellOptions(2, 3).bias(false).nonlinearity(kReLU)) << " " << nn::GRUCell(2, 3)
      << " " << nn::LSTMCell(2, 3);
  CHECK(out.str() ==
        "torch::nn::RNNCell(2, 3, bias=false, nonlinearity=kReLU) torch::nn::GRUCell(2, 3) "
        "torch::nn::LSTMCell(2, 3)");
}

TEST_CASE("recurrent cells: errors", "[nn][rnn_cell]") {
  const nn::GRUCell gru(2, 3);
  const nn::LSTMCell lstm(2, 3);
  const Tensor x = zeros({2, 2});
  CHECK_THROWS_WITH(gru(zeros({2})), Contains("input must be [B, input_size]"));
  CHECK_THROWS_WITH(gru(zeros({2, 3})), Contains("input has inconsistent input_size: got 3 expected 2"));
  CHECK_THROWS_WITH(gru(x, zeros({3, 3})), Contains("Input batch size 2 doesn't match hidden batch size 3"));
  CHECK_THROWS_WITH(gru(x, zeros({2, 4})),
                    Contains("hidden has inconsistent hidden_size: got 4, expected 3"));
  CHECK_THROWS_WITH(gru(x, zeros({3})), Contains("hidden must be [B, hidden_size]"));
  CHECK_THROWS_WITH(lstm(x, std::make_tuple(zeros({2, 3}), zeros({2, 4}))),
                    Contains("hidden[1] has inconsistent hidden_size: got 4, expected 3"));
  CHECK_THROWS_WITH(
      gru(x.to(kDouble)),
      Contains(
          "[GRUCell] input must have the dtype of the weights: expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(gru(x, zeros({2, 3}, kDouble)), Contains("[GRUCell] hidden must have the dtype"));
  CHECK_THROWS_WITH(nn::GRUCell(-1, 3), Contains("[GRUCell] input_size must not be negative, got -1"));
  CHECK_THROWS_WITH(nn::RNNCell(nn::RNNCellOptions(2, 3).nonlinearity(kSigmoid)),
                    Contains("nonlinearity must be kTanh or kReLU"));
}
