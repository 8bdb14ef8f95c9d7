// What a tensor is to be made with: torch::zeros({2, 3}, torch::dtype(torch::kDouble).requires_grad(true)).
#pragma once

#include <frost/dtype.hpp>

#include <optional>

namespace frost {

using std::nullopt;
using std::optional;

class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(Dtype dtype) : dtype_(dtype) {}  // implicit, so that a dtype alone will do
  TensorOptions(TypeMeta dtype) : dtype_(dtype) {}

  [[nodiscard]] TensorOptions dtype(optional<Dtype> dtype) const {
    TensorOptions options = *this;
    options.dtype_ = dtype;
    return options;
  }
  [[nodiscard]] TensorOptions requires_grad(bool required) const {
    TensorOptions options = *this;
    options.requires_grad_ = required;
    return options;
  }

  TypeMeta dtype() const { return dtype_.value_or(kFloat); }  // kFloat where none was named
  bool has_dtype() const { return dtype_.has_value(); }
  optional<Dtype> dtype_opt() const { return dtype_; }
  bool requires_grad() const { return requires_grad_; }

 private:
  optional<Dtype> dtype_;
  bool requires_grad_ = false;
};

inline TensorOptions dtype(Dtype dtype) { return TensorOptions(dtype); }
inline TensorOptions requires_grad(bool required = true) { return TensorOptions().requires_grad(required); }

}  // namespace frost
