#include "asked.hpp"

#include "dates.hpp"

#include <fmt/format.h>
#include <utf8.h>

#include <iterator>
#include <set>

namespace translate_dates {

namespace {

std::string shown(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return fmt::format("0x{:02x}", static_cast<uint32_t>(c));
  std::string text;
  utf8::append(c, std::back_inserter(text));
  return "'" + text + "'";
}

}  // namespace

Asked asked(const std::string& typed) {
  std::string valid;
  utf8::replace_invalid(typed.begin(), typed.end(), std::back_inserter(valid));
  Asked result;
  std::set<char32_t> told;
  for (auto place = valid.begin(); place != valid.end();) {
    char32_t c = utf8::next(place, valid.end());
    if (c == '\t' || c == '\r') c = ' ';
    if (c < 0x80 && kCharacters.find(static_cast<char>(c)) != std::string_view::npos)
      result.text += static_cast<char>(c);
    else if (told.insert(c).second)
      result.left_out += (result.left_out.empty() ? "" : ", ") + shown(c);
  }
  const size_t first = result.text.find_first_not_of(' ');
  result.text = first == std::string::npos
                    ? ""
                    : result.text.substr(first, result.text.find_last_not_of(' ') + 1 - first);
  return result;
}

std::string trouble_with(const Asked& asked) {
  if (asked.text.empty()) return "it has no character of those that dates are written in";
  if (asked.text.size() > kLongestAsked)
    return fmt::format("it has {} characters, and a date at most {}", asked.text.size(), kLongestAsked);
  return "";
}

}  // namespace translate_dates
