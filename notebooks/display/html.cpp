#include "html.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace frost::notebook {

std::string escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const double size = std::abs(value);
  char text[32];
  std::snprintf(text, sizeof text, size >= 1e6 || (size > 0 && size < 1e-3) ? "%.2e" : "%.4f",
                value == 0 ? 0. : value);
  std::string digits = text;
  if (digits.find('e') == std::string::npos) {  // 0.5000 is 0.5, and 2.0000 is 2
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
  }
  return digits;
}

std::string colour(double value, double largest) {
  if (!std::isfinite(value))
    return "background:repeating-linear-gradient(45deg,#ddd,#ddd 3px,#f4f4f4 3px,#f4f4f4 6px);color:#111";
  const double share = largest > 0 ? std::min(1., std::abs(value) / largest) : 0;
  // From white to a colour that black text can be read on.
  const int deep[2][3] = {{255, 158, 74}, {92, 160, 232}};
  const int* const end = deep[value > 0];
  const auto mix = [share](int channel) {
    return static_cast<int>(std::lround(255 + share * (channel - 255)));
  };
  char text[64];
  std::snprintf(text, sizeof text, "background:rgb(%d,%d,%d);color:#111", mix(end[0]), mix(end[1]),
                mix(end[2]));
  return text;
}

std::string chip(std::string_view text, std::string_view css_colour) {
  const std::string in(css_colour);
  return "<span style=\"border:1px solid " + in + ";color:" + in +
         ";border-radius:8px;padding:0 6px;margin-left:6px;font-size:85%;white-space:nowrap\">" +
         escape(text) + "</span>";
}

Json html(const std::string& html, const std::string& text) {
  return {{"text/html", html}, {"text/plain", text}};
}

}  // namespace frost::notebook
