// What frost::inspect has: graphs through Graphviz, explanations, the page.
#include "html.hpp"

#include <frost/error.hpp>
#include <frost/inspect/dot.hpp>
#include <frost/inspect/text.hpp>
#include <frost/notebook.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace frost::inspect {

using notebook::chip;
using notebook::escape;
using notebook::Json;

namespace {

// "" where Graphviz is not installed, or fails. Graphviz works in points, "pt"; in as many "px" it is smaller
// by a quarter.
std::string svg_of(const Trace& trace, const std::string& unit = "pt") {
  std::string path = std::filesystem::temp_directory_path() / "frost-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return "";
  close(file);
  std::ofstream(path) << to_dot(trace);
  std::string svg;
  if (FILE* const dot = popen(("dot -Tsvg '" + path + "' 2>/dev/null").c_str(), "r")) {
    std::array<char, 4096> part;
    while (const size_t size = fread(part.data(), 1, part.size(), dot)) svg.append(part.data(), size);
    if (pclose(dot) != 0) svg.clear();
  }
  std::filesystem::remove(path);
  const size_t start = svg.find("<svg");  // after the XML declaration, which has no place within a page
  if (start == std::string::npos) return "";
  svg.erase(0, start);
  for (size_t at = 0, tag = svg.find('>'); (at = svg.find("pt\"", at)) < tag; at += unit.size()) {
    svg.replace(at, 2, unit);
  }
  return "<svg style=\"max-width:100%;height:auto\"" + svg.substr(4);
}

std::string pre(const std::string& text, const std::string& css_colour) {
  return "<pre style=\"border-left:3px solid " + css_colour +
         ";padding-left:10px;line-height:1.35;font-size:12px\">" + escape(text) + "</pre>";
}

constexpr const char* kNoGraphviz =
    "<p>The picture of the graph is made by Graphviz, which is not installed: sudo apt-get install "
    "graphviz</p>";

std::string colour_of(Explanation::Kind kind) {
  switch (kind) {
    case Explanation::Kind::number:
      return "#2f6fb0";
    case Explanation::Kind::zero:
      return "#777";
    case Explanation::Kind::nonfinite:
      return "#d9822b";
    default:
      return "#b0413e";  // absent
  }
}

}  // namespace

Json mime_bundle_repr(const Trace& trace) {
  const std::string text = to_text(trace), svg = svg_of(trace);
  return notebook::html(svg.empty() ? kNoGraphviz + pre(text, "#999") : svg, text);
}

Json mime_bundle_repr(const Stepper& stepper) {
  const std::string text = to_text(stepper), svg = svg_of(stepper.trace(), "px");
  // Side by side where the width is there; else the text stands above the graph.
  return notebook::html(
      "<div style=\"display:flex;flex-wrap:wrap-reverse;align-items:flex-end;gap:20px\"><div>" +
          (svg.empty() ? kNoGraphviz : svg) + "</div><div style=\"flex:1 1 460px\">" + pre(text, "#2f6fb0") +
          "</div></div>",
      text);
}

Json mime_bundle_repr(const Explanation& explanation) {
  const std::string text = to_text(explanation);
  return notebook::html(pre(text, colour_of(explanation.kind)), text);
}

Json mime_bundle_repr(const Page& page) {
  return notebook::html(
      "<iframe style=\"width:99%;height:860px;border:1px solid #ccc;box-sizing:border-box\" srcdoc=\"" +
          escape(to_html(page)) + "\"></iframe>",
      "a page in which to step through the graph: " + page.title);
}

}  // namespace frost::inspect
