// Line charts as SVG.
#include "html.hpp"

#include <frost/error.hpp>
#include <frost/notebook.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

namespace frost::notebook {
namespace {

constexpr double kWidth = 640, kHeight = 320, kLeft = 70, kRight = 170, kTop = 34, kBottom = 46;
constexpr std::array kColours{"#2f6fb0", "#d9822b", "#2e7d32", "#b0413e", "#7b4fa3", "#555555"};

std::string tick_text(double value) {
  std::ostringstream out;
  out.precision(6);
  out << value;
  return out.str();
}

// From data to places between `from` and `to`, and where ticks stand.
struct Axis {
  bool is_logarithmic;
  double from, to;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  std::vector<double> ticks = {};

  double scaled(double value) const { return is_logarithmic ? std::log10(value) : value; }
  void include(double value) {
    low = std::min(low, scaled(value));
    high = std::max(high, scaled(value));
  }
  double place(double value) const { return from + (scaled(value) - low) / (high - low) * (to - from); }

  // Four to eight round numbers; on a logarithmic axis powers of ten, or 1, 2 and 5 times those where they
  // are few.
  void settle() {
    if (high - low < 1e-12) {
      low -= 0.5;
      high += 0.5;
    }
    if (is_logarithmic) {
      const double margin = 0.04 * (high - low);
      low -= margin;
      high += margin;
      const bool few = high - low < 3;
      for (double power = std::floor(low); power <= high; ++power)
        for (const double digit : {1., 2., 5.})
          if (const double value = digit * std::pow(10, power);
              (digit == 1 || few) && std::log10(value) >= low && std::log10(value) <= high)
            ticks.push_back(value);
      return;
    }
    const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 1.5   ? 1
                                 : rough / power < 3.5 ? 2
                                 : rough / power < 7.5 ? 5
                                                       : 10);
    low = std::floor(low / step + 1e-9) * step;
    high = std::ceil(high / step - 1e-9) * step;
    for (int i = 0; low + i * step < high + step / 2; ++i) {
      const double value = low + i * step;
      ticks.push_back(std::abs(value) < step * 1e-9 ? 0 : value);
    }
  }
};

double x_of(const Line& line, size_t i) { return line.x.empty() ? static_cast<double>(i) : line.x[i]; }

void check_chart(const Chart& chart) {
  bool any = false;
  for (const Line& line : chart.lines) {
    check(line.x.empty() || line.x.size() == line.y.size(), "Chart", "line ", line.name, " has ",
          line.x.size(), " x for ", line.y.size(), " y");
    for (size_t i = 0; i < line.y.size(); ++i) {
      any = any || (std::isfinite(line.y[i]) && std::isfinite(x_of(line, i)));
      check(!chart.is_logarithmic || (line.y[i] > 0 && x_of(line, i) > 0), "Chart", "line ", line.name,
            ", point ", i, ": a logarithmic axis has no place for ", std::min(line.y[i], x_of(line, i)));
    }
  }
  check(any, "Chart", "there is no point to draw");
}

std::string text_at(double x, double y, const char* anchor, const std::string& text,
                    const std::string& more = "") {
  std::ostringstream out;
  out << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\" " << more << ">"
      << escape(text) << "</text>";
  return out.str();
}

}  // namespace

Json mime_bundle_repr(const Chart& chart) {
  check_chart(chart);
  Axis x{chart.is_logarithmic, kLeft, kWidth - kRight}, y{chart.is_logarithmic, kHeight - kBottom, kTop};
  for (const Line& line : chart.lines)
    for (size_t i = 0; i < line.y.size(); ++i)
      if (std::isfinite(line.y[i]) && std::isfinite(x_of(line, i))) {
        x.include(x_of(line, i));
        y.include(line.y[i]);
      }
  x.settle();
  y.settle();

  std::ostringstream svg;
  std::string text = chart.title;
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << kHeight
      << "\" viewBox=\"0 0 " << kWidth << " " << kHeight
      << "\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\"><rect width=\"100%\" height=\"100%\" "
         "fill=\"#fff\"/>"
      << text_at((kLeft + kWidth - kRight) / 2, 18, "middle", chart.title, "font-size=\"14\"");
  for (const double tick : x.ticks)
    svg << "<path d=\"M" << x.place(tick) << " " << kTop << "V" << kHeight - kBottom
        << "\" stroke=\"#e4e4e4\"/>"
        << text_at(x.place(tick), kHeight - kBottom + 16, "middle", tick_text(tick));
  for (const double tick : y.ticks)
    svg << "<path d=\"M" << kLeft << " " << y.place(tick) << "H" << kWidth - kRight
        << "\" stroke=\"#e4e4e4\"/>" << text_at(kLeft - 6, y.place(tick) + 4, "end", tick_text(tick));
  svg << text_at((kLeft + kWidth - kRight) / 2, kHeight - 10, "middle", chart.x_label)
      << text_at(16, (kTop + kHeight - kBottom) / 2, "middle", chart.y_label,
                 "transform=\"rotate(-90 16 " + tick_text((kTop + kHeight - kBottom) / 2) + ")\"");
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    const Line& line = chart.lines[i];
    const char* const colour_of_line = kColours[i % kColours.size()];
    std::ostringstream path, dots;
    text += "\n" + line.name + ":";
    bool is_drawing = false;  // a value that is not finite leaves a gap
    for (size_t j = 0; j < line.y.size(); ++j) {
      text += " " + number(line.y[j]);
      const bool is_point = std::isfinite(line.y[j]) && std::isfinite(x_of(line, j));
      if (is_point) {
        const double at_x = x.place(x_of(line, j)), at_y = y.place(line.y[j]);
        path << (is_drawing ? "L" : "M") << at_x << " " << at_y;
        if (line.y.size() <= 40) dots << "<circle cx=\"" << at_x << "\" cy=\"" << at_y << "\" r=\"3\"/>";
      }
      is_drawing = is_point;
    }
    const double legend_y = kTop + 12 + 20 * static_cast<double>(i);
    svg << "<path d=\"" << path.str() << "\" fill=\"none\" stroke-width=\"2\" stroke=\"" << colour_of_line
        << "\"/><g fill=\"" << colour_of_line << "\">" << dots.str() << "<path d=\"M" << kWidth - kRight + 12
        << " " << legend_y - 4 << "h16\" stroke-width=\"3\" stroke=\"" << colour_of_line << "\"/></g>"
        << text_at(kWidth - kRight + 34, legend_y, "start", line.name);
  }
  svg << "</svg>";
  return html(svg.str(), text);
}

}  // namespace frost::notebook
