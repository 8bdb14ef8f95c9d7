#include <frost/inspect/twin.hpp>

#include <frost/inspect/columns.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

namespace frost::inspect {

namespace {

using Kind = TwinDifference::Kind;

constexpr int64_t kFew = 12;

std::string where(const Stepper& stepper, const std::optional<Trace::Place>& place, bool has_values) {
  if (!place) return "frozen: absent";
  const TracedNode& node = stepper.trace().nodes()[place->node];
  const TracedOutput& output = node.outputs[place->output_nr];
  return "#" + std::to_string(place->node) + " " + short_name(node.name) +
         (has_values ? ", values " + values_text(output.tensor.values, kFew) : "") + ", gradient " +
         gradient_text(output.gradient, kFew);
}

// Of the values, or of the gradients.
std::string numbers_verdict(const TwinDifference& found) {
  std::string text(to_text(found.kind));
  if (found.kind == Kind::rounding)
    text = to_text(Kind::equal);  // what is rounded how depends on the processor
  else if (found.kind == Kind::different && !std::isfinite(found.largest))
    text += ": in one a NaN or an infinity, in the other another number";
  else if (found.kind == Kind::different && found.largest != 0)
    text += " (by at most " + number_text(found.largest) + ")";
  else if (found.kind == Kind::different)
    text += ": " + std::string(to_text(found.first)) + " in the first, " +
            std::string(to_text(found.second)) + " in the second";
  else if (found.kind == Kind::equal && found.second != GradientState::number)
    text += ", both " + std::string(to_text(found.second));
  return text;
}

std::string verdict(const TwinDifference& values, const TwinDifference& gradients) {
  if (gradients.kind == Kind::only_first || gradients.kind == Kind::only_second)
    return std::string(to_text(gradients.kind)) + ", gradient " +
           std::string(to_text(gradients.kind == Kind::only_first ? gradients.first : gradients.second));
  std::string text = "values " + numbers_verdict(values) + "; gradients " + numbers_verdict(gradients);
  if (const int64_t left_over = std::max(values.left_over, gradients.left_over); left_over > 0) {
    text += "; " + count_text(static_cast<size_t>(left_over), "more element") + " in the first alone";
    if (gradients.left_over > 0) text += ", gradient " + std::string(to_text(gradients.left_over_state));
  }
  return text;
}

}  // namespace

std::string to_text(const Twin& twin) {
  if (twin.position() == 0) return "at the start: no step has been taken yet\n";
  return to_text(twin, twin.stops()[twin.position() - 1]);
}

std::ostream& operator<<(std::ostream& out, const Twin& twin) { return out << to_text(twin); }

std::string to_text(const Twin& twin, const TwinStop& stop) {
  std::string text =
      wrapped("", 2,
              "\"" + printable(stop.name) + "\" after " + count_text(twin.first().position(), "step") +
                  " of the first and " + std::to_string(twin.second().position()) + " of the second");
  std::vector<TwinDifference> values;
  for (const TwinPart& part : stop.parts) values.push_back(twin.compare_values(part));
  const bool has_values = std::any_of(values.begin(), values.end(), [](const TwinDifference& found) {
    return found.kind == Kind::different;
  });
  bool has_whole = false;
  for (size_t i = 0; i < values.size(); ++i) {
    const TwinPart& part = stop.parts[i];
    if (part.is_in_first && !std::exchange(has_whole, true))
      text += wrapped("  first   ", 10, where(twin.first(), part.first, has_values));
    if (part.is_in_second)
      text += wrapped("  second  ", 10,
                      printable(part.name) + ": " + where(twin.second(), part.second, has_values));
    text += wrapped("          ", 10, verdict(values[i], twin.compare(part)));
  }
  return text;
}

std::string summary_text(const Twin& twin) {
  std::string text;
  for (const TwinStop& stop : twin.stops())
    for (const TwinPart& part : stop.parts) {
      std::string label = printable(part.name);
      const size_t width = columns(label);
      label.append(width < 12 ? 14 - width : 2, ' ');
      text += wrapped("", 14, label + verdict(twin.compare_values(part), twin.compare(part)));
    }
  return text;
}

}  // namespace frost::inspect
