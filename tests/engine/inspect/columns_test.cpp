#include <frost/inspect/columns.hpp>

#include <frost/inspect/words.hpp>
#include <frost/testing/catch.hpp>

#include <clocale>
#include <sstream>
#include <string>

using frost::inspect::columns;

TEST_CASE("columns: wide characters take two, marks that join others none", "[inspect]") {
  CHECK(columns("") == 0);
  CHECK(columns("scores[1, 2]") == 12);
  CHECK(columns("größe ∂y/∂x") == 11);
  CHECK(columns("矩阵") == 4);
  CHECK(columns("한글") == 4);
  CHECK(columns("ｘ") == 2);  // a full-width x
  CHECK(columns("🐱") == 2);
  CHECK(columns("a\u0301\u0302z") == 2);
  CHECK(columns("a\xff"
                "b\xe7\x9f") == 5);                              // bytes that are no UTF-8
  CHECK(std::string(std::setlocale(LC_CTYPE, nullptr)) == "C");  // of the program, which is left alone
}

TEST_CASE("wrapped: no line takes more than 80 columns, and none is left short", "[inspect]") {
  for (const char* part : {"矩阵", "x矩", "a\u0301", "🐱 ", "한글 and more "}) {
    INFO(part);
    std::string text;
    for (int i = 0; i < 100; ++i) text += part;
    std::istringstream lines(frost::inspect::wrapped("start ", 4, text));
    size_t widest = 0;
    for (std::string line; std::getline(lines, line);) widest = std::max(widest, columns(line));
    CHECK(widest <= 80);
    CHECK(widest >= 68);
  }
}
