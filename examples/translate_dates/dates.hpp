// Dates as people write them, and the same dates as year-month-day.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace translate_dates {

using Date = std::chrono::year_month_day;

// 1950 to 2049, so that of two digits of a year 50 to 99 are of 19.. and 00 to 49 of 20..
constexpr int kFirstYear = 1950, kLastYear = 2049;

std::string iso(const Date& date);  // 2021-03-03

// The ways of writing a date. Of those in digits alone, slashes stand between month and day, in this order,
// and points between day and month.
enum class Letters { as_written, lower, upper };
constexpr size_t kFormats = 18;
std::string written(const Date& date, size_t format, Letters letters = Letters::as_written);

// Whether a date is kept for the test: a hash decides, for one date in ten.
bool is_held_out(const Date& date);

struct Example {
  Date date;
  size_t format;
  std::string text;
};
// The formats take turns; date and letters are drawn from the seed, either from the dates that are held out
// or from the others.
std::vector<Example> make_examples(int64_t count, bool held_out, uint64_t seed);

// The characters of every date in every format, and their numbers: 0 is padding, the first of them has 1.
constexpr std::string_view kCharacters = " ',-./0123456789ABCDEFGHIJLMNOPRSTUVWYabcdefghijlmnoprstuvwy";
// Those of iso(), numbered from 0.
constexpr std::string_view kIsoCharacters = "-0123456789";
constexpr int64_t kIsoLength = 10;

}  // namespace translate_dates
