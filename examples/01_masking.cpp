// Method 1: mask the padded scores with -inf, then softmax.
//
// The article's listing, then its claims, checked. frost is libtorch's API: with `namespace fw = torch` this
// compiles against libtorch as well.
#include <frost/frost.hpp>

#include <cmath>
#include <iostream>

namespace fw = frost;

int main() {
  // Two real tokens and two padded ones; the mask is true where a token is padded.
  const fw::Tensor score_vector = fw::tensor({1, 2, 3, 4}, fw::dtype(fw::kFloat).requires_grad(true));
  const fw::Tensor mask = fw::tensor({0, 0, 1, 1}, fw::kBool);

  const fw::Tensor score_masked = score_vector.masked_fill(mask, -INFINITY);
  std::cout << score_masked.detach() << "\n";
  const fw::Tensor weights = fw::softmax(score_masked, 0);
  std::cout << weights.detach() << "\n\n";

  std::cout << "Claim: the attention weights sum to 1.\n"
            << "  weights.sum() is " << weights.sum().item<double>() << "\n"
            << "Claim: padded tokens get no attention.\n"
            << "  weights at the mask: " << weights.detach().masked_select(mask) << "\n"
            << "Claim: only elements outside the mask are updated in training.\n";
  // A loss that would like to see attention on the last token.
  (weights * fw::tensor({0.0, 1.0, 2.0, 3.0})).sum().backward();
  std::cout << "  gradient of the scores: " << score_vector.grad() << "\n"
            << "  the padded ones are there, and exactly zero: the mask lets nothing through.\n"
            << "What the tape recorded: " << weights.grad_fn()->name() << " <- "
            << weights.grad_fn()->next_edge(0).function->name() << " <- score_vector\n";
}
