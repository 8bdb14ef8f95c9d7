#include "words.hpp"

#include "common/error.hpp"
#include "common/hash.hpp"

#include <fmt/format.h>
#include <utf8.h>
#include <frost/random.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <utility>

namespace classify_words {

using examples::InputError;

namespace {

struct Source {
  const char *language, *file, *package;
};
constexpr std::array<Source, 5> kSources{{{"English", "american-english", "wamerican"},
                                          {"French", "french", "wfrench"},
                                          {"German", "ngerman", "wngerman"},
                                          {"Italian", "italian", "witalian"},
                                          {"Spanish", "spanish", "wspanish"}}};

bool is_latin_letter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7);
}

// FNV-1a (Fowler, Noll, Vo), its bits then mixed, so that words that differ in their last letter don't stand
// together.
uint64_t hash(const std::u32string& letters) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char32_t letter : letters) value = (value ^ letter) * 0x100000001b3;
  return examples::mixed(value);
}

// The words of a language by their hashes: an order that tells nothing.
using List = std::vector<std::pair<uint64_t, std::u32string>>;

List sorted(std::vector<std::u32string> words) {
  List list;
  list.reserve(words.size());
  for (std::u32string& word : words) list.emplace_back(hash(word), std::move(word));
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

// The first words of each language that are in no other list, as many of each, the first tenth of them for
// the test.
Words balanced(std::vector<std::string> languages, const std::vector<List>& lists, int64_t per_language) {
  std::vector<std::vector<const std::u32string*>> own(lists.size());
  size_t count = static_cast<size_t>(per_language);
  for (size_t language = 0; language < lists.size(); ++language) {
    for (const auto& entry : lists[language]) {
      if (own[language].size() == count) break;
      const auto lists_with = std::count_if(lists.begin(), lists.end(), [&entry](const List& list) {
        return std::binary_search(list.begin(), list.end(), entry);
      });
      if (lists_with == 1) own[language].push_back(&entry.second);
    }
    count = std::min(count, own[language].size());
  }
  Words words;
  words.languages = std::move(languages);
  for (size_t language = 0; language < lists.size(); ++language)
    for (size_t i = 0; i < count; ++i)
      (i < count / 10 ? words.test : words.train)
          .push_back({*own[language][i], static_cast<int64_t>(language)});
  return words;
}

List read_list(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::u32string> words;
  std::string line;
  while (std::getline(file, line)) {
    std::u32string word = lower_case(from_utf8(line));
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_latin_letter))
      words.push_back(std::move(word));
  }
  return sorted(std::move(words));
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

bool is_utf8(const std::string& text) { return utf8::is_valid(text.begin(), text.end()); }

std::u32string from_utf8(const std::string& text) {
  if (!is_utf8(text)) throw InputError(fmt::format("'{}' is not valid UTF-8", text));
  std::u32string letters;
  for (auto place = text.begin(); place != text.end();) letters.push_back(utf8::next(place, text.end()));
  return letters;
}

Words read_words(const std::string& folder, int64_t per_language) {
  std::vector<std::string> languages;
  std::string missing;
  for (const Source& source : kSources) {
    if (!std::ifstream(folder + "/" + source.file)) missing += std::string(" ") + source.package;
    languages.emplace_back(source.language);
  }
  if (!missing.empty())
    throw InputError(
        fmt::format("word lists are missing from {}. Install them with\n\n"
                    "    sudo apt-get install{}\n\n"
                    "or with examples/run --with-words; or train on made-up words with --synthetic",
                    folder, missing));
  std::vector<List> lists;
  for (const Source& source : kSources) {
    lists.push_back(read_list(folder + "/" + source.file));
    if (lists.back().size() < 10)
      throw InputError(fmt::format("{}/{} holds {} words; at least 10 are needed", folder, source.file,
                                   lists.back().size()));
  }
  return balanced(std::move(languages), lists, per_language);
}

Words make_words(int64_t per_language, uint64_t seed) {
  constexpr std::array kNames{"Asha", "Bero", "Cuni", "Dalk", "Ewin"};
  constexpr std::array kVowels{U'a', U'e', U'i', U'o', U'u', U'y'};
  constexpr std::u32string_view kConsonants = U"bcdfghjklmnprstvz";
  frost::Generator generator(seed);
  const auto below = [&generator](size_t n) { return generator.random() % n; };
  std::vector<List> lists;
  for (size_t language = 0; language < kNames.size(); ++language) {
    std::vector<std::u32string> syllables(24), endings(6);
    for (std::u32string& syllable : syllables)
      syllable = {kConsonants[below(kConsonants.size())], kVowels[below(kVowels.size())]};
    for (std::u32string& ending : endings)
      ending = {kVowels[below(kVowels.size())], kConsonants[below(kConsonants.size())]};
    std::set<std::u32string> words;
    for (int64_t tries = 0; static_cast<int64_t>(words.size()) < per_language && tries < 20 * per_language;
         ++tries) {
      std::u32string word;
      for (size_t n = 1 + below(5); n > 0; --n) word += syllables[below(syllables.size())];
      words.insert(word + endings[below(endings.size())]);
    }
    lists.push_back(sorted({words.begin(), words.end()}));
  }
  return balanced({kNames.begin(), kNames.end()}, lists, per_language);
}

}  // namespace classify_words
