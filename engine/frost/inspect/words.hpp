// How names, numbers and tensors are written in a trace's exports. For inspect's own files.
#pragma once

#include <frost/inspect/trace.hpp>
#include <frost/printable.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace frost::inspect {

using frost::printable;

// JSON that may stand within a page's <script>, which only "<" could end: there it stands in strings alone.
std::string without_markup(std::string_view json);

// At most four significant digits; 0 stands for zero alone.
std::string number_text(double value);
// The same as a factor of a product: a negative one stands in brackets.
std::string factor_text(double value);
// Nested in brackets; where there are more than max_elements, what can be said of them in short.
std::string values_text(const Tensor& x, int64_t max_elements);
// "pending", "absent", "zero [0, 0]", "[0.25, -0.25]"
std::string gradient_text(const TracedGradient& gradient, int64_t max_elements);
std::string dtype_text(Dtype dtype);  // "float32"
// "scores" (2, 3) float32
std::string tensor_text(const TracedTensor& tensor);
// scores[0, 2], of the element counted row by row
std::string element_text(const std::string& name, IntArrayRef sizes, int64_t element);
// The element at the index, counted row by row; an error of `function` where it does not fit the sizes.
int64_t element_at(IntArrayRef index, IntArrayRef sizes, std::string_view function);
// "SoftmaxBackward0", and without its scopes "AccumulateGrad".
std::string short_name(const std::string& grad_fn);
std::string count_text(size_t count, const std::string& what);  // "1 step", "2 steps"

struct Summary {
  double min, max;  // of what is not NaN
  int64_t zeros, nans, infinities;
};
Summary summary(const Tensor& x);

// What stands at the other end of the edge: the label of a tensor, or what is known of a dropped input.
std::string end_of(const Trace& trace, const TracedInput& input);

// Of a dropped input: "frozen", "detached", "no-grad", "discrete".
std::string_view frozen_text(Unrecorded unrecorded);

// `text` broken into lines of 80 columns, each behind `indent` spaces but the first, which follows `start`.
std::string wrapped(const std::string& start, size_t indent, std::string_view text);

}  // namespace frost::inspect
