#include <frost/nn/rnn.hpp>

#include <frost/nn/masks.hpp>
#include <frost/ops.hpp>

#include "gradients.hpp"

#include <limits>
#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using nn::utils::rnn::pack_padded_sequence;
using nn::utils::rnn::pad_packed_sequence;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// What a layer makes of its input, an LSTM's c behind its h, so that the three can be tested as one.
struct Outcome {
  Tensor output, state;
};

Outcome outcome(const std::tuple<Tensor, Tensor>& result) {
  return {std::get<0>(result), std::get<1>(result)};
}
Outcome outcome(const std::tuple<Tensor, nn::LSTMImpl::State>& result) {
  const auto& [h, c] = std::get<1>(result);
  return {std::get<0>(result), cat({h, c}, -1)};
}

nn::LSTMImpl::State halves(const Tensor& state) {
  const std::vector<Tensor> parts = state.chunk(2, -1);
  return {parts[0], parts[1]};
}

struct RNNOf {
  using Layer = nn::RNN;
  using Options = nn::RNNOptions;
  static constexpr int64_t states = 1;
  static Tensor initial(const Tensor& state) { return state; }
};
struct GRUOf : RNNOf {
  using Layer = nn::GRU;
  using Options = nn::GRUOptions;
};
struct LSTMOf {
  using Layer = nn::LSTM;
  using Options = nn::LSTMOptions;
  static constexpr int64_t states = 2;
  static nn::LSTMImpl::State initial(const Tensor& state) { return halves(state); }
};

template <class Of>
typename Of::Layer make(const typename Of::Options& options) {
  manual_seed(1);
  const typename Of::Layer layer(options);
  layer->to(kDouble);
  return layer;
}

// The inputs and then the layer's parameters, which gradcheck moves where they are.
std::vector<Tensor> with_parameters(std::vector<Tensor> inputs, const nn::Module& layer) {
  for (const Tensor& parameter : layer.parameters()) inputs.push_back(parameter);
  return inputs;
}

std::string printed(const nn::Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace

TEMPLATE_TEST_CASE("recurrent layers: gradients", "[nn][rnn][gradcheck]", RNNOf, GRUOf, LSTMOf) {
  using Options = typename TestType::Options;
  SECTION("one layer, one direction, with an initial state") {
    const auto layer = make<TestType>(Options(2, 3));
    check_gradients(
        [&layer](const std::vector<Tensor>& xs) {
          const Outcome result = outcome(layer(xs[0], TestType::initial(xs[1])));
          return cat({result.output.flatten(), result.state.flatten()});
        },
        with_parameters({trainable({3, 2, 2}), trainable({1, 2, 3 * TestType::states})}, *layer));
  }
  SECTION("two layers, both directions, batch first, no bias, sequences of different lengths") {
    const auto layer = make<TestType>(Options(2, 2).num_layers(2).bidirectional(true).batch_first(true));
    const Tensor lengths = tensor({1, 3, 0});
    check_gradients(
        [&layer, &lengths](const std::vector<Tensor>& xs) {
          const Outcome result =
              outcome(layer->forward_with_lengths(xs[0], lengths, TestType::initial(xs[1])));
          return cat({result.output.flatten(), result.state.flatten()});
        },
        with_parameters({trainable({3, 3, 2}), trainable({4, 3, 2 * TestType::states})}, *layer));
  }
}

TEMPLATE_TEST_CASE("recurrent layers: padding changes no bit, whatever it holds", "[nn][rnn][padding]", RNNOf,
                   GRUOf, LSTMOf) {
  const auto layer =
      make<TestType>(typename TestType::Options(3, 4).num_layers(2).bidirectional(true).batch_first(true));
  const Tensor lengths = tensor({2, 5, 0, 3}), mask = nn::padding_mask(lengths);
  const Tensor real = rand({4, 5, 3}, kDouble).masked_fill(mask.unsqueeze(-1), 0);
  const Tensor weights = rand({4, 5, 8}, kDouble);

  struct Run {
    Tensor output, state, grad_x;
    std::vector<Tensor> grads;
  };
  const auto run = [&](int64_t more, double pad) {
    const Tensor longer = nn::padding_mask(lengths, 5 + more);
    const Tensor x =
        cat({real, zeros({4, more, 3}, kDouble)}, 1).masked_fill(longer.unsqueeze(-1), pad).requires_grad_();
    layer->zero_grad(/*set_to_none=*/true);
    const Outcome result = outcome(layer->forward_with_lengths(x, lengths));
    CHECK(same(result.output.masked_select(longer.unsqueeze(-1)),
               zeros({longer.sum().template item<int64_t>() * 8}, kDouble)));
    // A gradient of NaN for the padding's outputs has nowhere to go.
    const Tensor grad_output =
        cat({weights.masked_fill(mask.unsqueeze(-1), pad), full({4, more, 8}, pad, kDouble)}, 1);
    autograd::backward({result.output, result.state}, {grad_output, full_like(result.state, 0.5)});
    CHECK(same(x.grad().masked_select(longer.unsqueeze(-1)),
               zeros({longer.sum().template item<int64_t>() * 3}, kDouble)));
    Run made{result.output.narrow(1, 0, 5), result.state, x.grad().narrow(1, 0, 5), {}};
    for (const Tensor& parameter : layer->parameters()) made.grads.push_back(parameter.grad());
    return made;
  };
  const Run plain = run(0, 0);
  CHECK_FALSE(plain.output.isnan().any().template item<bool>());
  for (const double pad : {0.0, 7.0, kNaN, std::numeric_limits<double>::infinity()})
    for (const int64_t more : {0, 1, 11}) {
      INFO("padding of " << pad << ", " << more << " more steps of it");
      const Run padded = run(more, pad);
      CHECK(same(plain.output, padded.output));
      CHECK(same(plain.state, padded.state));
      CHECK(same(plain.grad_x, padded.grad_x));
      for (size_t i = 0; i < plain.grads.size(); ++i) CHECK(same(plain.grads[i], padded.grads[i]));
    }
}

TEMPLATE_TEST_CASE("recurrent layers: a batch of lengths is each sequence alone", "[nn][rnn][padding]", RNNOf,
                   GRUOf, LSTMOf) {
  const bool batch_first = GENERATE(false, true);
  const auto layer = make<TestType>(
      typename TestType::Options(3, 4).num_layers(2).bidirectional(true).batch_first(batch_first));
  const std::vector<int64_t> counts = {2, 5, 0, 3};
  const Tensor x = rand({4, 6, 3}, kDouble), initial = rand({4, 4, 4 * TestType::states}, kDouble);
  const Outcome batch = outcome(layer->forward_with_lengths(batch_first ? x : x.transpose(0, 1),
                                                            tensor(counts), TestType::initial(initial)));
  const Tensor outputs = batch_first ? batch.output : batch.output.transpose(0, 1);
  CHECK(outputs.sizes() == IntArrayRef({4, 6, 8}));
  for (int64_t b = 0; b < 4; ++b) {
    INFO("sequence " << b);
    const int64_t count = counts[static_cast<size_t>(b)];
    const Tensor state = initial.narrow(1, b, 1);
    if (count == 0) {
      CHECK(same(batch.state.narrow(1, b, 1), state));
      continue;
    }
    const Tensor sequence = x.narrow(0, b, 1).narrow(1, 0, count);
    const Outcome alone =
        outcome(layer(batch_first ? sequence : sequence.transpose(0, 1), TestType::initial(state)));
    const Tensor output = batch_first ? alone.output : alone.output.transpose(0, 1);
    CHECK(allclose(outputs.narrow(0, b, 1).narrow(1, 0, count), output));
    CHECK(allclose(batch.state.narrow(1, b, 1), alone.state));
  }
}

TEMPLATE_TEST_CASE("recurrent layers: packed input gives the packed output of the padded one", "[nn][rnn]",
                   RNNOf, GRUOf, LSTMOf) {
  const auto layer = make<TestType>(typename TestType::Options(3, 4).bidirectional(true));
  const Tensor x = rand({5, 3, 3}, kDouble), lengths = tensor({2, 5, 3});
  const auto [packed, last] =
      layer->forward_with_packed_input(pack_padded_sequence(x, lengths, false, /*enforce_sorted=*/false));
  const auto [output, counts] = pad_packed_sequence(packed);
  CHECK(same(counts, lengths));
  const Outcome expected = outcome(layer->forward_with_lengths(x, lengths));
  CHECK(same(output, expected.output));
  CHECK(same(outcome({output, last}).state, expected.state));
}

TEMPLATE_TEST_CASE("recurrent layers: the reverse direction is the forward one of the reversed sequence",
                   "[nn][rnn]", RNNOf, GRUOf, LSTMOf) {
  const auto both = make<TestType>(typename TestType::Options(3, 4).bidirectional(true));
  const auto one = make<TestType>(typename TestType::Options(3, 4));
  const auto parameters = one->parameters();
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i].set_data(both->parameters()[4 + i]);
  const Tensor x = rand({5, 2, 3}, kDouble);
  const Outcome of_both = outcome(both(x)), of_one = outcome(one(x.flip({0})));
  CHECK(allclose(of_both.output.narrow(2, 4, 4), of_one.output.flip({0})));
  CHECK(allclose(of_both.state[1], of_one.state[0]));
}

TEST_CASE("recurrent layers: dropout stands between layers, and only in training", "[nn][rnn][dropout]") {
  const nn::GRU layer = make<GRUOf>(nn::GRUOptions(3, 4).num_layers(2).dropout(0.5));
  const Tensor x = rand({5, 2, 3}, kDouble);
  layer->eval();
  CHECK(same(std::get<0>(layer(x)), std::get<0>(layer(x))));
  const Tensor without = std::get<0>(layer(x));
  layer->train();
  manual_seed(3);
  const Tensor dropped = std::get<0>(layer(x));
  CHECK_FALSE(allclose(dropped, without));
  CHECK_FALSE(same(std::get<0>(layer(x)), dropped));
  manual_seed(3);
  CHECK(same(std::get<0>(layer(x)), dropped));
}

TEST_CASE("recurrent layers: no sequence has a step", "[nn][rnn][padding]") {
  const nn::LSTM layer = make<LSTMOf>(nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true));
  const Tensor h = rand({4, 2, 4}, kDouble), c = rand({4, 2, 4}, kDouble);
  const Tensor lengths = zeros({2}, kLong);
  for (const int64_t steps : {0, 3}) {
    const auto [output, last] =
        layer->forward_with_lengths(ones({steps, 2, 3}, kDouble), lengths, std::make_tuple(h, c));
    CHECK(same(output, zeros({steps, 2, 8}, kDouble)));
    CHECK(same(std::get<0>(last), h));
    CHECK(same(std::get<1>(last), c));
  }
}

TEST_CASE("recurrent layers: parameters, as libtorch names them", "[nn][rnn]") {
  const nn::LSTM layer(nn::LSTMOptions(2, 3).num_layers(2).bidirectional(true));
  CHECK(layer->named_parameters().keys() ==
        std::vector<std::string>{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0",
                                 "weight_ih_l0_reverse", "weight_hh_l0_reverse", "bias_ih_l0_reverse",
                                 "bias_hh_l0_reverse", "weight_ih_l1", "weight_hh_l1", "bias_ih_l1",
                                 "bias_hh_l1", "weight_ih_l1_reverse", "weight_hh_l1_reverse",
                                 "bias_ih_l1_reverse", "bias_hh_l1_reverse"});
  CHECK(layer->named_parameters()["weight_ih_l1"].sizes() == IntArrayRef({12, 6}));
  CHECK(nn::GRU(nn::GRUOptions(2, 3).bias(false))->all_weights().size() == 2);
  CHECK(
      printed(*nn::GRU(nn::GRUOptions(2, 3).num_layers(2).dropout(0.25))) ==
      "torch::nn::GRU(input_size=2, hidden_size=3, num_layers=2, bias=true, batch_first=false, dropout=0.25, "
      "bidirectional=false)");
}

TEMPLATE_TEST_CASE("recurrent layers: a clone has weights of its own", "[nn][rnn][clone]", RNNOf, GRUOf,
                   LSTMOf) {
  using Impl = typename TestType::Layer::Impl;
  const auto layer = make<TestType>(typename TestType::Options(3, 4).num_layers(2).bidirectional(true));
  const auto copy = std::dynamic_pointer_cast<Impl>(layer->clone());
  const Tensor x = rand({5, 2, 3}, kDouble), before = std::get<0>(layer(x));
  CHECK(same(std::get<0>(copy->forward(x)), before));
  const NoGradGuard guard;
  for (const Tensor& parameter : copy->parameters()) parameter.zero_();
  CHECK(same(std::get<0>(layer(x)), before));
  CHECK(same(std::get<0>(copy->forward(x)), zeros({5, 2, 8}, kDouble)));
}

TEST_CASE("recurrent layers: starts as libtorch's do", "[nn][rnn]") {
  manual_seed(0);
  const nn::RNN layer(1, 2);
  // torch::manual_seed(0); torch::nn::RNN layer(1, 2);
  CHECK(allclose(layer->named_parameters()["weight_ih_l0"], tensor({{-0.00529398}, {0.37932289}}), 1e-5));
}

TEST_CASE("recurrent layers: errors", "[nn][rnn]") {
  const nn::GRU gru(2, 3);
  const nn::LSTM lstm(2, 3);
  const Tensor x = zeros({4, 2, 2});
  CHECK_THROWS_WITH(gru(zeros({4, 2})), Contains("input must have 3 dimensions, got 2"));
  CHECK_THROWS_WITH(gru(zeros({4, 2, 5})),
                    Contains("input.size(-1) must be equal to input_size. Expected 2, got 5"));
  CHECK_THROWS_WITH(gru(zeros({0, 2, 2})), Contains("Expected sequence length to be larger than 0 in RNN"));
  CHECK_THROWS_WITH(gru(x, zeros({1, 3, 3})),
                    Contains("[GRU] Expected hidden size [1, 2, 3], got [1, 3, 3]"));
  CHECK_THROWS_WITH(lstm(x, std::make_tuple(zeros({1, 2, 3}), zeros({1, 2, 4}))),
                    Contains("Expected hidden[1] size [1, 2, 3], got [1, 2, 4]"));
  CHECK_THROWS_WITH(gru->forward_with_lengths(x, tensor({4, 5})),
                    Contains("[GRU] a sequence of length 5 does not fit input of 4 steps"));
  CHECK_THROWS_WITH(gru->forward_with_lengths(x, tensor({4, -1})), Contains("at least 0"));
  CHECK_THROWS_WITH(gru->forward_with_lengths(x, tensor({4})), Contains("[GRU] Expected `len(lengths)`"));
  CHECK_THROWS_WITH(gru->forward_with_lengths(x, tensor({4.0, 1.0})), Contains("must be Long"));
  CHECK_THROWS_WITH(nn::GRU(nn::GRUOptions(2, 3).dropout(1.5)),
                    Contains("dropout should be a number in range [0, 1]"));
  CHECK_THROWS_WITH(
      gru(x.to(kDouble)),
      Contains(
          "[GRU] input must have the dtype of the weights: expected scalar type Float but found Double"));
  CHECK_THROWS_WITH(gru->forward_with_lengths(x.to(kDouble), tensor({4, 1})),
                    Contains("[GRU] input must have the dtype"));
  CHECK_THROWS_WITH(gru(x, zeros({1, 2, 3}, kDouble)), Contains("[GRU] hidden must have the dtype"));
  CHECK_THROWS_WITH(lstm(x, std::make_tuple(zeros({1, 2, 3}), zeros({1, 2, 3}, kDouble))),
                    Contains("[LSTM] hidden[1] must have the dtype"));
  CHECK_THROWS_WITH(nn::LSTM(-1, 3), Contains("[LSTM] input_size must not be negative, got -1"));
  CHECK(std::get<0>(nn::LSTM(0, 3)(zeros({4, 2, 0}))).sizes() == IntArrayRef({4, 2, 3}));
  CHECK_THROWS_WITH(nn::GRU(2, 0), Contains("hidden_size must be positive"));
  CHECK_THROWS_WITH(nn::GRU(nn::GRUOptions(2, 3).num_layers(0)), Contains("num_layers must be positive"));
  CHECK_THROWS_WITH(nn::RNN(nn::RNNOptions(2, 3).nonlinearity(kSigmoid)),
                    Contains("nonlinearity must be kTanh or kReLU"));
}
