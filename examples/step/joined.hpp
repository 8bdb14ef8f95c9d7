// What cat joined: where padding of its own lies beside the real scores.
#pragma once

#include <frost/inspect/trace.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace step {

// A tensor of one dim, and the parts that it was joined of, in their order.
struct Joined {
  struct Part {
    std::string name;  // "pads[1]"
    bool is_frozen;
    int64_t start, size;  // in the whole
  };
  std::string whole;  // "muted[1]"
  std::vector<Part> parts;

  // The element that lies `index` behind the start of the part with this name: {"pads[1]", …}, and its index
  // in that. None: it lies in that part itself, or beyond the whole.
  struct Found {
    const Part* part;
    int64_t index;
  };
  std::optional<Found> beyond(const std::string& name, int64_t index) const;
};

// Of which the tensor with this name is a part; none: of nothing, or it has no elements or more dims.
std::optional<Joined> joined_of(const frost::inspect::Trace& trace, const std::string& name);

// What the elements of a frozen part are in the whole, in a sentence; "" of anything else.
std::string joined_text(const frost::inspect::Trace& trace, const std::string& name);

}  // namespace step
