// What of an op's rule stays as it is whatever the leaves hold. For explain.
#pragma once

#include <frost/tape.hpp>

#include <cstdint>
#include <vector>

namespace frost::inspect {

// Whether a tensor that a node saved was made without any value that a leaf which requires grad has, as far
// as is known: what was written in place, and what went through item() or data_ptr(), leaves no trace. A fill
// by masked_fill is taken for one with -inf.
bool is_fixed(const Tensor& saved);
// Whether the node's rule is one linear map, whatever the leaves hold: all that it keeps is fixed.
bool is_rule_fixed(const Node& node);
// Of elements that a rule multiplies by 0: whether these zeros are constants, or weights that a mask makes 0.
// `answer` is what the rule made of gradients that are not 0, recorded: the factors are in the graph behind
// it.
bool are_factors_fixed(const Tensor& answer, const std::vector<int64_t>& elements);

bool is_product(const Node& node);  // of its inputs, element by element or as matrices
bool is_softmax(const Node& node);
// Of an element that has all the weight of its row of a softmax: whether everything else in the row is
// masked, by a mask that is fixed, so that it has it whatever the scores are.
bool is_alone(Node& softmax, int64_t element);
// Which elements of an input a softmax or an attention with a mask of its own mutes; else undefined.
// Broadcasts to that input.
Tensor mask_over(const Node& node, size_t input);

}  // namespace frost::inspect
