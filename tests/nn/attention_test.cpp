#include <frost/nn/attention.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("AttentionPooling: is called with the input and its lengths", "[nn][attention]") {
  manual_seed(1);
  const nn::AttentionPooling model(4, 8);
  const Tensor input = randn({2, 3, 4}), lengths = tensor({3, 1});
  CHECK(model(input, lengths).sizes() == IntArrayRef({2, 4}));
  // A sequence of one token is that token.
  CHECK(allclose(model(input, lengths)[1], input[1][0]));
  const Tensor weights = model->attend(input, lengths).weights;
  CHECK(allclose(weights[0], softmax(model->scores(input[0]), 0)));
}

TEST_CASE("AttentionPooling: what padding follows a sequence does not matter", "[nn][attention]") {
  manual_seed(1);
  const nn::AttentionPooling model(4, 8);
  const Tensor input = randn({2, 3, 4}), lengths = tensor({3, 1});
  const Tensor longer = cat({input, full({2, 5, 4}, 100.0)}, 1);
  CHECK(allclose(model(input, lengths), model(longer, lengths), 1e-5, 1e-6));
}

TEST_CASE("AttentionPooling: gradients, of the input and every parameter", "[nn][attention]") {
  manual_seed(1);
  const nn::AttentionPooling model(3, 4);
  model->to(kDouble);
  const Tensor lengths = tensor({3, 1});
  std::vector<Tensor> inputs = model->parameters();
  inputs.push_back(trainable({2, 3, 3}));
  check_gradients([&](const std::vector<Tensor>& xs) { return model(xs.back(), lengths); }, inputs);
}

TEST_CASE("AttentionPooling: takes any way of muting, but not none", "[nn][attention]") {
  const nn::AttentionPooling model(4, 8);
  model->set_muting(std::make_shared<nn::FrozenPads>(0));
  CHECK(model->muting().name() == "2: pads frozen at 0");
  CHECK_THROWS_WITH(model->set_muting(nullptr), Contains("got null"));
}

TEST_CASE("AttentionPooling: a clone pools alike, with weights of its own", "[nn][attention][clone]") {
  const nn::AttentionPooling model(4, 8, std::make_shared<nn::NoMuting>());
  const auto copy = std::dynamic_pointer_cast<nn::AttentionPoolingImpl>(model->clone());
  const Tensor input = randn({2, 3, 4}), lengths = tensor({3, 1}), before = model(input, lengths);
  CHECK(same(copy->forward(input, lengths), before));
  CHECK(copy->muting().name() == "no mask");
  copy->hidden->weight.detach().zero_();
  CHECK(same(model(input, lengths), before));
}
