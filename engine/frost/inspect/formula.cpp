#include <frost/inspect/formula.hpp>

#include <unordered_map>

namespace frost::inspect {

namespace {

using Table = std::unordered_map<std::string_view, std::string_view>;

constexpr std::string_view kSameElements = "grad_x = g, in the shape of x";
constexpr std::string_view kReplaced = "grad_x = 0: the values of x are replaced";
constexpr std::string_view kExtremum = "grad_x = g at the element that was chosen, 0 elsewhere";
constexpr std::string_view kExtrema = "grad_x = g at the extremum, shared out evenly among ties, 0 elsewhere";
constexpr std::string_view kPiece = "grad_x = g where the piece lies in x, 0 elsewhere";
constexpr std::string_view kPieces = "grad_x = the g of all pieces, each in its place";
constexpr std::string_view kPicked = "grad_x = 0, and g added at each element that was picked";
constexpr std::string_view kSum = "grad_x = g, broadcast over what was summed";
constexpr std::string_view kMean = "grad_x = g / n, broadcast over the n that were averaged";
constexpr std::string_view kNorm = "grad_x = g·sign(x)·|x|^(p-1) / out^(p-1)";
constexpr std::string_view kProduct = "grad_x_i = g·Π_(j≠i) x_j";

const Table& table() {
  static const Table entries = {
      // leaves and writes
      {"torch::autograd::AccumulateGrad", "x.grad += g"},
      {"torch::autograd::CopySlices", "grad_base = g, 0 where it was written to; grad_written = g there"},
      {"torch::autograd::CopyBackwards", "grad_x = 0: its values are replaced; grad_source = g"},
      {"CopySlices", "grad_base = g, 0 where it was written to"},
      {"CloneBackward0", "grad_x = g"},
      {"ToCopyBackward0", "grad_x = g, in the dtype of x"},
      {"FillBackward2", kReplaced},
      {"FillBackward3", "grad_x = 0: its values are replaced; grad_value = Σ g"},
      {"ZeroBackward0", kReplaced},
      {"UniformBackward0", kReplaced},
      {"NormalBackward0", kReplaced},
      {"BernoulliBackward0", "grad_p = 0: what is drawn has no slope"},
      {"BernoulliBackward2", kReplaced},

      // arithmetic
      {"AddBackward0", "grad_x = g, grad_y = α·g"},
      {"AddBackward1", "grad_x = g"},
      {"SubBackward0", "grad_x = g, grad_y = -α·g"},
      {"SubBackward1", "grad_x = g"},
      {"MulBackward0", "grad_x = g·y, grad_y = g·x"},
      {"MulBackward1", "grad_x = g·number"},
      {"DivBackward0", "grad_x = g / y, grad_y = -g·x / y²"},
      {"DivBackward1", "grad_x = g / number"},
      {"NegBackward0", "grad_x = -g"},
      {"PowBackward0", "grad_x = g·n·x^(n-1)"},
      {"PowBackward1", "grad_x = g·y·x^(y-1), grad_y = g·out·log x"},
      {"PowBackward2", "grad_y = g·out·log x"},
      {"ReciprocalBackward0", "grad_x = -g·out²"},

      // of each element
      {"AbsBackward0", "grad_x = g·sign(x)"},
      {"SgnBackward0", "grad_x = 0: steps have no slope"},
      {"ExpBackward0", "grad_x = g·out"},
      {"Expm1Backward0", "grad_x = g·(out + 1)"},
      {"LogBackward0", "grad_x = g / x"},
      {"Log1PBackward0", "grad_x = g / (1 + x)"},
      {"SqrtBackward0", "grad_x = g / (2·out)"},
      {"RsqrtBackward0", "grad_x = -g·out³ / 2"},
      {"SinBackward0", "grad_x = g·cos x"},
      {"CosBackward0", "grad_x = -g·sin x"},
      {"ErfBackward0", "grad_x = g·(2/√π)·e^(-x²)"},
      {"TanhBackward0", "grad_x = g·(1 - out²)"},
      {"SigmoidBackward0", "grad_x = g·out·(1 - out)"},
      {"ReluBackward0", "grad_x = g where out > 0, else 0"},
      {"GeluBackward0", "grad_x = g·(Φ(x) + x·φ(x))"},
      {"SoftplusBackward0", "grad_x = g·σ(β·x), g above the threshold"},
      {"ClampBackward1", "grad_x = g where min ≤ x ≤ max, else 0"},
      {"ClampMinBackward0", "grad_x = g where min ≤ x, else 0"},
      {"ClampMaxBackward0", "grad_x = g where x ≤ max, else 0"},
      {"NanToNumBackward0", "grad_x = g where x is finite, else g·0"},
      {"MaximumBackward0", "grad_x = g where x > y, grad_y = g where y > x, half each where equal"},
      {"MinimumBackward0", "grad_x = g where x < y, grad_y = g where y < x, half each where equal"},

      // masks
      {"MaskedFillBackward0", "grad_x = g, exactly 0 where masked"},
      {"MaskedFillBackward1", "grad_x = g, exactly 0 where masked; grad_value = Σ g where masked"},
      {"MaskedSelectBackward0", "grad_x = g where selected, 0 elsewhere"},
      {"MaskedScatterBackward0", "grad_source = g where the mask is true"},
      {"WhereBackward0", "grad_x = g where the condition holds, grad_y = g where not, 0 elsewhere"},
      {"TrilBackward0", "grad_x = g on and below the diagonal, 0 above"},
      {"TriuBackward0", "grad_x = g on and above the diagonal, 0 below"},

      // reductions
      {"SumBackward0", kSum},
      {"SumBackward1", kSum},
      {"MeanBackward0", kMean},
      {"MeanBackward1", kMean},
      {"ProdBackward0", kProduct},
      {"ProdBackward1", kProduct},
      {"VarBackward0", "grad_x = g·2·(x - mean) / d, d = n - 1, or n if biased"},
      {"StdBackward0", "grad_x = g·(x - mean) / (out·d), d as of var, 0 where out = 0"},
      {"NormBackward0", kNorm},
      {"NormBackward1", kNorm},
      {"CumsumBackward0", "grad_x_i = Σ_(j≥i) g_j"},
      {"LogsumexpBackward0", "grad_x = g·e^(x - out)"},
      {"MaxBackward0", kExtremum},
      {"MinBackward0", kExtremum},
      {"MaxBackward1", kExtrema},
      {"MinBackward1", kExtrema},
      {"AmaxBackward0", kExtrema},
      {"AminBackward0", kExtrema},
      {"SortBackward0", "grad_x = g, put back where it was before sorting"},
      {"TopkBackward0", "grad_x = g at the elements that were kept, 0 elsewhere"},

      // softmax
      {"SoftmaxBackward0", "grad_x = out·(g - Σ g·out)"},
      {"LogSoftmaxBackward0", "grad_x = g - e^out·Σ g"},
      {"MaskedAttentionBackward0",
       "of out = P v, P = softmax(q kᵀ/√d): grad_v = Pᵀ g, and to q and k through P"},
      {"MaskedSoftmaxBackward0", "grad_x = out·(g - Σ g·out), exactly 0 where masked"},

      // products
      {"DotBackward0", "grad_x = g·y, grad_y = g·x"},
      {"MvBackward0", "grad_x = g yᵀ, grad_y = xᵀ g"},
      {"MmBackward0", "grad_x = g yᵀ, grad_y = xᵀ g"},
      {"BmmBackward0", "grad_x = g yᵀ, grad_y = xᵀ g, of each matrix"},

      // views and shapes
      {"AliasBackward0", "grad_x = g"},
      {"AsStridedBackward0", kPiece},
      {"ViewBackward0", kSameElements},
      {"ReshapeAliasBackward0", kSameElements},
      {"UnsafeViewBackward0", kSameElements},
      {"SqueezeBackward0", kSameElements},
      {"SqueezeBackward1", kSameElements},
      {"SqueezeBackward3", kSameElements},
      {"UnsqueezeBackward0", kSameElements},
      {"TBackward0", "grad_x = gᵀ"},
      {"TransposeBackward0", "grad_x = g, transposed back"},
      {"PermuteBackward0", "grad_x = g, the dims put back in order"},
      {"ExpandBackward0", "grad_x = g, summed over what was expanded"},
      {"RepeatBackward0", "grad_x = g, summed over the repetitions"},
      {"FlipBackward0", "grad_x = g, flipped back"},
      {"SelectBackward0", kPiece},
      {"SliceBackward0", kPiece},
      {"SplitBackward0", kPieces},
      {"SplitWithSizesBackward0", kPieces},
      {"UnbindBackward0", kPieces},
      {"CatBackward0", "grad_x_i = the piece of g where x_i lies; a frozen x_i gets none"},
      {"StackBackward0", "grad_x_i = g_i; a frozen x_i gets none"},

      // indexing
      {"IndexBackward0", kPicked},
      {"IndexSelectBackward0", kPicked},
      {"GatherBackward0", kPicked},
      {"EmbeddingBackward0", "grad_weight = 0, and each row of g added at its token's row"},
      {"EmbeddingDenseBackwardBackward0", "grad_g = the rows of this gradient, picked by token"},
      {"IndexPutBackward0", "grad_x = g, 0 where written; grad_values = g there"},
      {"ScatterBackward0", "grad_x = g, 0 where written; grad_source = g there"},
      {"ScatterBackward1", "grad_x = g, 0 where written"},
      {"ScatterAddBackward0", "grad_x = g, grad_source = g at index"},

      // layers and losses
      {"NativeLayerNormBackward0", "grad_x = s·(h - mean h - x̂·mean(h·x̂)), h = g·weight, s = 1/std"},
      {"RecurrentLayerBackward0", "back through time: grad_h_(t-1) = what step t returns for h_t's"},
      {"PackPaddedSequenceBackward0", "grad_x = g at the rows that were packed, 0 at the padding"},
      {"PadPackedSequenceBackward0", "grad_x = g, without the padding"},
      {"PadSequenceBackward0", "grad_x_i = the piece of g where x_i lies, without the padding"},
      {"MseLossBackward0", "grad_x = g·2·(x - y) / n, grad_y = -grad_x"},
      {"NllLossBackward0", "grad_x = -g·weight / n at the target's class, 0 elsewhere"},
      {"NllLoss2DBackward0", "grad_x = -g·weight / n at the target's class, 0 elsewhere"},
      {"BinaryCrossEntropyWithLogitsBackward0", "grad_x = g·(σ(x) - target) / n"},

      // gradients, differentiated once more; h is the gradient that was worked out from g
      {"SoftmaxBackwardDataBackward0", "of h = y·(g - Σ g·y): its gradients for g and y"},
      {"LogSoftmaxBackwardDataBackward0", "of h = g - e^y·Σ g: its gradients for g and y"},
      {"MaskedSoftmaxBackwardDataBackward0", "of h = y·(g - Σ g·y): its gradients for g and y"},
      {"TanhBackwardBackward0", "of h = g·(1 - y²): its gradients for g and y"},
      {"SigmoidBackwardBackward0", "of h = g·y·(1 - y): its gradients for g and y"},
      {"ThresholdBackwardBackward0", "of h = g where y > 0: its gradient for g"},
      {"GeluBackwardBackward0", "of h = g·(Φ(x) + x·φ(x)): its gradients for g and x"},
      {"SoftplusBackwardBackward0", "of h = g·σ(β·x): its gradients for g and x"},
      {"NativeLayerNormBackwardBackward0", "of layer_norm's grad_x: its gradients for g, x and weight"},
      {"NllLossBackwardBackward0", "of h = g at the target's class: its gradient for g"},
  };
  return entries;
}

}  // namespace

std::string_view formula(std::string_view grad_fn) {
  const auto found = table().find(grad_fn);
  return found == table().end() ? std::string_view() : found->second;
}

}  // namespace frost::inspect
