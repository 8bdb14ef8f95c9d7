#include <frost/engine.hpp>
#include <frost/inline_vector.hpp>

#include <frost/testing/catch.hpp>

using namespace frost;

namespace {

std::vector<double> values_of(const InlineVector<Tensor, 2>& list) {
  std::vector<double> values;
  for (const Tensor& x : list) values.push_back(x.item().toDouble());
  return values;
}

}  // namespace

TEST_CASE("InlineVector: elements stay as they are when it grows beyond its own room", "[inline_vector]") {
  const int64_t before = memory_allocated();
  {
    InlineVector<Tensor, 2> list;
    CHECK(list.empty());
    for (int i = 0; i < 9; ++i) {
      list.push_back(tensor(static_cast<double>(i)));
      CHECK(list.size() == static_cast<size_t>(i) + 1);
      CHECK(list.back().item().toDouble() == i);
    }
    CHECK(values_of(list) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(ArrayRef<Tensor>(list)[8].is_same(list.back()));
    list.push_back(list.front());
    CHECK(list.back().is_same(list[0]));
  }
  CHECK(memory_allocated() == before);
}

TEST_CASE("InlineVector: what is taken out is let go at once, and what is added is empty",
          "[inline_vector]") {
  const size_t count = GENERATE(1, 2, 3, 7);
  InlineVector<Tensor, 2> list;
  const Tensor x = tensor(1.0);
  for (size_t i = 0; i < count; ++i) list.push_back(x);
  CHECK(x.use_count() == count + 1);
  list.pop_back();
  CHECK(x.use_count() == count);
  list.clear();
  CHECK(x.use_count() == 1);
  list.resize(count + 4);
  CHECK(list.size() == count + 4);
  for (const Tensor& element : list) CHECK_FALSE(element.defined());
}
