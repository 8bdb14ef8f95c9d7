#include <frost/nn/multihead_attention.hpp>

#include <frost/nn/masks.hpp>
#include <frost/ops.hpp>

#include "gradients.hpp"

#include <limits>
#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using Options = nn::MultiheadAttentionOptions;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

nn::MultiheadAttention make(const Options& options) {
  manual_seed(1);
  nn::MultiheadAttention attention(options);
  attention->to(kDouble);
  const NoGradGuard guard;
  for (const Tensor& parameter : attention->parameters()) parameter.uniform_(-1, 1);  // biases too
  return attention;
}

std::vector<Tensor> with_parameters(std::vector<Tensor> inputs, const nn::Module& module) {
  for (const Tensor& parameter : module.parameters()) inputs.push_back(parameter);
  return inputs;
}

}  // namespace

TEST_CASE("MultiheadAttention: each head attends on its own", "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor query = rand({3, 2, 4}, kDouble), key = rand({5, 2, 4}, kDouble),
               value = rand({5, 2, 4}, kDouble);
  const auto [output, weights] = attention(query, key, value, Tensor(), true, Tensor(), false);
  REQUIRE(output.sizes() == IntArrayRef({3, 2, 4}));
  REQUIRE(weights.sizes() == IntArrayRef({2, 2, 3, 5}));

  const std::vector<Tensor> w = attention->in_proj_weight.chunk(3), b = attention->in_proj_bias.chunk(3);
  for (int64_t i = 0; i < 2; ++i) {  // sequence
    std::vector<Tensor> heads;
    for (int64_t head = 0; head < 2; ++head) {
      const auto part = [head, i](const Tensor& x, const Tensor& weight, const Tensor& bias) {
        return (matmul(x.select(1, i), weight.t()) + bias).narrow(1, head * 2, 2);
      };
      const Tensor q = part(query, w[0], b[0]), k = part(key, w[1], b[1]), v = part(value, w[2], b[2]);
      const Tensor expected = softmax(matmul(q, k.t()) / std::sqrt(2.0), -1);
      CHECK(allclose(weights[i][head], expected));
      heads.push_back(matmul(expected, v));
    }
    CHECK(allclose(output.select(1, i), attention->out_proj(cat(heads, 1))));
  }
}

TEST_CASE("MultiheadAttention: what is returned of the weights", "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor x = rand({3, 2, 4}, kDouble);
  const Tensor by_head = std::get<1>(attention(x, x, x, Tensor(), true, Tensor(), false));
  CHECK(same(std::get<1>(attention(x, x, x)), by_head.sum(1) / 2));
  const auto [output, weights] = attention(x, x, x, Tensor(), false);
  CHECK_FALSE(weights.defined());
  CHECK(allclose(output, std::get<0>(attention(x, x, x)), 1e-12, 1e-12));
}

TEST_CASE("MultiheadAttention: the output does not depend on whether the weights are asked for",
          "[nn][multihead_attention]") {
  const Tensor padding = tensor({{false, false, true}, {false, false, false}});
  for (const Options& options : {Options(4, 2), Options(4, 1).add_bias_kv(true).add_zero_attn(true)}) {
    const nn::MultiheadAttention attention = make(options);
    const std::vector<Tensor> inputs =
        with_parameters({trainable({3, 2, 4}), trainable({3, 2, 4}), trainable({3, 2, 4})}, *attention);
    const auto run = [&](bool need_weights, const Tensor& mask) {
      const Tensor y = std::get<0>(attention(inputs[0], inputs[1], inputs[2], mask, need_weights));
      const Tensor weight = arange(y.numel(), kDouble).view(y.sizes());
      std::vector<Tensor> all = autograd::grad({y}, inputs, {weight});
      all.push_back(y.detach());
      return all;
    };
    const std::vector<Tensor> with = run(true, padding), without = run(false, padding);
    for (size_t i = 0; i < with.size(); ++i) CHECK(allclose(with[i], without[i], 1e-9, 1e-10));
    // A sequence that is all padding is NaN either way.
    const Tensor all_padded = tensor({{true, true, true}, {false, false, false}});
    const std::vector<Tensor> nan = run(true, all_padded), also = run(false, all_padded);
    for (size_t i = 0; i < nan.size(); ++i) CHECK(allclose(nan[i], also[i], 1e-9, 1e-10, /*equal_nan=*/true));
  }
}

TEST_CASE("MultiheadAttention: self-attention in one product is that in three", "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor x = rand({3, 2, 4}, kDouble);
  CHECK(allclose(std::get<0>(attention(x, x, x)), std::get<0>(attention(x, x.clone(), x.clone()))));
}

TEST_CASE("MultiheadAttention: padded keys get no weight and no gradient, whatever they hold",
          "[nn][multihead_attention][padding]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor lengths = tensor({3, 1}), mask = nn::padding_mask(lengths, 4);
  const Tensor query = rand({2, 2, 4}, kDouble), real = rand({4, 2, 4}, kDouble);
  const auto padded_with = [&mask, &real](double pad) {
    return real.masked_fill(mask.t().unsqueeze(-1), pad).requires_grad_();
  };
  const Tensor x = padded_with(5), y = padded_with(-1e3);
  const auto [output, weights] = attention(query, x, x, mask);
  CHECK(same(weights.masked_select(mask.unsqueeze(1)), zeros({8}, kDouble)));
  CHECK(allclose(weights.sum(-1), ones({2, 2}, kDouble)));
  CHECK(same(output, std::get<0>(attention(query, y, y, mask))));
  output.sum().backward();
  CHECK(same(x.grad().masked_select(mask.t().unsqueeze(-1)), zeros({16}, kDouble)));
  // The same as each sequence alone.
  for (int64_t b = 0; b < 2; ++b) {
    const Tensor own = real.narrow(1, b, 1).narrow(0, 0, lengths[b].item<int64_t>());
    CHECK(allclose(output.narrow(1, b, 1), std::get<0>(attention(query.narrow(1, b, 1), own, own))));
  }
}

TEST_CASE("MultiheadAttention: an attention mask mutes where true, or is added",
          "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor x = rand({3, 2, 4}, kDouble);
  const Tensor later = ones({3, 3}, kBool).triu(1);
  const Tensor weights = std::get<1>(attention(x, x, x, Tensor(), true, later));
  CHECK(same(weights.masked_select(later), zeros({6}, kDouble)));
  CHECK(allclose(weights.sum(-1), ones({2, 3}, kDouble)));
  const Tensor added = zeros({3, 3}, kDouble).masked_fill(later, -kInfinity);
  CHECK(same(std::get<1>(attention(x, x, x, Tensor(), true, added)), weights));
  CHECK(same(std::get<1>(attention(x, x, x, Tensor(), true, later.expand({4, 3, 3}))), weights));
  // With padding: what either mutes is muted.
  const Tensor padding = tensor({{false, true, false}, {false, false, false}});
  const Tensor both = std::get<1>(attention(x, x, x, padding, true, later));
  CHECK(same(both.masked_select(later | padding.unsqueeze(1)), zeros({8}, kDouble)));
  CHECK(allclose(both.sum(-1), ones({2, 3}, kDouble)));
}

TEST_CASE("MultiheadAttention: a query for which all is muted is NaN, the others are not",
          "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor x = rand({2, 2, 4}, kDouble);
  const auto [output, weights] = attention(x, x, x, tensor({{true, true}, {false, true}}));
  CHECK(same(weights.isnan(), tensor({{{true, true}, {true, true}}, {{false, false}, {false, false}}})));
  CHECK(same(output.isnan().all(2), tensor({{true, false}, {true, false}})));
}

TEST_CASE("MultiheadAttention: more keys, learned or zero, which masks leave open",
          "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2).add_bias_kv(true).add_zero_attn(true));
  const Tensor x = rand({2, 2, 4}, kDouble);
  const auto [output, weights] = attention(x, x, x, ones({2, 2}, kBool), true, ones({2, 2}, kBool));
  CHECK(weights.sizes() == IntArrayRef({2, 2, 4}));
  CHECK(same(weights.narrow(2, 0, 2), zeros({2, 2, 2}, kDouble)));
  CHECK(allclose(weights.sum(-1), ones({2, 2}, kDouble)));
  CHECK_FALSE(output.isnan().any().item<bool>());
}

TEST_CASE("MultiheadAttention: gradients", "[nn][multihead_attention][gradcheck]") {
  const Tensor padding = tensor({{false, true, false}, {false, false, false}});
  const Tensor mask = tensor({{false, false, true}, {false, false, false}});
  SECTION("one weight for three projections") {
    const nn::MultiheadAttention attention = make(Options(4, 2));
    check_gradients(
        [&](const std::vector<Tensor>& xs) {
          const auto [output, weights] = attention(xs[0], xs[1], xs[1], padding, true, mask);
          return cat({output.flatten(), weights.flatten()});
        },
        with_parameters({trainable({2, 2, 4}), trainable({3, 2, 4})}, *attention));
  }
  SECTION("self-attention") {
    const nn::MultiheadAttention attention = make(Options(2, 2).bias(false));
    check_gradients(
        [&](const std::vector<Tensor>& xs) { return std::get<0>(attention(xs[0], xs[0], xs[0], padding)); },
        with_parameters({trainable({3, 2, 2})}, *attention));
  }
  SECTION("keys and values of other sizes, with more keys, and a mask that learns") {
    const nn::MultiheadAttention attention =
        make(Options(2, 1).kdim(3).vdim(1).add_bias_kv(true).add_zero_attn(true));
    check_gradients(
        [&](const std::vector<Tensor>& xs) {
          return std::get<0>(attention(xs[0], xs[1], xs[2], padding, false, xs[3]));
        },
        with_parameters({trainable({2, 2, 2}), trainable({3, 2, 3}), trainable({3, 2, 1}), trainable({2, 3})},
                        *attention));
  }
}

TEST_CASE("MultiheadAttention: dropout drops weights, in training", "[nn][multihead_attention][dropout]") {
  const nn::MultiheadAttention attention = make(Options(4, 2).dropout(0.5));
  const Tensor x = rand({6, 2, 4}, kDouble);
  const Tensor dropped = std::get<1>(attention(x, x, x, Tensor(), true, Tensor(), false));
  CHECK(dropped.eq(0).any().item<bool>());
  attention->eval();
  const Tensor weights = std::get<1>(attention(x, x, x, Tensor(), true, Tensor(), false));
  CHECK(allclose(weights.sum(-1), ones({2, 2, 6}, kDouble)));
  CHECK(allclose(dropped.masked_select(dropped.ne(0)), 2 * weights.masked_select(dropped.ne(0))));
}

TEST_CASE("MultiheadAttention: parameters and print, as libtorch has them", "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention(4, 2);
  CHECK(attention->named_parameters().keys() ==
        std::vector<std::string>{"in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"});
  CHECK(nn::MultiheadAttention(Options(4, 2).kdim(3).add_bias_kv(true))->named_parameters().keys() ==
        std::vector<std::string>{"q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "bias_k",
                                 "bias_v", "out_proj.weight", "out_proj.bias"});
  std::ostringstream out;
  out << attention;
  CHECK(out.str() ==
        "torch::nn::MultiheadAttention(\n"
        "  (out_proj): torch::nn::Linear(in_features=4, out_features=4, bias=true)\n"
        ")");
  const auto copy = std::dynamic_pointer_cast<nn::MultiheadAttentionImpl>(attention->clone());
  const Tensor x = rand({3, 2, 4});
  CHECK(same(std::get<0>(copy->forward(x, x, x)), std::get<0>(attention(x, x, x))));
  CHECK_FALSE(copy->in_proj_weight.is_same(attention->in_proj_weight));
}

TEST_CASE("MultiheadAttention: no keys, or no sequences", "[nn][multihead_attention]") {
  const nn::MultiheadAttention attention = make(Options(4, 2));
  const Tensor query = rand({2, 3, 4}, kDouble), none = zeros({0, 3, 4}, kDouble);
  const auto [output, weights] = attention(query, none, none);
  CHECK(same(output, attention->out_proj->bias.expand({2, 3, 4}).contiguous()));
  CHECK(weights.sizes() == IntArrayRef({3, 2, 0}));
  const Tensor empty_batch = zeros({2, 0, 4}, kDouble);
  CHECK(std::get<0>(attention(empty_batch, empty_batch, empty_batch)).sizes() == IntArrayRef({2, 0, 4}));
}

TEST_CASE("MultiheadAttention: kdim and vdim stay the constructor's embed_dim", "[nn][multihead_attention]") {
  CHECK(Options(4, 2).embed_dim(8).kdim() == 4);  // as in libtorch
  CHECK(Options(4, 2).embed_dim(8).vdim() == 4);
}

TEST_CASE("MultiheadAttention: errors", "[nn][multihead_attention]") {
  for (const double p : {-0.1, 1.5})
    CHECK_THROWS_WITH(nn::MultiheadAttention(Options(4, 2).dropout(p)),
                      Contains("[MultiheadAttention] dropout probability has to be between 0 and 1"));
  CHECK_THROWS_WITH(nn::MultiheadAttention(5, 2), Contains("embed_dim must be divisible by num_heads"));
  CHECK_THROWS_WITH(nn::MultiheadAttention(4, 0), Contains("must be positive"));
  const nn::MultiheadAttention attention(4, 2);
  const Tensor q = zeros({3, 2, 4}), k = zeros({5, 2, 4});
  CHECK_THROWS_WITH(attention(q[0], k, k), Contains("query must be [L, B, 4], got [2, 4]"));
  CHECK_THROWS_WITH(attention(q, zeros({5, 3, 4}), k), Contains("key must be [S, 2, 4], got [5, 3, 4]"));
  CHECK_THROWS_WITH(attention(q, k, q), Contains("value must be [5, 2, 4], got [3, 2, 4]"));
  CHECK_THROWS_WITH(attention(q, k, k, zeros({2, 4}, kBool)),
                    Contains("key_padding_mask must be [2, 5], got [2, 4]"));
  CHECK_THROWS_WITH(attention(q, k, k, zeros({2, 5})), Contains("key_padding_mask must be Bool, got Float"));
  CHECK_THROWS_WITH(attention(q, k, k, Tensor(), true, zeros({5, 3})),
                    Contains("attn_mask must be [3, 5] or [4, 3, 5], got [5, 3]"));
  CHECK_THROWS_WITH(attention(q, k, k, Tensor(), true, zeros({3, 5}, kLong)),
                    Contains("attn_mask must be Bool or floating point, got Long"));
}
