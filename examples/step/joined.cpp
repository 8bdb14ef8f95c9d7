#include "joined.hpp"

#include <fmt/format.h>
#include <frost/inspect/words.hpp>

#include <algorithm>

namespace step {

using frost::inspect::printable;
using frost::inspect::Trace;
using frost::inspect::TracedInput;
using frost::inspect::TracedNode;
using frost::inspect::TracedTensor;

namespace {

const Joined::Part* part_called(const Joined& joined, const std::string& name) {
  const auto found = std::find_if(joined.parts.begin(), joined.parts.end(),
                                  [&name](const Joined::Part& part) { return part.name == name; });
  return found == joined.parts.end() ? nullptr : &*found;
}

std::optional<Joined> joined_by(const Trace& trace, const TracedNode& node) {
  if (node.name != "CatBackward0" || node.outputs[0].tensor.sizes.size() != 1) return std::nullopt;
  Joined joined{node.outputs[0].tensor.name, {}};
  int64_t start = 0;
  for (const TracedInput& input : node.inputs) {
    if (!input.node && !input.dropped) return std::nullopt;
    const TracedTensor& part =
        input.node ? trace.nodes()[*input.node].outputs[input.output_nr].tensor : *input.dropped;
    joined.parts.push_back({part.name, !input.node.has_value(), start, frost::numel(part.sizes)});
    start += joined.parts.back().size;
  }
  return joined;
}

}  // namespace

std::optional<Joined::Found> Joined::beyond(const std::string& name, int64_t index) const {
  const Part* const own = part_called(*this, name);
  if (own == nullptr || index < own->size) return std::nullopt;
  for (const Part& part : parts)
    if (const int64_t at = own->start + index - part.start; at >= 0 && at < part.size)
      return Found{&part, at};
  return std::nullopt;
}

std::optional<Joined> joined_of(const Trace& trace, const std::string& name) {
  for (const TracedNode& node : trace.nodes())
    if (const std::optional<Joined> joined = joined_by(trace, node))
      if (const Joined::Part* const part = part_called(*joined, name); part != nullptr && part->size > 0)
        return joined;
  return std::nullopt;
}

std::string joined_text(const Trace& trace, const std::string& name) {
  const std::optional<Joined> joined = joined_of(trace, name);
  if (!joined || !part_called(*joined, name)->is_frozen) return "";
  const Joined::Part& own = *part_called(*joined, name);
  std::string parts;
  for (const Joined::Part& part : joined->parts)
    parts += (parts.empty() ? "" : ", ") + (part.name.empty() ? "another" : printable(part.name));
  const std::string whole = printable(joined->whole), shown = printable(name);
  return own.size == 1
             ? fmt::format("cat({}) made {}: {}[0] is {}[{}].", parts, whole, shown, whole, own.start)
             : fmt::format("cat({}) made {}: {}[0] to [{}] are {}[{}] to [{}].", parts, whole, shown,
                           own.size - 1, whole, own.start, own.start + own.size - 1);
}

}  // namespace step
