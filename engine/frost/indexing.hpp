// What stands between the brackets of an index: x.index({Slice(1, None), None, Ellipsis, 0, tensor}).
#pragma once

#include <frost/tensor.hpp>

#include <optional>

namespace frost::indexing {

struct NoneType {};
inline constexpr NoneType None{};  // a new dimension of size 1; in a Slice, "to the end"

struct EllipsisType {};
inline constexpr EllipsisType Ellipsis{};  // as many whole dimensions as are left

// Python's start:stop:step; step must be positive.
class Slice {
 public:
  using Bound = std::optional<int64_t>;
  struct BoundOrNone : Bound {
    BoundOrNone(NoneType) {}
    BoundOrNone(int64_t value) : Bound(value) {}
    BoundOrNone(Bound value) : Bound(value) {}
  };
  Slice(BoundOrNone start = None, BoundOrNone stop = None, BoundOrNone step = None)
      : start_(start), stop_(stop), step_(step.value_or(1)) {}

  Bound start() const { return start_; }
  Bound stop() const { return stop_; }
  int64_t step() const { return step_; }

 private:
  Bound start_, stop_;
  int64_t step_;
};

class TensorIndex {
 public:
  enum class Kind { none, ellipsis, integer, boolean, slice, tensor };

  TensorIndex(NoneType) : kind_(Kind::none) {}
  TensorIndex(std::nullopt_t) : kind_(Kind::none) {}
  TensorIndex(EllipsisType) : kind_(Kind::ellipsis) {}
  TensorIndex(const char* text);  // "..."
  TensorIndex(int64_t integer) : kind_(Kind::integer), integer_(integer) {}
  TensorIndex(int integer) : kind_(Kind::integer), integer_(integer) {}
  // Only a real bool, so that no other type slips in by conversion.
  template <class T>
  requires std::is_same_v<T, bool> TensorIndex(T boolean) : kind_(Kind::boolean), integer_(boolean) {}
  TensorIndex(Slice slice) : kind_(Kind::slice), slice_(slice) {}
  TensorIndex(Tensor tensor) : kind_(Kind::tensor), tensor_(std::move(tensor)) {}

  Kind kind() const { return kind_; }
  bool is_none() const { return kind_ == Kind::none; }
  bool is_ellipsis() const { return kind_ == Kind::ellipsis; }
  bool is_integer() const { return kind_ == Kind::integer; }
  bool is_boolean() const { return kind_ == Kind::boolean; }
  bool is_slice() const { return kind_ == Kind::slice; }
  bool is_tensor() const { return kind_ == Kind::tensor; }
  int64_t integer() const { return integer_; }
  bool boolean() const { return integer_ != 0; }
  const Slice& slice() const { return slice_; }
  const Tensor& tensor() const { return tensor_; }

 private:
  Kind kind_;
  int64_t integer_ = 0;
  Slice slice_;
  Tensor tensor_;
};

}  // namespace frost::indexing
