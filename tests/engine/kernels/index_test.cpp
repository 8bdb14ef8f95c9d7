// The kernels that pick, against plain loops over coordinates.
#include <frost/kernels/index.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/testing/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace frost;
using namespace frost::kernels;

namespace {

// An array of random sizes and strides, some of its dims indexed, and what its picks are by the definition.
struct Case {
  Dims sizes, strides;
  uint32_t dims = 0;
  size_t at = 0;
  std::vector<int64_t> rows;
  std::vector<double> x;
  std::vector<int64_t> places;  // in x, in y's order

  explicit Case(std::mt19937& random) {
    const auto below = [&random](int64_t n) {
      return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
    };
    const size_t rank = static_cast<size_t>(1 + below(5));
    // Strides as those of a contiguous array with its dims in random order and every second one stretched.
    std::vector<size_t> order(rank);
    for (size_t d = 0; d < rank; ++d) order[d] = d;
    if (below(2) == 0) std::shuffle(order.begin(), order.end(), random);
    for (size_t d = 0; d < rank; ++d) sizes.push_back(below(8) == 0 ? below(2) : 1 + below(4));
    strides = Dims(rank, 0);
    int64_t span = 1;
    for (size_t k = rank; k-- > 0;) {
      strides[order[k]] = span;
      span *= std::max<int64_t>(sizes[order[k]], 1) * (below(4) == 0 ? 2 : 1);
    }
    dims = 1 + static_cast<uint32_t>(below((int64_t{1} << rank) - 1));
    Dims others, other_strides;
    int64_t indexed = 1;
    for (size_t d = 0; d < rank; ++d) {
      if ((dims >> d & 1) != 0) {
        indexed *= sizes[d];
        continue;
      }
      others.push_back(sizes[d]);
      other_strides.push_back(strides[d]);
    }
    at = static_cast<size_t>(below(static_cast<int64_t>(others.size()) + 1));
    for (int64_t n = indexed == 0 ? 0 : below(6); n > 0; --n) {
      int64_t row = 0;
      for (size_t d = 0; d < rank; ++d)
        if ((dims >> d & 1) != 0) row += below(sizes[d]) * strides[d];
      rows.push_back(row);
    }
    for (int64_t i = 0; i < span; ++i) x.push_back(static_cast<double>(i));

    others.insert(at, static_cast<int64_t>(rows.size()));
    other_strides.insert(at, 0);
    for (int64_t i = 0; i < numel(others); ++i) {
      int64_t place = 0;
      for (size_t d = others.size(), rest = static_cast<size_t>(i); d-- > 0;) {
        const int64_t coordinate = static_cast<int64_t>(rest) % others[d];
        rest /= static_cast<size_t>(others[d]);
        place += d == at ? rows[static_cast<size_t>(coordinate)] : coordinate * other_strides[d];
      }
      places.push_back(place);
    }
  }

  Picks picks() const { return {sizes, strides, dims, at, rows.data(), static_cast<int64_t>(rows.size())}; }
};

}  // namespace

TEST_CASE("index kernels: take, put and add follow the definition", "[kernels][index]") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const Case c(random);
    INFO("sizes " << c.sizes << " strides " << c.strides << " dims " << c.dims << " at " << c.at << " rows "
                  << IntArrayRef(c.rows));
    std::vector<double> y(c.places.size(), -1), expected, x = c.x, expected_x = c.x;
    for (const int64_t place : c.places) expected.push_back(c.x[static_cast<size_t>(place)]);
    take(kDouble, c.picks(), y.data(), x.data());
    REQUIRE(y == expected);

    for (size_t i = 0; i < y.size(); ++i) y[i] = 1000 + static_cast<double>(i);
    put(kDouble, c.picks(), x.data(), y.data());
    for (size_t i = 0; i < y.size(); ++i) expected_x[static_cast<size_t>(c.places[i])] = y[i];
    REQUIRE(x == expected_x);
    add(kDouble, c.picks(), x.data(), y.data());
    for (size_t i = 0; i < y.size(); ++i) expected_x[static_cast<size_t>(c.places[i])] += y[i];
    REQUIRE(x == expected_x);
    put(kDouble, c.picks(), x.data(), Scalar(7));
    for (const int64_t place : c.places) expected_x[static_cast<size_t>(place)] = 7;
    REQUIRE(x == expected_x);
  }
}

TEST_CASE("index kernels: take is the same for any number of threads", "[kernels][index]") {
  std::vector<float> x(400000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < 3000; ++i) rows.push_back(i * 7919 % 4000 * 100);
  const Picks whole_rows({4000, 100}, {100, 1}, 1, 0, rows.data(), 3000);
  const Picks elements(rows.data(), 3000);
  const Picks across({100, 4000}, {1, 100}, 2, 1, rows.data(), 3000);
  const int before = get_num_threads();
  for (const Picks* picks : {&whole_rows, &elements, &across}) {
    std::vector<float> alone(300000), together(300000);
    set_num_threads(1);
    take(kFloat, *picks, alone.data(), x.data());
    set_num_threads(4);
    take(kFloat, *picks, together.data(), x.data());
    CHECK(alone == together);
  }
  set_num_threads(before);
}

TEST_CASE("index kernels: offsets", "[kernels][index]") {
  const std::vector<int64_t> index{2, -1, 0, 1, 1, -3};
  CHECK(find_outside(6, index.data(), -3, 3) == -1);
  CHECK(find_outside(6, index.data(), 0, 3) == 1);
  CHECK(find_outside(6, index.data(), -3, 2) == 0);
  CHECK(find_outside(6, index.data(), 0, 0) == 0);
  CHECK(find_outside(0, index.data(), 0, 0) == -1);
  std::vector<int64_t> offsets(6, 100);
  const Dims one{3}, one_step{10}, two{2, 3}, even{6, 2}, uneven{1, 2};
  add_offsets(6, offsets.data(), index.data(), one, one_step);
  CHECK(offsets == std::vector<int64_t>{120, 120, 100, 110, 110, 100});
  const std::vector<int64_t> flat{0, 1, 2, 3, 4, -1};
  offsets.assign(6, 0);
  add_offsets(6, offsets.data(), flat.data(), two, even);
  CHECK(offsets == std::vector<int64_t>{0, 2, 4, 6, 8, 10});
  offsets.assign(6, 0);
  add_offsets(6, offsets.data(), flat.data(), two, uneven);
  CHECK(offsets == std::vector<int64_t>{0, 2, 4, 1, 3, 5});

  const bool values[] = {false, true, true, false, true, false};
  REQUIRE(count_true(6, values) == 3);
  std::vector<int64_t> places(4);
  find_true(6, values, places.data());
  places.pop_back();
  CHECK(places == std::vector<int64_t>{1, 2, 4});

  std::vector<int64_t> last(4);
  bool lost[5];
  const std::vector<int64_t> rising{0, 1, 3}, repeated{3, 0, 3, 1, 0};
  CHECK_FALSE(find_overwritten(3, rising.data(), last.data(), lost));
  CHECK(find_overwritten(5, repeated.data(), last.data(), lost));
  CHECK(std::vector<bool>(lost, lost + 5) == std::vector<bool>{true, true, false, false, false});
}

TEST_CASE("index kernels: gather and scatter follow the definition, and find what is outside",
          "[kernels][index]") {
  std::mt19937 random(2);
  for (const int64_t columns : {3, 5000}) {  // one piece, several
    const Dims x_sizes{7, columns + 2}, sizes{4, columns}, strides{columns + 2, 1};
    for (const int64_t dim : {0, 1}) {
      INFO("dim " << dim << " of " << sizes);
      const int64_t size = x_sizes[static_cast<size_t>(dim)];
      std::vector<int64_t> index, places;
      for (int64_t i = 0; i < 4 * columns; ++i) {
        index.push_back(static_cast<int64_t>(random() % static_cast<uint64_t>(size)));
        places.push_back(dim == 0 ? index.back() * strides[0] + i % columns
                                  : i / columns * strides[0] + index.back());
      }
      const Along along{sizes, index.data(), strides, dim, size};
      std::vector<double> x, y(index.size()), expected;
      for (int64_t i = 0; i < numel(x_sizes); ++i) x.push_back(static_cast<double>(i));
      REQUIRE(gather(kDouble, along, y.data(), x.data()) == -1);
      for (const int64_t place : places) expected.push_back(x[static_cast<size_t>(place)]);
      CHECK(y == expected);
      std::vector<int64_t> offsets(index.size());
      REQUIRE(offsets_along(along, offsets.data()) == -1);
      CHECK(offsets == places);

      std::vector<double> expected_x = x;
      for (double& value : y) value = -value;
      REQUIRE(scatter(kDouble, along, x.data(), y.data()) == -1);
      for (size_t i = 0; i < y.size(); ++i) expected_x[static_cast<size_t>(places[i])] = y[i];
      CHECK(x == expected_x);
      REQUIRE(scatter_add(kDouble, along, x.data(), y.data()) == -1);
      for (size_t i = 0; i < y.size(); ++i) expected_x[static_cast<size_t>(places[i])] += y[i];
      CHECK(x == expected_x);
      REQUIRE(scatter(kDouble, along, x.data(), Scalar(7)) == -1);
      for (const int64_t place : places) expected_x[static_cast<size_t>(place)] = 7;
      CHECK(x == expected_x);

      index[static_cast<size_t>(4 * columns - 1)] = size;
      index[static_cast<size_t>(2 * columns)] = -1;
      CHECK(gather(kDouble, along, y.data(), x.data()) == 2 * columns);
      CHECK(scatter(kDouble, along, x.data(), y.data()) == 2 * columns);
    }
  }
}
