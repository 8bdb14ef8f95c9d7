// The article's two listings, its typing errors mended, and what it claims of them.
#include "peer.hpp"

#include <cmath>

namespace {

const peer::Section masking("article/masking", [] {
  const fw::Tensor score_vector = fw::tensor({1, 2, 3, 4}, fw::dtype(fw::kFloat));
  const fw::Tensor mask = fw::tensor({0, 0, 1, 1}, fw::dtype(fw::kBool));
  const fw::Tensor score_masked = score_vector.masked_fill(mask, -INFINITY);
  peer::show("score_masked", score_masked);
  const fw::Tensor b = fw::softmax(score_masked, 0);
  peer::show("b", b);
  peer::show("sum", b.sum());
});

const peer::Section masking_with_gradients("article/masking with gradients", [] {
  const fw::Tensor scores = fw::tensor({1, 2, 3, 4}, fw::dtype(fw::kFloat).requires_grad(true));
  const fw::Tensor mask = fw::tensor({0, 0, 1, 1}, fw::kBool);
  const fw::Tensor weights = scores.masked_fill(mask, -INFINITY).softmax(0);
  peer::show("weights", weights);
  const fw::Tensor values = fw::tensor({0.5, -1.0, 2.0, 3.0});
  (weights * values).sum().backward();
  peer::show("grad", scores.grad());
});

const peer::Section freezing("article/freezing", [] {
  const fw::Tensor attn_real =
      fw::tensor({{-1.6349, -0.8626, 0.3347}, {-0.9115, 0.9382, 0.5463}}, fw::requires_grad());
  const fw::Tensor attn_pad = fw::zeros({2, 2}, fw::requires_grad(false));
  peer::show("attn_real", attn_real);
  peer::show("attn_pad", attn_pad);
  const fw::Tensor score_vector = fw::cat({attn_real, attn_pad}, 1);
  peer::show("score_vector", score_vector);
  peer::show("is_leaf", score_vector.is_leaf());
  peer::show("edges", score_vector.grad_fn()->next_edges().size());
  peer::show("edge to the real scores", score_vector.grad_fn()->next_edge(0).is_valid());
  peer::show("edge to the pads", score_vector.grad_fn()->next_edge(1).is_valid());
  const fw::Tensor weights = score_vector.softmax(1);
  peer::show("weights", weights);
  peer::show("sums", weights.sum(1));
  (weights * fw::arange(10).view({2, 5})).sum().backward();
  peer::show("grad of the real scores", attn_real.grad());
  peer::show("grad of the pads", attn_pad.grad());
});

const peer::Section frozen_at_infinity("article/pads frozen at -inf agree with masking", [] {
  const fw::Tensor real = fw::tensor({1.0, 2.0}, fw::requires_grad());
  const fw::Tensor pad = fw::full({2}, -INFINITY);
  const fw::Tensor values = fw::tensor({0.5, -1.0, 2.0, 3.0});
  (fw::cat({real, pad}).softmax(0) * values).sum().backward();
  peer::show("grad", real.grad());
});

const peer::Section frozen_scores("article/one graph per example, stacked", [] {
  fw::manual_seed(3);
  std::vector<fw::Tensor> leaves, rows;
  for (const int64_t length : {3, 1, 4}) {
    leaves.push_back(fw::arange(length, fw::kFloat).div(2).requires_grad_());
    rows.push_back(fw::cat({leaves.back(), fw::zeros({4 - length})}));
  }
  const fw::Tensor scores = fw::stack(rows);
  peer::show("scores", scores);
  const fw::Tensor weights = scores.softmax(1);
  (weights * weights).sum().backward();
  for (size_t i = 0; i < leaves.size(); ++i) peer::show("grad " + std::to_string(i), leaves[i].grad());
});

const peer::Section fully_masked("article/a row that is masked throughout is NaN", [] {
  const fw::Tensor scores = fw::ones({2, 3}, fw::requires_grad());
  const fw::Tensor mask = fw::tensor({{true, true, true}, {false, false, true}});
  const fw::Tensor weights = scores.masked_fill(mask, -INFINITY).softmax(1);
  peer::show("weights", weights);
  weights.sum().backward();
  peer::show("grad", scores.grad());
});

}  // namespace
