// Twin stepping: two programs that should work out the same values and gradients, in lockstep.
//
//   Recording recording;  // or else most values are not known: the tape holds what its rules need
//   …
//   Twin twin(loss_of_method_1, loss_of_method_2, {.outputs = recording.outputs()});
//   while (twin.next()) std::cout << twin;
//
// What belongs together is told by names (set_name), by one rule:
//
//   "scores" of the second is "scores" of the first; "scores[2]" of the second is scores[2] of the first.
//   Where it is smaller, it is what comes first along each dim; the rest exists in the first alone.
//   Of several tensors of one program that have the same name, the one counts whose gradient is known first.
//
// So a program with a graph for each example of a batch names the parts of what the other computes as a
// whole: weights.set_name("weights[" + std::to_string(b) + "]").
#pragma once

#include <frost/inspect/stepper.hpp>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frost::inspect {

// A tensor of one of the programs, and what it corresponds to in the other.
struct TwinPart {
  std::string name;                    // in the second, "scores[2]"; in the first where it exists there alone
  std::vector<int64_t> index;          // of the slice of the first that it corresponds to: {2}
  std::optional<Trace::Place> first;   // none: in the second alone, or frozen in the first
  std::optional<Trace::Place> second;  // none: in the first alone, or frozen in the second
  bool is_in_first = false, is_in_second = false;
};

// How the values of a part compare, or its gradients.
struct TwinDifference {
  enum class Kind : uint8_t {
    pending,     // gradients of which one is not known yet
    unknown,     // values of which one is not held, or has more than Trace::Options::max_elements
    equal,       // the same numbers; a NaN is equal to a NaN
    rounding,    // but for rounding: by at most 1e-5 of the greatest (1e-10 where both are Double)
    different,   // in numbers, or absent in one where the other has a gradient
    shapes,      // the one does not fit into the other
    only_first,  // there is nothing to compare it with
    only_second,
  };
  Kind kind = Kind::pending;
  // Of what corresponds; values are zero or number, too, and pending where they are not known.
  GradientState first = GradientState::pending, second = GradientState::pending;
  double largest = 0;     // difference; not finite where an element of either is not, and they differ
  int64_t left_over = 0;  // elements of the slice that the first has alone …
  GradientState left_over_state = GradientState::pending;  // … and what those are
};
std::string_view to_text(TwinDifference::Kind kind);

// All parts of one tensor of the first, or of one name of the second.
struct TwinStop {
  std::string name;  // without an index
  std::vector<TwinPart> parts;
};

class Twin {
 public:
  // From roots of one element each; the options are of both traces.
  Twin(const Tensor& first, const Tensor& second, const Trace::Options& options = {});

  const Stepper& first() const { return first_; }
  const Stepper& second() const { return second_; }

  // The names, in the order in which the pass of the first reaches them; then those of the second alone.
  const std::vector<TwinStop>& stops() const { return stops_; }
  // How many of them next() has come to.
  size_t position() const { return before_.size(); }

  // Runs both passes until the gradients of the next name are known in each; false, and both run to their
  // ends, where there is none. back() takes that back. Where a step throws, as Stepper::next() may, both stay
  // where they were.
  bool next();
  bool back();
  void run();
  void rewind();

  // The gradients until now, and the values of the forward passes, wherever the twin stands.
  TwinDifference compare(const TwinPart& part) const;
  TwinDifference compare_values(const TwinPart& part) const;

 private:
  // How many steps each of the passes has taken.
  struct Positions {
    size_t first, second;
  };
  void collect();
  Positions positions() const { return {first_.position(), second_.position()}; }
  void back_to(const Positions& positions);

  Stepper first_, second_;
  std::vector<TwinStop> stops_;
  std::vector<Positions> before_;  // where the passes stood before each of the stops that were reached
};

// The stop that was just reached: each of its parts in both programs, and how their values and gradients
// compare.
std::string to_text(const Twin& twin);
std::ostream& operator<<(std::ostream& out, const Twin& twin);  // the same
// The same of any of its stops.
std::string to_text(const Twin& twin, const TwinStop& stop);
// All names until now, a line each: what is equal (but for rounding), what differs, and what exists in one
// only.
std::string summary_text(const Twin& twin);

}  // namespace frost::inspect
