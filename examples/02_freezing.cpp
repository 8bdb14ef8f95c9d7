// Method 2: freeze the padded scores, by concatenating a tensor that requires grad with one that does not.
//
// The article's listing, then its claims, checked. frost is libtorch's API: with `namespace fw = torch` this
// compiles against libtorch as well.
#include <frost/frost.hpp>

#include <cmath>
#include <iostream>

namespace fw = frost;

int main() {
  fw::manual_seed(0);
  const fw::Tensor attn_real = fw::randn({2, 3}, fw::requires_grad());
  const fw::Tensor attn_pad = fw::zeros({2, 2});
  const fw::Tensor score_vector = fw::cat({attn_real, attn_pad}, 1);
  std::cout << attn_real << "\n" << attn_pad << "\n" << score_vector << "\n\n";

  std::cout << std::boolalpha << "Claim: score_vector.is_leaf() is false, since a concatenation made it.\n"
            << "  it is " << score_vector.is_leaf()
            << "; attn_real and attn_pad are leaves: " << attn_real.is_leaf() << ", " << attn_pad.is_leaf()
            << "\n"
            << "Claim: one part receives updates and the other does not.\n"
            << "  " << score_vector.grad_fn()->name()
            << " leads on to attn_real: " << score_vector.grad_fn()->next_edge(0).is_valid()
            << ", to attn_pad: " << score_vector.grad_fn()->next_edge(1).is_valid() << "\n";

  const fw::Tensor weights = fw::softmax(score_vector, 1);
  (weights * fw::arange(5)).sum().backward();
  std::cout << "  gradient of attn_real: " << attn_real.grad() << "\n"
            << "  gradient of attn_pad is defined: " << attn_pad.grad().defined() << "\n\n";

  std::cout << "What the article leaves unsaid: e⁰ is 1, so pads frozen at 0 still take attention.\n"
            << "  weights: " << weights.detach() << "\n"
            << "Frozen at -inf they take none, and the real weights are those of method 1.\n"
            << "  weights: " << fw::softmax(fw::cat({attn_real, fw::full({2, 2}, -INFINITY)}, 1), 1).detach()
            << "\n";
}
