#include <frost/inspect/twin.hpp>

#include <frost/inspect/columns.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <cmath>

namespace frost::inspect {

namespace {

using Kind = TwinDifference::Kind;

constexpr int64_t kFew = 12;

std::string where(const Stepper& stepper, const std::optional<Trace::Place>& place, bool is_there) {
  if (!is_there) return "not there";
  if (!place) return "frozen: absent";
  const TracedNode& node = stepper.trace().nodes()[place->node];
  const TracedOutput& output = node.outputs[place->output_nr];
  return "#" + std::to_string(place->node) + " " + short_name(node.name) + ", gradient " +
         gradient_text(output.gradient, kFew);
}

std::string verdict(const TwinDifference& found) {
  std::string text(to_text(found.kind));
  if (found.kind == Kind::only_second || found.kind == Kind::only_first)
    text += ", gradient " + std::string(to_text(found.kind == Kind::only_first ? found.first : found.second));
  else if (found.kind == Kind::rounding)
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
  if (found.left_over > 0)
    text += "; " + count_text(static_cast<size_t>(found.left_over), "more element") +
            " in the first alone, " + std::string(to_text(found.left_over_state));
  return text;
}

}  // namespace

std::string to_text(const Twin& twin) {
  if (twin.position() == 0) return "at the start: no step has been taken yet\n";
  return to_text(twin, twin.stops()[twin.position() - 1]);
}

std::string to_text(const Twin& twin, const TwinStop& stop) {
  std::string text =
      wrapped("", 2,
              "\"" + printable(stop.name) + "\" after " + count_text(twin.first().position(), "step") +
                  " of the first and " + std::to_string(twin.second().position()) + " of the second");
  const TwinPart* whole = nullptr;
  for (const TwinPart& part : stop.parts) {
    if (part.is_in_first && whole == nullptr) {
      whole = &part;
      text += wrapped("  first   ", 10, where(twin.first(), part.first, true));
    }
    if (part.is_in_second)
      text +=
          wrapped("  second  ", 10, printable(part.name) + ": " + where(twin.second(), part.second, true));
    text += wrapped("          ", 10, verdict(twin.compare(part)));
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
      text += wrapped(label, 14, verdict(twin.compare(part)));
    }
  return text;
}

}  // namespace frost::inspect
