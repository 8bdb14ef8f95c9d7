// Layouts against brute force: a layout is held to the list of places that its elements should lie at.
#include <frost/shape.hpp>

#include <frost/testing/catch.hpp>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <vector>

using namespace frost;
using Catch::Contains;

namespace {

using Index = std::vector<int64_t>;

// All indices of a shape, in row-major order.
std::vector<Index> indices_of(IntArrayRef sizes) {
  std::vector<Index> all{{}};
  for (const int64_t size : sizes) {
    std::vector<Index> longer;
    for (const Index& index : all)
      for (int64_t i = 0; i < size; ++i) {
        longer.push_back(index);
        longer.back().push_back(i);
      }
    all = longer;
  }
  return all;
}

int64_t place_of(const Layout& layout, const Index& index) {
  int64_t place = layout.offset;
  for (size_t i = 0; i < index.size(); ++i) place += index[i] * layout.strides[i];
  return place;
}

std::vector<int64_t> places_of(const Layout& layout) {
  std::vector<int64_t> places;
  for (const Index& index : indices_of(layout.sizes)) places.push_back(place_of(layout, index));
  return places;
}

// `view` has these sizes, and its element at an index is that of `x` at from(index).
void check_view(const Layout& view, const Layout& x, const Index& sizes,
                const std::function<Index(Index)>& from) {
  CHECK(view.sizes == Dims(IntArrayRef(sizes)));
  std::vector<int64_t> expected;
  for (const Index& index : indices_of(sizes)) expected.push_back(place_of(x, from(index)));
  CHECK(places_of(view) == expected);
}

class Random {
 public:
  int64_t between(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(engine_);
  }

  Index sizes(int64_t max_rank = 4, int64_t min_size = 0) {
    Index sizes(static_cast<size_t>(between(0, max_rank)));
    for (int64_t& size : sizes) size = between(min_size, 4);
    return sizes;
  }

  Index order(size_t rank) {
    Index order(rank);
    for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(i);
    std::shuffle(order.begin(), order.end(), engine_);
    return order;
  }

  // A contiguous layout, or what some views make of one.
  Layout layout() {
    Layout x = Layout::contiguous(sizes());
    for (int64_t views = between(0, 4); views > 0; --views) {
      const auto dim = static_cast<int64_t>(x.rank()) - 1;
      switch (dim < 0 ? 5 : between(0, 5)) {
        case 0:
          x = x.permute(order(x.rank()));
          break;
        case 1:
          x = x.slice(between(0, dim), between(0, 2), between(0, 4), between(1, 3));
          break;
        case 2:
          if (const int64_t d = between(0, dim); x.sizes[d] > 0) x = x.select(d, between(0, x.sizes[d] - 1));
          break;
        case 3:
          x = x.transpose(between(0, dim), between(0, dim));
          break;
        case 4:
          x = x.unsqueeze(between(0, dim + 1));
          break;
        default: {
          Index target(x.sizes.begin(), x.sizes.end());
          for (int64_t& size : target)
            if (size == 1) size = between(1, 3);
          if (target.size() < 4) target.insert(target.begin(), between(1, 3));
          x = x.expand(target);
        }
      }
      if (x.rank() > 5) x = x.squeeze();
    }
    return x;
  }

 private:
  std::mt19937 engine_{7};
};

Index with(Index index, size_t at, int64_t value) {
  index[at] = value;
  return index;
}
Index inserted(Index index, size_t at, int64_t value) {
  index.insert(index.begin() + static_cast<std::ptrdiff_t>(at), value);
  return index;
}
Index erased(Index index, size_t at) {
  index.erase(index.begin() + static_cast<std::ptrdiff_t>(at));
  return index;
}
Index sizes_of(const Layout& x) { return {x.sizes.begin(), x.sizes.end()}; }

// The places read as a tensor of these sizes: whether a stride for each dim can give them.
bool is_strided(const std::vector<int64_t>& places, const Index& sizes) {
  const std::vector<Index> indices = indices_of(sizes);
  if (places.empty()) return true;
  Index strides(sizes.size(), 0);
  for (size_t i = 0; i < indices.size(); ++i)
    for (size_t d = 0; d < sizes.size(); ++d)
      if (indices[i][d] == 1 &&
          std::count(indices[i].begin(), indices[i].end(), 0) == static_cast<int64_t>(sizes.size()) - 1)
        strides[d] = places[i] - places[0];
  for (size_t i = 0; i < indices.size(); ++i)
    if (place_of(Layout{Dims(IntArrayRef(sizes)), Dims(IntArrayRef(strides)), places[0]}, indices[i]) !=
        places[i])
      return false;
  return true;
}

// A random way of cutting n elements into sizes.
Index factored(Random& random, int64_t n) {
  Index sizes;
  if (n == 0) {
    sizes = random.sizes(3);
    sizes.push_back(0);
    return sizes;
  }
  while (n > 1 || random.between(0, 3) == 0) {
    int64_t factor = random.between(1, n);
    while (n % factor != 0) --factor;
    sizes.push_back(factor);
    n /= factor;
    if (sizes.size() == 5) sizes.back() *= std::exchange(n, 1);
    if (sizes.size() == 5) break;
  }
  return sizes;
}

}  // namespace

TEST_CASE("layout: views pick the elements that they say", "[shape]") {
  Random random;
  for (int round = 0; round < 2000; ++round) {
    const Layout x = random.layout();
    const Index sizes = sizes_of(x);
    const size_t rank = x.rank();
    INFO("sizes " << x.sizes << " strides " << x.strides << " offset " << x.offset);

    const auto at = static_cast<size_t>(random.between(0, static_cast<int64_t>(rank)));
    check_view(x.unsqueeze(static_cast<int64_t>(at)), x, inserted(sizes, at, 1),
               [&](const Index& i) { return erased(i, at); });

    Index squeezed, kept;
    for (size_t d = 0; d < rank; ++d)
      if (sizes[d] != 1) {
        squeezed.push_back(sizes[d]);
        kept.push_back(static_cast<int64_t>(d));
      }
    check_view(x.squeeze(), x, squeezed, [&](const Index& i) {
      Index from(rank, 0);
      for (size_t k = 0; k < kept.size(); ++k) from[static_cast<size_t>(kept[k])] = i[k];
      return from;
    });
    if (rank == 0) continue;

    const auto dim = static_cast<size_t>(random.between(0, static_cast<int64_t>(rank) - 1));
    const int64_t size = sizes[dim];
    const int64_t signed_dim =
        static_cast<int64_t>(dim) - (random.between(0, 1) == 0 ? 0 : static_cast<int64_t>(rank));
    if (size > 0) {
      const int64_t index = random.between(-size, size - 1);
      check_view(x.select(signed_dim, index), x, erased(sizes, dim),
                 [&](const Index& i) { return inserted(i, dim, index < 0 ? index + size : index); });
    }
    const int64_t start = random.between(0, size), length = random.between(0, size - start);
    check_view(x.narrow(signed_dim, start, length), x, with(sizes, dim, length),
               [&](const Index& i) { return with(i, dim, i[dim] + start); });

    const int64_t from = random.between(-6, 6), to = random.between(-6, 6), step = random.between(1, 5);
    Index taken;  // as Python's slice does
    for (int64_t i = 0; i < size; ++i) {
      const int64_t first = std::max<int64_t>(from < 0 ? from + size : from, 0);
      if (i >= first && i < (to < 0 ? to + size : to) && (i - first) % step == 0) taken.push_back(i);
    }
    check_view(x.slice(signed_dim, from, to, step), x, with(sizes, dim, static_cast<int64_t>(taken.size())),
               [&](const Index& i) { return with(i, dim, taken[static_cast<size_t>(i[dim])]); });

    const auto other = static_cast<size_t>(random.between(0, static_cast<int64_t>(rank) - 1));
    Index swapped = sizes;
    std::swap(swapped[dim], swapped[other]);
    check_view(x.transpose(signed_dim, static_cast<int64_t>(other)), x, swapped, [&](Index i) {
      std::swap(i[dim], i[other]);
      return i;
    });

    const Index order = random.order(rank);
    Index permuted(rank);
    for (size_t d = 0; d < rank; ++d) permuted[d] = sizes[static_cast<size_t>(order[d])];
    check_view(x.permute(order), x, permuted, [&](const Index& i) {
      Index before(rank);
      for (size_t d = 0; d < rank; ++d) before[static_cast<size_t>(order[d])] = i[d];
      return before;
    });

    if (size == 1)
      check_view(x.squeeze(signed_dim), x, erased(sizes, dim),
                 [&](const Index& i) { return inserted(i, dim, 0); });
    else
      check_view(x.squeeze(signed_dim), x, sizes, [](const Index& i) { return i; });

    Index expanded = sizes, asked = sizes;
    for (size_t d = 0; d < rank; ++d) {
      if (sizes[d] == 1) asked[d] = expanded[d] = random.between(0, 3);
      if (random.between(0, 2) == 0 && expanded[d] == sizes[d]) asked[d] = -1;
    }
    expanded.insert(expanded.begin(), 2);
    asked.insert(asked.begin(), 2);
    check_view(x.expand(asked), x, expanded, [&](const Index& i) {
      Index before = erased(i, 0);
      for (size_t d = 0; d < rank; ++d)
        if (sizes[d] == 1) before[d] = 0;
      return before;
    });
  }
}

TEST_CASE("layout: try_view succeeds where strides can give the elements in their order, and nowhere else",
          "[shape]") {
  Random random;
  int views = 0, copies = 0;
  for (int round = 0; round < 5000; ++round) {
    const Layout x = random.layout();
    const Index sizes = factored(random, x.numel());
    INFO("sizes " << x.sizes << " strides " << x.strides << " as " << IntArrayRef(sizes));
    const std::vector<int64_t> places = places_of(x);
    Layout view;
    const bool is_possible = x.try_view(sizes, view);
    REQUIRE(is_possible == is_strided(places, sizes));
    ++(is_possible ? views : copies);
    if (!is_possible) continue;
    CHECK(view.sizes == Dims(IntArrayRef(sizes)));
    CHECK(places_of(view) == places);
  }
  CHECK(views > 1000);
  CHECK(copies > 100);
}

TEST_CASE("layout: is_contiguous and overlaps_itself", "[shape]") {
  Random random;
  int contiguous = 0, overlapping = 0;
  for (int round = 0; round < 5000; ++round) {
    const Layout x = random.layout();
    INFO("sizes " << x.sizes << " strides " << x.strides);
    const std::vector<int64_t> places = places_of(x);
    bool is_contiguous = true;
    for (size_t i = 0; i < places.size(); ++i)
      is_contiguous &= places[i] == x.offset + static_cast<int64_t>(i);
    CHECK(x.is_contiguous() == is_contiguous);
    const bool overlaps = std::set<int64_t>(places.begin(), places.end()).size() < places.size();
    CHECK(x.overlaps_itself() == overlaps);
    contiguous += is_contiguous;
    overlapping += overlaps;
  }
  CHECK(contiguous > 500);
  CHECK(overlapping > 500);
}

TEST_CASE("layout: strides of contiguous memory", "[shape]") {
  CHECK(contiguous_strides({2, 3, 4}) == Dims{12, 4, 1});
  CHECK(contiguous_strides({2, 0, 4}) == Dims{4, 4, 1});
  CHECK(contiguous_strides({}) == Dims());
}

TEST_CASE("layout: a stride that is never taken is no product of large steps", "[shape]") {
  const Layout x = Layout::contiguous({4, 3});
  const Layout far = x.slice(0, 1, 4, INT64_MAX);
  CHECK(far.sizes == Dims{1, 3});
  CHECK(far.strides == Dims{3, 1});
  CHECK(far.unsqueeze(0).strides == Dims{3, 3, 1});
  CHECK(x.slice(1, 0, 0, INT64_MAX).unsqueeze(1).strides == Dims{3, 0, 1});
  CHECK(x.slice(0, 0, 4, 3).strides == Dims{9, 1});
  CHECK(far.slice(0, 1, 1, INT64_MAX).slice(1, 3, 3, INT64_MAX).sizes == Dims{0, 0});
}

TEST_CASE("layout: a slice of one element or none has the stride of its step", "[shape]") {
  const Layout x = Layout::contiguous({4, 3});
  CHECK(Layout::contiguous({8}).slice(0, 0, 1, 2).strides == Dims{2});
  CHECK(x.slice(0, 1, 2, 3).strides == Dims{9, 1});
  CHECK(x.slice(0, 2, 2, 3).strides == Dims{9, 1});
  CHECK(x.slice(1, 2, 3, 1'000'000).strides == Dims{3, 1'000'000});
  const Layout far = x.slice(0, 3, 4, int64_t{1} << 50).slice(0, 1, 1, 1);
  CHECK(far.offset == 9 + (int64_t{3} << 50));
}

TEST_CASE("layout: wrong arguments", "[shape]") {
  const Layout x = Layout::contiguous({2, 3}), scalar = Layout::contiguous({});
  CHECK_THROWS_WITH(x.select(0, 2), Contains("[select]") && Contains("index 2") && Contains("size"));
  CHECK_THROWS_WITH(x.select(2, 0),
                    Contains("Dimension out of range (expected to be in range of [-2, 1], but got 2)"));
  CHECK_THROWS_WITH(scalar.select(0, 0), Contains("select() cannot be applied to a 0-dim tensor."));
  CHECK_THROWS_WITH(scalar.slice(0, 0, 1, 1), Contains("slice() cannot be applied to a 0-dim tensor."));
  CHECK_THROWS_WITH(x.slice(0, 0, 1, 0), Contains("slice step must be positive"));
  CHECK_THROWS_WITH(x.narrow(0, 1, 2), Contains("start (1) + length (2) exceeds dimension size (2)."));
  CHECK_THROWS_WITH(x.narrow(0, 3, 0), Contains("start"));
  CHECK_THROWS_WITH(x.narrow(0, 0, -1), Contains("start (0) + length (-1) exceeds dimension size (2)."));
  CHECK_THROWS_WITH(scalar.narrow(0, 0, 0), Contains("narrow() cannot be applied to a 0-dim tensor."));
  CHECK_THROWS_WITH(x.transpose(0, -3), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.permute({0}),
                    Contains("does not match the length of the desired ordering of dimensions"));
  CHECK_THROWS_WITH(x.permute({0, 0}), Contains("duplicate dims are not allowed"));
  CHECK_THROWS_WITH(x.permute({0, 2}), Contains("Dimension out of range"));
  CHECK_THROWS_WITH(x.expand({3}), Contains("must be greater or equal to the number of dimensions"));
  CHECK_THROWS_WITH(x.expand({4, 3}),
                    Contains("The expanded size of the tensor (4) must match the existing size (2) at "
                             "non-singleton dimension 0.  Target sizes: [4, 3].  Tensor sizes: [2, 3]"));
  CHECK_THROWS_WITH(x.expand({-1, 2, 3}), Contains("isn't allowed in a leading, non-existing dimension 0"));
  CHECK_THROWS_WITH(x.unsqueeze(4),
                    Contains("Dimension out of range (expected to be in range of [-3, 2], but got 4)"));
  CHECK_THROWS_WITH(x.squeeze(2), Contains("Dimension out of range"));
  CHECK(scalar.squeeze(-1).sizes.empty());
  CHECK(scalar.transpose(0, -1).sizes.empty());
}

TEST_CASE("shape: broadcasting", "[shape]") {
  CHECK(broadcast_sizes({2, 1, 4}, {3, 1}, "test") == Dims{2, 3, 4});
  CHECK(broadcast_sizes({}, {2}, "test") == Dims{2});
  CHECK(broadcast_sizes({0, 3}, {1, 1}, "test") == Dims{0, 3});
  CHECK_THROWS_WITH(
      broadcast_sizes({2, 3}, {4, 2, 2}, "test"),
      Contains("[test]") && Contains("The size of tensor a (3) must match the size of tensor b (2) at "
                                     "non-singleton dimension 2"));
  CHECK(is_broadcastable_to({1, 3}, {2, 3}));
  CHECK(is_broadcastable_to({}, {2, 0}));
  CHECK_FALSE(is_broadcastable_to({2, 3}, {1, 3}));
  CHECK_FALSE(is_broadcastable_to({1, 1, 1}, {1, 1}));
}

TEST_CASE("shape: one size may be left to infer", "[shape]") {
  CHECK(infer_sizes({2, -1}, 6, "test") == Dims{2, 3});
  CHECK(infer_sizes({-1}, 0, "test") == Dims{0});
  CHECK(infer_sizes({0, 3}, 0, "test") == Dims{0, 3});
  CHECK_THROWS_WITH(infer_sizes({-1, -1}, 6, "test"), Contains("only one dimension can be inferred"));
  CHECK_THROWS_WITH(infer_sizes({4, -1}, 6, "test"),
                    Contains("shape '[4, -1]' is invalid for input of size 6"));
  CHECK_THROWS_WITH(infer_sizes({2, 2}, 6, "test"),
                    Contains("shape '[2, 2]' is invalid for input of size 6"));
  CHECK_THROWS_WITH(infer_sizes({-2, 3}, 6, "test"), Contains("invalid shape dimension -2"));
  CHECK_THROWS_WITH(infer_sizes({0, -1}, 0, "test"), Contains("-1 can be any value and is ambiguous"));
  CHECK_THROWS_AS(infer_sizes({int64_t{1} << 62, 8}, 0, "test"), Error);
  CHECK_THROWS_WITH(infer_sizes({0, int64_t{1} << 62, 8}, 0, "test"), Contains("overflows a 64-bit integer"));
}

TEST_CASE("shape: numbers of elements", "[shape]") {
  CHECK(checked_numel({2, 3}, "test") == 6);
  CHECK(checked_numel({}, "test") == 1);
  CHECK(checked_numel({int64_t{1} << 62, 0}, "test") == 0);
  CHECK_THROWS_WITH(checked_numel({2, -1}, "test"), Contains("negative dimension -1: [2, -1]"));
  CHECK_THROWS_WITH(checked_numel({int64_t{1} << 62, 4}, "test"), Contains("overflow"));
  // Of nothing, but counters and strides go by the other sizes.
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{int64_t{1} << 62, 0, 8}, {0, INT64_MAX, INT64_MAX}, {INT64_MAX, 2, 0}})
    CHECK_THROWS_WITH(checked_numel(sizes, "test"), Contains("overflows a 64-bit integer, were it not for"));
}

TEST_CASE("shape: dims from the end, and sets of dims", "[shape]") {
  CHECK(wrap_dim(-1, 3, "test") == 2);
  CHECK(wrap_dim(-1, 0, "test") == 0);
  CHECK_THROWS_WITH(wrap_dim(3, 3, "test"), Contains("(expected to be in range of [-3, 2], but got 3)"));
  CHECK_THROWS_WITH(wrap_dim(1, 0, "test"), Contains("(expected to be in range of [-1, 0], but got 1)"));
  CHECK(dims_mask({0, -1}, 3, "test") == 0b101u);
  CHECK(dims_mask({}, 3, "test") == 0b111u);
  CHECK_THROWS_WITH(dims_mask({0, -3}, 3, "test"), Contains("appears multiple times in the list of dims"));
}

TEST_CASE("shape: lists of sizes", "[shape]") {
  Dims dims{2, 3};
  dims.push_back(4);
  dims.insert(0, 1);
  CHECK(dims == Dims{1, 2, 3, 4});
  dims.erase(1);
  CHECK(dims == Dims{1, 3, 4});
  CHECK_FALSE(dims == Dims{1, 3});
  CHECK(dims.back() == 4);
  CHECK(to_text(dims) == "[1, 3, 4]");
  CHECK(to_text(Times{dims}) == "1x3x4");
  Dims full(kMaxDims, 1);
  CHECK_THROWS_WITH(full.push_back(1), Contains("at most 8 dimensions"));
  CHECK_THROWS_WITH(Dims({1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("at most 8 dimensions"));
}
