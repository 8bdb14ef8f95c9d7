// What somebody types to have it translated.
#pragma once

#include <string>
#include <vector>

namespace translate_dates {

constexpr size_t kLongestAsked = 70;

struct Asked {
  std::string text;      // of kCharacters alone, without spaces at its ends
  std::string left_out;  // the other characters, each once, as a list to read: 'x', '?', 0x07
};
Asked asked(const std::string& typed);

// Why it can't be translated: too long, or nothing is left of it; "" where it can.
std::string trouble_with(const Asked& asked);

}  // namespace translate_dates
