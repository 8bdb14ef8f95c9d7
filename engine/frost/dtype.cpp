#include <frost/dtype.hpp>

#include <ostream>

namespace frost {

const char* to_text(Dtype dtype) {
  constexpr const char* names[] = {"Bool", "Long", "Float", "Double"};
  return names[static_cast<int>(dtype)];
}

std::string_view TypeMeta::name() const {
  constexpr std::string_view names[] = {"bool", "long int", "float", "double"};
  return names[static_cast<int>(dtype_)];
}

std::ostream& operator<<(std::ostream& out, Dtype dtype) { return out << to_text(dtype); }
std::ostream& operator<<(std::ostream& out, TypeMeta dtype) { return out << dtype.name(); }

}  // namespace frost
