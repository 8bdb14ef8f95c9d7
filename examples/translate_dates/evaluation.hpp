// How well a translator does on dates it was not trained on.
#pragma once

#include "model.hpp"

#include <array>
#include <string>
#include <vector>

namespace translate_dates {

struct Evaluation {
  double exact = 0;                          // share of the dates with every character right
  std::array<double, kFormats> by_format{};  // the same of each format
  double on_padding = 0;                     // attention that fell on padding, mean over the dates
};
// Of examples and what their texts were translated to.
Evaluation evaluation_of(const std::vector<Example>& examples, const std::vector<Translation>& translations);
// The same of the model's translations, with `extra` more positions of padding than the longest date of a
// batch needs.
Evaluation evaluate(Translator& model, const std::vector<Example>& examples, int64_t extra = 0);

std::vector<std::string> texts_of(const std::vector<Example>& examples);

// A line for each format, with a date written so.
std::string format_table(const Evaluation& evaluation);

// For each translation a line: the input, the answer, and the right date where the answer is not that.
std::string translation_lines(const std::vector<Example>& examples,
                              const std::vector<Translation>& translations);

}  // namespace translate_dates
