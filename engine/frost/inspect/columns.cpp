#include <frost/inspect/columns.hpp>

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace frost::inspect {

namespace {

// What the system knows of characters, whatever the language of the user: for this thread, for a while.
class Utf8 {
 public:
  Utf8() : before_(uselocale(locale())) {}
  ~Utf8() { uselocale(before_); }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;  // null, where the system has none, changes nothing
  }
  locale_t before_;
};

}  // namespace

size_t columns(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return text.size();
  const Utf8 utf8;
  size_t sum = 0;
  while (!text.empty()) {
    wchar_t character = 0;
    mbstate_t state{};
    const size_t count = mbrtowc(&character, text.data(), text.size(), &state);
    const bool is_character = 0 < count && count <= text.size();
    const int width = is_character ? wcwidth(character) : 1;
    sum += width < 0 ? 1 : static_cast<size_t>(width);
    text.remove_prefix(is_character ? count : 1);
  }
  return sum;
}

}  // namespace frost::inspect
