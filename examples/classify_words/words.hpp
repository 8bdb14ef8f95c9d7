// Words of several languages, as the classifier is trained and tested on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace classify_words {

struct Word {
  std::u32string letters;
  int64_t language = 0;  // a number of a name in Words::languages
};

struct Words {
  std::vector<std::string> languages;
  std::vector<Word> train, test;  // as many words of each language
};

// The word lists of Debian's packages wamerican, wfrench, wngerman, witalian and wspanish, in `folder`. Words
// are in lower case; those with anything but letters, and those that stand in the lists of two languages, are
// left out. Of each language `per_language` words are taken, or as many as the smallest list has: which ones,
// and which tenth of them is kept for the test, a hash of the word decides. Throws examples::InputError where
// a list is missing or too short, and says which packages to install.
Words read_words(const std::string& folder, int64_t per_language);

// The same of five made-up languages, each with syllables and endings of its own, drawn from `seed`.
Words make_words(int64_t per_language, uint64_t seed);

std::string to_utf8(const std::u32string& letters);
bool is_utf8(const std::string& text);
// Throws examples::InputError where `text` is not UTF-8.
std::u32string from_utf8(const std::string& text);
std::u32string lower_case(std::u32string letters);  // of Latin letters

}  // namespace classify_words
