#include "dates.hpp"

#include "common/hash.hpp"

#include <fmt/format.h>
#include <frost/random.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace translate_dates {

using namespace std::chrono;

namespace {

constexpr std::array kMonths{"January", "February", "March",     "April",   "May",      "June",
                             "July",    "August",   "September", "October", "November", "December"};
constexpr std::array kWeekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

constexpr std::array<const char*, kFormats> kPatterns{
    "{day} {month} {year}",
    "{day} {mon} {yy}",
    "{day:02}-{mon}-{year}",
    "{nth} of {month} {year}",
    "{nth} {mon} '{yy}",
    "{month} {day}, {year}",
    "{mon} {nth}, '{yy}",
    "{mon} {day} {year}",
    "{year}, {month} {nth}",
    "{year} {mon} {day:02}",
    "{wkd}, {day} {mon} {year}",
    "{weekday}, {nth} of {mon} '{yy}",
    "{weekday} the {nth} of {month}, {year}",
    "{weekday}, {month} {day}, {year}",
    "{month_number:02}/{day:02}/{year}",
    "{wkd} {month_number}/{day}/{yy}",
    "{day}.{month_number}.{yy}",
    "{year}{month_number:02}{day:02}",
};

const char* ordinal_ending(unsigned day) {
  if (day / 10 == 1) return "th";  // 11th, 12th, 13th
  switch (day % 10) {
    case 1:
      return "st";
    case 2:
      return "nd";
    case 3:
      return "rd";
    default:
      return "th";
  }
}

Date drawn_date(frost::Generator& generator, bool held_out) {
  static const sys_days first = year(kFirstYear) / January / 1, last = year(kLastYear) / December / 31;
  const auto count = static_cast<uint32_t>((last - first).count() + 1);
  while (true) {
    const Date date = first + days(generator.random() % count);
    if (is_held_out(date) == held_out) return date;
  }
}

}  // namespace

std::string iso(const Date& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string written(const Date& date, size_t format, Letters letters) {
  const auto day = static_cast<unsigned>(date.day()), month = static_cast<unsigned>(date.month());
  const int year = static_cast<int>(date.year());
  const std::string month_name = kMonths[month - 1];
  const std::string weekday_name = kWeekdays[weekday(sys_days(date)).c_encoding()];
  std::string text = fmt::format(fmt::runtime(kPatterns.at(format)), fmt::arg("day", day),
                                 fmt::arg("nth", fmt::format("{}{}", day, ordinal_ending(day))),
                                 fmt::arg("month", month_name), fmt::arg("mon", month_name.substr(0, 3)),
                                 fmt::arg("month_number", month), fmt::arg("weekday", weekday_name),
                                 fmt::arg("wkd", weekday_name.substr(0, 3)), fmt::arg("year", year),
                                 fmt::arg("yy", fmt::format("{:02}", year % 100)));
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (letters == Letters::lower) c = static_cast<char>(std::tolower(byte));
    if (letters == Letters::upper) c = static_cast<char>(std::toupper(byte));
  }
  return text;
}

bool is_held_out(const Date& date) {
  return examples::mixed(static_cast<uint64_t>(sys_days(date).time_since_epoch().count())) % 10 == 0;
}

std::vector<Example> make_examples(int64_t count, bool held_out, uint64_t seed) {
  frost::Generator generator(seed);
  std::vector<Example> examples;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Date date = drawn_date(generator, held_out);
    const size_t format = i % kFormats;
    const auto letters = static_cast<Letters>(generator.random() % 3);
    examples.push_back({date, format, written(date, format, letters)});
  }
  return examples;
}

}  // namespace translate_dates
