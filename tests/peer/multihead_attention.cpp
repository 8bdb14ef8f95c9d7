// MultiheadAttention. Where libtorch differs is in README.md: it adds an attn_mask of bools to the scores,
// and takes other masks of numbers; it wants key and value of one size.
#include "peer.hpp"

#include <limits>
#include <sstream>

namespace {

using Options = fw::nn::MultiheadAttentionOptions;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

fw::Tensor input(fw::IntArrayRef sizes, fw::Dtype dtype = fw::kFloat) {
  return (fw::rand(sizes, dtype) * 2 - 1).detach().requires_grad_();
}
fw::Tensor loss(const fw::Tensor& x) {
  return (x * fw::linspace(-1, 1, x.numel(), x.options()).view(x.sizes())).sum();
}

// Three queries, five keys, two sequences.
struct Inputs {
  explicit Inputs(const Options& options, fw::Dtype dtype)
      : query(input({3, 2, options.embed_dim()}, dtype)),
        key(input({5, 2, options.kdim()}, dtype)),
        value(input({5, 2, options.vdim()}, dtype)) {}
  fw::Tensor query, key, value;
};

fw::Tensor padding() {
  return fw::tensor({0, 0, 0, 1, 1, 0, 0, 0, 0, 1}, fw::kLong).view({2, 5}).to(fw::kBool);
}
fw::Tensor later(fw::Dtype dtype) {
  return fw::zeros({3, 5}, dtype).masked_fill(fw::ones({3, 5}).triu(3).to(fw::kBool), -kInfinity);
}

void compare(const Options& options, fw::Dtype dtype = fw::kFloat) {
  fw::manual_seed(7);
  fw::nn::MultiheadAttention attention(options);
  std::ostringstream text;
  text << attention;
  peer::show("printed", text.str());
  for (const auto& parameter : attention->named_parameters()) peer::show(parameter.key(), parameter.value());
  peer::show("head_dim", attention->head_dim);
  attention->to(dtype);
  const Inputs x(options, dtype);
  const auto run = [&](const fw::Tensor& query, const fw::Tensor& key, const fw::Tensor& value,
                       const fw::Tensor& key_padding_mask, const fw::Tensor& attn_mask, bool average) {
    attention->zero_grad();
    for (const fw::Tensor& tensor : {x.query, x.key, x.value}) tensor.mutable_grad() = fw::Tensor();
    const auto [output, weights] = attention(query, key, value, key_padding_mask, true, attn_mask, average);
    peer::show_values("output", output);
    peer::show_values("weights", weights);
    (loss(output) + loss(weights)).backward();
    for (const fw::Tensor& tensor : {x.query, x.key, x.value})
      if (tensor.grad().defined()) peer::show_values("grad", tensor.grad());
    for (const auto& parameter : attention->named_parameters())
      peer::show_values("grad of " + parameter.key(), parameter.value().grad());
  };
  run(x.query, x.key, x.value, fw::Tensor(), fw::Tensor(), true);
  run(x.query, x.key, x.value, padding(), fw::Tensor(), true);
  run(x.query, x.key, x.value, fw::Tensor(), later(dtype), false);
  run(x.query, x.key, x.value, padding(), later(dtype), true);
  if (options.kdim() == options.embed_dim()) {
    run(x.query, x.key, x.key, padding(), fw::Tensor(), true);
    run(x.key, x.key, x.key, padding(), fw::Tensor(), true);
  }
  attention->eval();
  const auto [output, weights] = attention(x.query, x.key, x.value, padding(), false);
  peer::show_values("in eval", output);
  peer::show("weights without need", weights.defined());
}

const peer::Section plain("multihead_attention/plain", [] {
  compare(Options(4, 2));
  compare(Options(6, 3).bias(false), fw::kDouble);
  compare(Options(4, 1).dropout(0.4));
});
const peer::Section kinds("multihead_attention/kinds", [] {
  compare(Options(4, 2).kdim(3).vdim(3));
  compare(Options(4, 2).add_bias_kv(true));
  compare(Options(4, 2).add_zero_attn(true));
  compare(Options(4, 2).kdim(3).vdim(3).add_bias_kv(true).add_zero_attn(true).bias(false));
});

const peer::Section edges("multihead_attention/edges", [] {
  fw::manual_seed(7);
  fw::nn::MultiheadAttention attention(4, 2);
  const fw::Tensor x = input({3, 2, 4});
  // All is muted for the first sequence.
  const fw::Tensor mask = fw::tensor({1, 1, 1, 0, 0, 1}, fw::kLong).view({2, 3}).to(fw::kBool);
  const auto [output, weights] = attention(x, x, x, mask);
  peer::show("output", output);
  peer::show_values("weights", weights);
  output.sum().backward();
  peer::show_values("grad", x.grad());
});

const peer::Section errors("multihead_attention/errors", [] {
  peer::show_error("embed_dim must be divisible by num_heads",
                   [] { fw::nn::MultiheadAttention attention(5, 2); });
  fw::nn::MultiheadAttention attention(4, 2);
  const fw::Tensor q = fw::zeros({3, 2, 4}), k = fw::zeros({5, 2, 4});
  peer::show_whether_throws("2-dim", [&] { attention(q[0], q[0], q[0]); });
  peer::show_whether_throws("embed_dim", [&] { attention(fw::zeros({3, 2, 5}), k, k); });
  peer::show_whether_throws("kdim", [&] { attention(q, fw::zeros({5, 2, 3}), fw::zeros({5, 2, 3})); });
  peer::show_whether_throws("lengths of key and value", [&] { attention(q, k, q); });
  peer::show_whether_throws("batch", [&] { attention(q, fw::zeros({5, 3, 4}), fw::zeros({5, 3, 4})); });
  peer::show_whether_throws("padding of other keys", [&] {
    attention(q, k, k, fw::zeros({2, 4}).to(fw::kBool));
  });
  peer::show_whether_throws("padding transposed", [&] {
    attention(q, k, k, fw::zeros({5, 2}).to(fw::kBool));
  });
  peer::show_whether_throws("mask transposed", [&] {
    attention(q, k, k, fw::Tensor(), true, fw::zeros({5, 3}));
  });
});

}  // namespace
