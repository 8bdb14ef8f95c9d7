// Freezing parts of a tensor: rows of an embedding, single elements.
//
// A whole tensor is frozen by requires_grad_(false), a module by freeze(); an optimiser passes by what has no
// grad. A part of a tensor can't be passed by: its tensor has a grad, which at the frozen places is 0, and an
// optimiser still moves what has gradient 0, by momentum, weight decay and Adam's averages. So there are two
// things:
//
//   frozen         stops the gradient at some elements. They get exactly 0, and are free to drift.
//   PartlyFrozen   holds some elements: they are no part of the parameter, and nothing moves them.
//
// A mask is bool and broadcasts to what it masks: [V, 1] means rows of an embedding's weight [V, E]. True
// means frozen.
#pragma once

#include <frost/nn/cloneable.hpp>

namespace frost::nn {

// x, through which no gradient flows where mask is true: there the gradient of x is exactly 0, whatever comes
// in, NaN and infinities included. One graph for the whole tensor: where(mask, x.detach(), x).
Tensor frozen(const Tensor& x, const Tensor& mask);

// A weight of which only the elements where mask is false are a parameter. The others are a buffer, as they
// were given, and stay so bit for bit under every optimiser: it does not know of them.
//
//   nn::PartlyFrozen table(pretrained, rows_to_keep.unsqueeze(1));
//   const Tensor vectors = nn::functional::embedding(tokens, table());
//
// forward() puts the two together: [*] like the values, with a gradient for `trainable` alone.
class PartlyFrozenImpl : public Cloneable<PartlyFrozenImpl> {
 public:
  PartlyFrozenImpl(const Tensor& values, const Tensor& mask);
  void reset() override;
  Tensor forward() const;
  void pretty_print(std::ostream& out) const override;

  Tensor values;     // buffer; at `places` still what it was given
  Tensor places;     // buffer [n], Long: where in values.flatten() the trainable elements belong
  Tensor trainable;  // parameter [n]
};
TORCH_MODULE(PartlyFrozen);

}  // namespace frost::nn
