#include "heat_map.hpp"

#include "common/markup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace translate_dates {

using examples::escaped;

namespace {

// In pixels.
constexpr size_t kCell = 24, kLeft = 44, kTop = 92, kRight = 24, kLegend = 66;
constexpr size_t kLegendWidth = 120, kSmallestWidth = 420;

constexpr const char* kStyle = R"(<style>
  svg { color-scheme: light dark; --paper: #ffffff; --ink: #1f2328; --faint: #6e7781; --line: #d0d7de; --mark: #0550ae; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --faint: #9198a1; --line: #30363d; --mark: #79c0ff; }
  }
  text { font: 15px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: var(--ink); text-anchor: middle; }
  .title, .note { text-anchor: start; }
  .note, .end { font-size: 12px; fill: var(--faint); }
  .space { fill: var(--faint); }
  .paper { fill: var(--paper); }
  .grid { stroke: var(--line); fill: none; }
  .mark { fill: var(--mark); }
</style>
)";

// Spaces are made visible.
std::string shown(char character) { return character == ' ' ? "␣" : escaped(std::string(1, character)); }

std::string label(size_t x, size_t y, char character) {
  return fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", x, y,
                     character == ' ' ? " class=\"space\"" : "", shown(character));
}

}  // namespace

std::string to_svg(const Translation& translation) {
  const std::string &input = translation.input, &answer = translation.answer;
  const size_t right = kLeft + kCell * input.size(), bottom = kTop + kCell * answer.size();
  const size_t width = std::max(right + kRight, kSmallestWidth), height = bottom + kLegend;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\">\n"
      "<title>Attention: {2} → {3}</title>\n",
      width, height, escaped(input), escaped(answer));
  svg += kStyle;
  svg += fmt::format("<rect class=\"paper\" width=\"{}\" height=\"{}\"/>\n", width, height);
  svg += fmt::format("<text class=\"title\" x=\"{}\" y=\"28\">{}</text>\n", kLeft, escaped(input));
  svg += fmt::format("<text class=\"title\" x=\"{}\" y=\"50\">→ {}</text>\n", kLeft, escaped(answer));
  for (size_t t = 0; t < input.size(); ++t) svg += label(kLeft + kCell * t + kCell / 2, kTop - 8, input[t]);
  for (size_t s = 0; s < answer.size(); ++s) {
    svg += label(kLeft - 16, kTop + kCell * s + kCell / 2 + 5, answer[s]);
    for (size_t t = 0; t < input.size(); ++t) {
      const double weight = translation.weights[s][t];
      if (weight < 0.005) continue;
      svg += fmt::format(
          "<rect class=\"mark\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill-opacity=\"{:.2f}\">"
          "<title>{} → {}: {:.2f}</title></rect>\n",
          kLeft + kCell * t, kTop + kCell * s, kCell, kCell, weight, shown(input[t]), shown(answer[s]),
          weight);
    }
  }
  std::string grid;
  for (size_t x = kLeft; x <= right; x += kCell) grid += fmt::format("M{}.5 {}V{}", x, kTop, bottom);
  for (size_t y = kTop; y <= bottom; y += kCell) grid += fmt::format("M{} {}.5H{}", kLeft, y, right);
  svg += fmt::format("<path class=\"grid\" d=\"{}\"/>\n", grid);

  const size_t legend = bottom + 20;
  svg +=
      "<linearGradient id=\"scale\"><stop offset=\"0\" "
      "style=\"stop-color:var(--mark);stop-opacity:0\"/>"
      "<stop offset=\"1\" style=\"stop-color:var(--mark)\"/></linearGradient>\n";
  svg += fmt::format(
      "<rect class=\"grid\" style=\"fill:url(#scale)\" x=\"{}.5\" y=\"{}.5\" width=\"{}\" height=\"12\"/>\n",
      kLeft, legend, kLegendWidth);
  svg += fmt::format("<text class=\"end\" x=\"{}\" y=\"{}\">0</text>\n", kLeft, legend + 28);
  svg += fmt::format("<text class=\"end\" x=\"{}\" y=\"{}\">1</text>\n", kLeft + kLegendWidth, legend + 28);
  svg += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\">attention; each row sums to 1</text>\n",
                     kLeft + kLegendWidth + 14, legend + 11);
  return svg + "</svg>\n";
}

std::string to_text(const Translation& translation) {
  static constexpr std::array kShades{" ", "░", "▒", "▓", "█"};
  std::string text = fmt::format("    {}\n", translation.input);
  for (size_t s = 0; s < translation.answer.size(); ++s) {
    std::string line = fmt::format("  {} ", translation.answer[s]);
    for (const double weight : translation.weights[s])  // the first shade from 0.1 on, the full one from 0.7
      line += kShades[static_cast<size_t>(std::clamp(weight * 5 + 0.5, 0.0, 4.0))];
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace translate_dates
