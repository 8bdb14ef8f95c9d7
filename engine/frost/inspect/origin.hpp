// Where a NaN or an infinity of the forward pass comes from. For explain.
#pragma once

#include <frost/inspect/paths.hpp>
#include <frost/inspect/trace.hpp>

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace frost::inspect {

// True where x is NaN or infinite; x may have any dtype.
Tensor is_nonfinite(const Tensor& x);
// The first true element, counted row by row.
std::optional<int64_t> first_of(const Tensor& mask);

// A softmax or a log_softmax, which makes a row of nothing but NaN of some rows.
bool has_rows(const Node& node);
// Such a row's elements: of nan_rows all that are NaN throughout, of empty_rows those in which every score is
// masked. The node keeps its output.
Tensor nan_rows(const Node& node);
Tensor empty_rows(const Node& node);

struct Origin {
  // In rising order: of several the largest is told.
  enum class Kind : int64_t { infinite, nan_of_infinities, nan, nan_row, empty_row };
  size_t node;  // its output is the first that is known to be so
  Kind kind;
};

// What is not finite in the forward pass has that from what it was made of: a NaN from NaN, or, where there
// was none, from infinities; and of several from the one that was made first. The values that the tape keeps
// are known, and no others. Each node is looked at once, however often it is asked about.
class Origins {
 public:
  Origins(const Trace& trace, const Uses& uses);

  // Of each element of what a rule of the trace answered, recorded: a key of its origin, 0 where it is
  // finite.
  std::vector<double> keys_of(const Tensor& answer);
  // None: the rule made it of finite numbers.
  std::optional<Origin> origin(double key) const;

 private:
  using Kind = Origin::Kind;
  // kind·span + place: of each element of each output of a node; undefined: all are 0.
  using Keys = std::vector<Tensor>;

  double key(Kind kind, int64_t place) const;
  std::vector<Node*> unknown_behind(const Edge& last) const;
  Keys passed_on(Node& node, const std::vector<Tensor>& inputs) const;
  void keep_known(size_t i, Keys& keys) const;
  Tensor among(const Tensor& values, const Tensor& passed, int64_t place) const;
  Tensor values_of(const Trace::Place& place) const;

  const Trace& trace_;
  const Uses& uses_;
  int64_t span_;
  std::unordered_map<const Node*, Keys> known_;  // of the trace's nodes
};

}  // namespace frost::inspect
