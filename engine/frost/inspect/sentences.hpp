// Sentences about an explanation, put together. For explain's own files.
#pragma once

#include <frost/inspect/explain.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace frost::inspect {

class Sentences {
 public:
  explicit Sentences(const Explanation& told)
      : x(glued(printable(told.name))), root(glued(printable(told.root))), trace_(told.trace) {}

  void say(const std::string& sentence) { text_ += without_glue(wrapped("", 2, sentence)); }
  void item(const std::string& words) { text_ += without_glue(wrapped("  ", 4, words)); }
  std::string text() { return std::move(text_); }

  // #2 SoftmaxBackward0 "weights"
  std::string op(size_t i) const {
    const TracedNode& node = trace_.nodes()[i];
    const std::string& name = node.outputs[0].tensor.name;
    return "#" + std::to_string(i) + kGlue + short_name(node.name) +
           (name.empty() ? "" : kGlue + ("\"" + printable(name) + "\""));
  }
  std::string label(const Trace::Place& place) const { return printable(trace_.label(place)); }
  std::string element(const Trace::Place& place, int64_t element) const {
    const Dims& sizes = trace_.nodes()[place.node].outputs[place.output_nr].tensor.sizes;
    return this->element(trace_.label(place), sizes, element);
  }
  std::string element(const std::string& name, IntArrayRef sizes, int64_t element) const {
    return glued(element_text(printable(name), sizes, element));
  }
  // Of a tensor of two dims or more, its row along `dim` that holds this element: "1", or "[0, 1, :]".
  static std::string row(const Dims& sizes, int64_t element, size_t dim) {
    std::string index;
    for (size_t d = sizes.size(); d-- > 0; element /= sizes[d])
      index = (d == dim ? ":" : std::to_string(element % sizes[d])) + (index.empty() ? "" : ", ") + index;
    if (sizes.size() == 2 && dim == 1) return index.substr(0, index.find(','));
    return glued("[" + index + "]");
  }

  const std::string x, root;  // their names

 private:
  // A space at which no line is broken, until the lines are.
  static constexpr char kGlue = '\x1f';
  static std::string glued(std::string text) {
    std::replace(text.begin(), text.end(), ' ', kGlue);
    return text;
  }
  static std::string without_glue(std::string text) {
    std::replace(text.begin(), text.end(), kGlue, ' ');
    return text;
  }

  const Trace& trace_;
  std::string text_;
};

// Why x has no gradient.
void say_absent(Sentences& to, const Explanation& told);

}  // namespace frost::inspect
