#include "words.hpp"

#include "common/error.hpp"

#include <fmt/format.h>
#include <frost/random.hpp>
#include <utf8.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <unordered_map>

namespace classify_words {

using examples::InputError;

namespace {

struct List {
  const char *language, *file, *package;
};
constexpr std::array<List, 5> kLists{{{"English", "american-english", "wamerican"},
                                      {"French", "french", "wfrench"},
                                      {"German", "ngerman", "wngerman"},
                                      {"Italian", "italian", "witalian"},
                                      {"Spanish", "spanish", "wspanish"}}};

bool is_latin_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7);
}

// FNV-1a, with a last mixing step since only a few low bits are used (Fowler, Noll, Vo).
uint64_t hash(const std::u32string& letters) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char32_t letter : letters) value = (value ^ letter) * 0x100000001b3;
  return value ^ value >> 32;
}

// From each language's words the same number, the test's tenth among them, in an order that tells nothing.
Words balanced(std::vector<std::string> languages, std::vector<std::set<std::u32string>> lists, int64_t per_language) {
  std::unordered_map<std::u32string, int> lists_with;
  for (const auto& list : lists)
    for (const std::u32string& word : list) ++lists_with[word];
  Words words;
  words.languages = std::move(languages);
  std::vector<std::vector<std::u32string>> own(lists.size());
  size_t count = static_cast<size_t>(per_language);
  for (size_t language = 0; language < lists.size(); ++language) {
    for (const std::u32string& word : lists[language])
      if (lists_with[word] == 1) own[language].push_back(word);
    count = std::min(count, own[language].size());
  }
  const size_t for_test = count / 10;
  const auto by_hash = [](const auto& a, const auto& b) { return std::pair(hash(a), a) < std::pair(hash(b), b); };
  for (size_t language = 0; language < lists.size(); ++language) {
    std::sort(own[language].begin(), own[language].end(), by_hash);
    for (size_t i = 0; i < count; ++i)
      (i < for_test ? words.test : words.train).push_back({own[language][i], static_cast<int64_t>(language)});
  }
  return words;
}

std::set<std::u32string> read_list(const std::string& path) {
  std::ifstream file(path);
  std::set<std::u32string> words;
  std::string line;
  while (std::getline(file, line)) {
    std::u32string word = lower_case(from_utf8(line));
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_latin_letter)) words.insert(std::move(word));
  }
  return words;
}

}  // namespace

std::u32string lower_case(std::u32string letters) {
  for (char32_t& c : letters) {
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7))
      c += 32;
    else if (c >= 0x100 && c <= 0x17F && c != 0x131 && c != 0x138 && c != 0x149 && c != 0x178 && c != 0x17F) {
      // Latin Extended-A stands in pairs, upper case first: at even places, but at odd ones in two stretches.
      const bool upper_is_odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
      if ((c % 2 == 1) == upper_is_odd) ++c;
    }
  }
  return letters;
}

std::string to_utf8(const std::u32string& letters) {
  std::string text;
  for (const char32_t letter : letters) utf8::append(letter, std::back_inserter(text));
  return text;
}

std::u32string from_utf8(const std::string& text) {
  if (!utf8::is_valid(text.begin(), text.end())) throw InputError(fmt::format("'{}' is not valid UTF-8", text));
  std::u32string letters;
  for (auto place = text.begin(); place != text.end();) letters.push_back(utf8::next(place, text.end()));
  return letters;
}

Words read_words(const std::string& folder, int64_t per_language) {
  std::vector<std::string> languages;
  std::string missing;
  for (const List& list : kLists) {
    if (!std::ifstream(folder + "/" + list.file)) missing += std::string(" ") + list.package;
    languages.emplace_back(list.language);
  }
  if (!missing.empty())
    throw InputError(fmt::format("word lists are missing from {}. Install them with\n\n"
                                 "    sudo apt-get install{}\n\n"
                                 "or with examples/run --with-words; or train on made-up words with --synthetic",
                                 folder, missing));
  std::vector<std::set<std::u32string>> lists;
  for (const List& list : kLists) {
    lists.push_back(read_list(folder + "/" + list.file));
    if (lists.back().size() < 10)
      throw InputError(fmt::format("{}/{} holds {} words; at least 10 are needed", folder, list.file,
                                   lists.back().size()));
  }
  return balanced(std::move(languages), std::move(lists), per_language);
}

Words make_words(int64_t per_language, uint64_t seed) {
  constexpr std::array kNames{"Asha", "Bero", "Cuni", "Dalk", "Ewin"};
  constexpr std::array kVowels{U'a', U'e', U'i', U'o', U'u', U'y'};
  constexpr std::u32string_view kConsonants = U"bcdfghjklmnprstvz";
  frost::Generator generator(seed);
  const auto below = [&generator](size_t n) { return generator.random() % n; };
  std::vector<std::set<std::u32string>> lists;
  for (size_t language = 0; language < kNames.size(); ++language) {
    std::vector<std::u32string> syllables(24), endings(6);
    for (std::u32string& syllable : syllables)
      syllable = {kConsonants[below(kConsonants.size())], kVowels[below(kVowels.size())]};
    for (std::u32string& ending : endings)
      ending = {kVowels[below(kVowels.size())], kConsonants[below(kConsonants.size())]};
    std::set<std::u32string> words;
    for (int64_t tries = 0; static_cast<int64_t>(words.size()) < per_language && tries < 20 * per_language; ++tries) {
      std::u32string word;
      for (size_t n = 1 + below(5); n > 0; --n) word += syllables[below(syllables.size())];
      words.insert(word + endings[below(endings.size())]);
    }
    lists.push_back(std::move(words));
  }
  return balanced({kNames.begin(), kNames.end()}, std::move(lists), per_language);
}

}  // namespace classify_words
