#include <frost/scalar.hpp>

namespace frost {

void Scalar::fail_to_convert(const char* type, std::string_view function) const {
  const bool is_finite = !is_floating_point() || std::isfinite(floating_);
  fail(function, "value cannot be converted to type ", type,
       " without overflow: ", is_floating_point() ? to_text(floating_) : to_text(integer_),
       is_finite ? "" : "; integers can't hold it, use a floating-point dtype");
}

}  // namespace frost
