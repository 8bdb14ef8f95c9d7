#include <frost/printable.hpp>

#include <frost/testing/catch.hpp>

using namespace frost;

TEST_CASE("printable: what controls a terminal is escaped, and other text stays", "[printable]") {
  CHECK(printable("scores[0] שלום 👩") == "scores[0] שלום 👩");
  CHECK(printable("a\"b\\c") == "a\\\"b\\\\c");
  CHECK(printable("\n\t\x1b[31m\x7f") == "\\n\\t\\x1b[31m\\x7f");
  CHECK(printable("\u0085 \u009f \u00a0") == "\\xc2\\x85 \\xc2\\x9f \u00a0");
  CHECK(printable("\xff\xc0\x80") == "\\xff\\xc0\\x80");
  CHECK(printable("\xe2\x80") == "\\xe2\\x80");
}

TEST_CASE("printable: marks that turn the direction of the text around them are escaped", "[printable]") {
  for (const std::string_view mark : {"\u061c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202a", "\u202b",
                                      "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    INFO(printable(mark));
    CHECK(printable(mark).size() == 4 * mark.size());
  }
  for (const std::string_view plain : {"\u061b", "\u200d", "\u2010", "\u2027", "\u202f", "\u2065", "\u206a"})
    CHECK(printable(plain) == plain);
}
