#include <frost/testing/catch.hpp>

#include "side_by_side/graphs.hpp"

#include <algorithm>
#include <cmath>

using namespace side_by_side;
using examples::Cells;

namespace {

std::vector<Cells> compared(const Muting& first, const Muting& second) {
  const Batch batch = make_batch({{"a", "b", "c", "d"}, {"e"}, {"f", "g"}}, 3);
  return compared_by_name(first, second, Model(batch.vocabulary, 8, 0), batch);
}

Cells row_called(const std::vector<Cells>& rows, const std::string& name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&name](const Cells& row) { return row[0] == name; });
  REQUIRE(found != rows.end());
  return *found;
}

}  // namespace

TEST_CASE("compared_by_name: masking and freezing at -inf agree, but for what the padding has",
          "[side_by_side]") {
  const std::vector<Cells> rows =
      compared(std::make_shared<frost::nn::Masked>(), std::make_shared<frost::nn::FrozenPads>(-INFINITY));
  for (const char* const name :
       {"loss", "context", "weights", "muted scores", "tokens", "embedding", "W", "b", "v"})
    CHECK(row_called(rows, name) == Cells{name, "equal", "equal"});
  CHECK(row_called(rows, "scores") ==
        Cells{"scores", "equal; method 1 has 5 more, at the padding", "equal; there they are zero"});
  CHECK(row_called(rows, "hidden") ==
        Cells{"hidden", "equal; method 1 has 40 more, at the padding", "equal; there they are zero"});
  CHECK(row_called(rows, "pads") == Cells{"pads", "only in method 2", "absent"});
}

TEST_CASE("compared_by_name: freezing at 0 differs from masking where the padding has a share",
          "[side_by_side]") {
  const std::vector<Cells> rows =
      compared(std::make_shared<frost::nn::Masked>(), std::make_shared<frost::nn::FrozenPads>(0));
  for (const char* const name : {"loss", "context", "weights"})
    CHECK(row_called(rows, name)[1].starts_with("different, by up to "));
  CHECK(row_called(rows, "v")[1] == "equal");
  CHECK(row_called(rows, "v")[2].starts_with("different, by up to "));
}
