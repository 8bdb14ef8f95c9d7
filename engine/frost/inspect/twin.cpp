#include <frost/inspect/twin.hpp>

#include <frost/inspect/words.hpp>
#include <frost/ops.hpp>

#include <algorithm>
#include <charconv>
#include <unordered_map>
#include <unordered_set>

namespace frost::inspect {

namespace {

using Kind = TwinDifference::Kind;

// "scores[2]" → "scores", {2}; a name without an index, or with something else in brackets, is whole.
struct ParsedName {
  std::string name;
  std::vector<int64_t> index;
};
ParsedName parse(const std::string& name) {
  const size_t open = name.rfind('[');
  if (open == std::string::npos || open == 0 || name.back() != ']') return {name, {}};
  ParsedName parsed{name.substr(0, open), {}};
  const char* at = name.data() + open + 1;
  const char* const end = name.data() + name.size() - 1;
  while (true) {
    while (at != end && *at == ' ') ++at;
    int64_t value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec != std::errc() || value < 0) return {name, {}};
    parsed.index.push_back(value);
    at = read.ptr;
    if (at == end) return parsed;
    if (*at++ != ',') return {name, {}};
  }
}

// The names that a trace knows, in its order: outputs of nodes, and frozen inputs, which have no place.
struct Named {
  std::string name;
  std::optional<Trace::Place> place;
};
std::vector<Named> names_of(const Trace& trace) {
  std::vector<Named> names;
  std::unordered_set<std::string> known;
  const auto add = [&names, &known](const std::string& name, std::optional<Trace::Place> place) {
    if (!name.empty() && known.insert(name).second) names.push_back({name, place});
  };
  for (size_t i = 0; i < trace.nodes().size(); ++i)
    for (uint32_t k = 0; k < trace.nodes()[i].outputs.size(); ++k)
      add(trace.nodes()[i].outputs[k].tensor.name, Trace::Place{i, k});
  for (const TracedNode& node : trace.nodes())
    for (const TracedInput& input : node.inputs)
      if (input.dropped) add(input.dropped->name, std::nullopt);
  return names;
}

const TracedOutput& output_at(const Stepper& stepper, const Trace::Place& place) {
  return stepper.trace().nodes()[place.node].outputs[place.output_nr];
}

GradientState state_of(const Tensor& gradient) {
  return any(gradient != 0).item<bool>() ? GradientState::number : GradientState::zero;
}

// The part beside what corresponds to it: what comes first along each dim in the slice of the whole.
TwinDifference compared(const Tensor& whole, const std::vector<int64_t>& index, const Tensor& part) {
  const NoGradGuard guard;
  TwinDifference found{.kind = Kind::shapes, .first = state_of(whole), .second = state_of(part)};
  Tensor slice = whole.detach();
  for (const int64_t i : index) {
    if (slice.dim() == 0 || i >= slice.size(0)) return found;
    slice = slice.select(0, i);
  }
  if (slice.dim() != part.dim()) return found;
  const Tensor rest = slice.clone();
  Tensor inner = rest;
  for (int64_t d = 0; d < slice.dim(); ++d) {
    if (part.size(d) > slice.size(d)) return found;
    slice = slice.narrow(d, 0, part.size(d));
    inner = inner.narrow(d, 0, part.size(d));
  }
  found.left_over = rest.numel() - slice.numel();
  if (found.left_over > 0) {
    inner.zero_();
    found.left_over_state = state_of(rest);
  }
  found.first = state_of(slice);
  const Tensor a = slice.to(kDouble), b = part.detach().to(kDouble);
  const Tensor is_same = (a == b) | (isnan(a) & isnan(b));
  if (all(is_same).item<bool>()) {
    found.kind = Kind::equal;
    return found;
  }
  const auto largest_of = [](const Tensor& x) { return where(isfinite(x), x.abs(), 0).max().item<double>(); };
  found.largest = where(is_same, 0, (a - b).abs()).max().item<double>();
  const bool is_double = slice.scalar_type() == kDouble && part.scalar_type() == kDouble;
  const double greatest = std::max(largest_of(a), largest_of(b));
  found.kind = found.largest <= (is_double ? 1e-10 : 1e-5) * greatest ? Kind::rounding : Kind::different;
  return found;
}

}  // namespace

std::string_view to_text(Kind kind) {
  switch (kind) {
    case Kind::pending:
      return "pending";
    case Kind::unknown:
      return "not known";
    case Kind::equal:
      return "equal";
    case Kind::rounding:
      return "equal but for rounding";
    case Kind::different:
      return "different";
    case Kind::shapes:
      return "of shapes that do not fit";
    case Kind::only_first:
      return "only in the first";
    default:
      return "only in the second";
  }
}

Twin::Twin(const Tensor& first, const Tensor& second, const Trace::Options& options)
    : first_(first, {.trace = options}), second_(second, {.trace = options}) {
  collect();
}

void Twin::collect() {
  std::unordered_map<std::string, size_t> places;
  const auto stop_of = [this, &places](const std::string& name) -> TwinStop& {
    const auto [place, is_new] = places.emplace(name, stops_.size());
    if (is_new) stops_.push_back({name, {}});
    return stops_[place->second];
  };
  std::unordered_map<std::string, Named> wholes;
  for (const Named& named : names_of(first_.trace())) {
    wholes[named.name] = named;
    stop_of(named.name);
  }
  for (const Named& named : names_of(second_.trace())) {
    ParsedName parsed = parse(named.name);
    if (wholes.contains(named.name)) parsed = {named.name, {}};
    const auto whole = wholes.find(parsed.name);
    const bool is_in_first = whole != wholes.end();
    stop_of(parsed.name)
        .parts.push_back({named.name, parsed.index, is_in_first ? whole->second.place : std::nullopt,
                          named.place, is_in_first, /*is_in_second=*/true});
  }
  for (TwinStop& stop : stops_) {
    if (stop.parts.empty())
      stop.parts.push_back({stop.name, {}, wholes[stop.name].place, std::nullopt, true, false});
    std::stable_sort(stop.parts.begin(), stop.parts.end(),
                     [](const TwinPart& a, const TwinPart& b) { return a.index < b.index; });
  }
}

// Each of the passes until the last node has run of those that the next stop names.
bool Twin::next() {
  const Positions before = positions();
  const auto run = [](Stepper& stepper, const std::optional<Trace::Place>& place) {
    if (!place) return;
    while (!stepper.trace().nodes()[place->node].step && stepper.next()) {
    }
  };
  try {
    if (position() == stops_.size()) {
      first_.run();
      second_.run();
      return false;
    }
    for (const TwinPart& part : stops_[position()].parts) {
      run(first_, part.first);
      run(second_, part.second);
    }
  } catch (...) {
    back_to(before);
    throw;
  }
  before_.push_back(before);
  return true;
}

bool Twin::back() {
  if (position() == 0) return false;
  back_to(before_.back());
  before_.pop_back();
  return true;
}

void Twin::run() {
  while (next()) {
  }
}

void Twin::rewind() {
  while (back()) {
  }
}

void Twin::back_to(const Positions& positions) {
  while (first_.position() > positions.first) first_.back();
  while (second_.position() > positions.second) second_.back();
}

TwinDifference Twin::compare(const TwinPart& part) const {
  const auto gradient_of = [](const Stepper& stepper, const std::optional<Trace::Place>& place) {
    return place ? output_at(stepper, *place).gradient : TracedGradient{GradientState::absent, Tensor()};
  };
  const TracedGradient first = gradient_of(first_, part.first), second = gradient_of(second_, part.second);
  TwinDifference found;
  found.first = first.state;
  found.second = second.state;
  if (!part.is_in_first || !part.is_in_second) {
    found.kind = part.is_in_first ? Kind::only_first : Kind::only_second;
    return found;
  }
  if (first.state == GradientState::pending || second.state == GradientState::pending) return found;
  if (!first.value.defined() || !second.value.defined()) {
    found.kind = first.state == second.state ? Kind::equal : Kind::different;
    return found;
  }
  return compared(first.value, part.index, second.value);
}

TwinDifference Twin::compare_values(const TwinPart& part) const {
  const auto value_of = [](const Stepper& stepper, const std::optional<Trace::Place>& place) {
    return place ? output_at(stepper, *place).tensor.values : Tensor();
  };
  const Tensor first = value_of(first_, part.first), second = value_of(second_, part.second);
  TwinDifference found;
  if (!part.is_in_first || !part.is_in_second) {
    found.kind = part.is_in_first ? Kind::only_first : Kind::only_second;
    return found;
  }
  found.kind = Kind::unknown;
  return first.defined() && second.defined() ? compared(first, part.index, second) : found;
}

}  // namespace frost::inspect
