// What of an op's rule stays as it is whatever the leaves hold. For explain.
#pragma once

#include <frost/tape.hpp>

#include <cstdint>
#include <vector>

namespace frost::inspect {

// Whether a tensor that a node saved was made without any value that a leaf which requires grad has, as far
// as is known: what was written in place, and what went through item() or data_ptr(), leaves no trace.
bool is_fixed(const Tensor& saved);
// Whether the node's rule is one linear map, whatever the leaves hold: all that it keeps is fixed. Not known
// is what comes out the same though the rule keeps values, as of pow(x, 0) or the sum of a softmax.
bool is_rule_fixed(const Node& node);
// Of elements that a rule multiplies by 0: whether these zeros are constants, or weights that a mask makes 0.
// `answer` is what the rule made of gradients that are not 0, recorded: the factors are in the graph behind
// it.
bool are_factors_fixed(const Tensor& answer, const std::vector<int64_t>& elements);

bool is_product(const Node& node);  // of its inputs, element by element or as matrices
bool is_softmax(const Node& node);
int64_t softmax_dim(const Node& softmax);
// Which elements of an input a softmax or an attention with a mask of its own mutes; else undefined.
// Broadcasts to that input.
Tensor mask_over(const Node& node, size_t input);
// Which scores of a softmax have no weight: its own mask says so, or they are -inf, filled by masked_fill or
// where. Between these and the softmax there may be ops of one input that pick, move, scale or add what they
// are given. `for_good`: whatever the leaves hold, as the masks do not depend on them. Not known: a mask that
// is added.
Tensor muted_scores(const Node& softmax, bool for_good);
// Which have all the weight of their row, whatever they are: all others in it are muted for good.
Tensor lone_scores(const Node& softmax);

}  // namespace frost::inspect
