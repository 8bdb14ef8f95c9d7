#include "evaluation.hpp"

#include "common/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace translate_dates {

std::vector<std::string> texts_of(const std::vector<Example>& examples) {
  std::vector<std::string> texts;
  for (const Example& example : examples) texts.push_back(example.text);
  return texts;
}

Evaluation evaluate(Translator& model, const std::vector<Example>& examples, int64_t extra) {
  return evaluation_of(examples, translate(model, texts_of(examples), extra));
}

Evaluation evaluation_of(const std::vector<Example>& examples, const std::vector<Translation>& translations) {
  Evaluation result;
  std::array<int64_t, kFormats> right{}, all{};
  int64_t exact = 0;
  for (size_t i = 0; i < examples.size(); ++i) {
    const bool is_right = translations[i].answer == iso(examples[i].date);
    exact += is_right;
    right[examples[i].format] += is_right;
    ++all[examples[i].format];
    result.on_padding += translations[i].on_padding;
  }
  const auto share = [](auto part, size_t of) { return static_cast<double>(part) / static_cast<double>(of); };
  result.exact = share(exact, examples.size());
  result.on_padding = share(result.on_padding, examples.size());
  for (size_t format = 0; format < kFormats; ++format)
    result.by_format[format] = share(right[format], static_cast<size_t>(std::max<int64_t>(all[format], 1)));
  return result;
}

std::string format_table(const Evaluation& evaluation) {
  using namespace std::chrono;
  const Date sample = year(2021) / March / 3;
  examples::Table table;
  table.header = {{"format", "characters", "exact match"}};
  for (size_t format = 0; format < kFormats; ++format) {
    const std::string text = written(sample, format);
    table.rows.push_back(
        {text, fmt::format("{}", text.size()), examples::percent(evaluation.by_format[format])});
  }
  return to_text(table);
}

std::string translation_lines(const std::vector<Example>& examples,
                              const std::vector<Translation>& translations) {
  size_t width = 0;
  for (const Translation& translation : translations) width = std::max(width, translation.input.size());
  std::string lines;
  for (size_t i = 0; i < translations.size(); ++i) {
    const std::string right = iso(examples[i].date), &answer = translations[i].answer;
    lines += fmt::format("{:{}} → {}{}\n", translations[i].input, width, answer,
                         answer == right ? "" : ", but it is " + right);
  }
  return lines;
}

}  // namespace translate_dates
