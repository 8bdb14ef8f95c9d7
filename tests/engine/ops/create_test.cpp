#include "gradients.hpp"

#include <cmath>
#include <cstdint>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("create: zeros, ones, full and scalar_tensor", "[ops][create]") {
  CHECK(same(zeros({2, 2}), tensor({{0.0, 0.0}, {0.0, 0.0}})));
  CHECK(same(ones({3}, kLong), tensor({1, 1, 1})));
  CHECK(same(ones({1}, kBool), tensor({true})));
  CHECK(same(full({2}, 1.5), tensor({1.5, 1.5})));
  CHECK(same(full({}, INFINITY, kDouble), tensor(INFINITY, kDouble)));
  CHECK(same(scalar_tensor(2.5), tensor(2.5)));
  CHECK(empty({2, 0, 3}).sizes() == IntArrayRef({2, 0, 3}));
  CHECK(zeros({0}).numel() == 0);
  CHECK(zeros({}).dim() == 0);
}

TEST_CASE("create: what dtype is made where none is named", "[ops][create]") {
  CHECK(empty({1}).dtype() == kFloat);
  CHECK(zeros({1}).dtype() == kFloat);
  CHECK(ones({1}).dtype() == kFloat);
  CHECK(eye(1).dtype() == kFloat);
  CHECK(linspace(0, 1, 2).dtype() == kFloat);
  CHECK(scalar_tensor(3).dtype() == kFloat);
  CHECK(full({1}, 3).dtype() == kLong);
  CHECK(full({1}, true).dtype() == kBool);
  CHECK(full({1}, 3.0).dtype() == kFloat);
  CHECK(arange(5).dtype() == kLong);
  CHECK(arange(true).dtype() == kLong);
  CHECK(arange(5.0).dtype() == kFloat);
  CHECK(arange(0, 5, 0.5).dtype() == kFloat);
  CHECK(tensor(3).dtype() == kLong);
  CHECK(tensor(3.0).dtype() == kFloat);
  CHECK(tensor(3.0f).dtype() == kFloat);
  CHECK(tensor(true).dtype() == kBool);
}

TEST_CASE("create: the dtype that is named", "[ops][create]") {
  CHECK(zeros({1}, kDouble).dtype() == kDouble);
  CHECK(zeros({1}, dtype(kLong)).dtype() == kLong);
  CHECK(zeros({1}, TensorOptions().dtype(kBool)).dtype() == kBool);
  CHECK(zeros({1}, zeros({1}, kDouble).options()).dtype() == kDouble);
  CHECK(same(full({2}, 2.9, kLong), tensor({2, 2})));
  CHECK(same(full({1}, 0.5, kBool), tensor({true})));
}

TEST_CASE("tensor: nested braces, vectors and numbers", "[ops][create]") {
  CHECK(tensor(1.5).sizes().empty());
  CHECK(tensor({1, 2}).sizes() == IntArrayRef({2}));
  CHECK(tensor({2}).sizes() == IntArrayRef({1}));
  CHECK(tensor({{1, 2}}).sizes() == IntArrayRef({1, 2}));
  CHECK(tensor({{{1}, {2}}, {{3}, {4}}, {{5}, {6}}}).sizes() == IntArrayRef({3, 2, 1}));
  CHECK(tensor({}).sizes() == IntArrayRef({0}));
  CHECK(tensor({{}, {}}).sizes() == IntArrayRef({2, 0}));
  CHECK(tensor({}).dtype() == kFloat);
  CHECK(tensor({}, kLong).dtype() == kLong);

  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  for (int64_t i = 0; i < 6; ++i) CHECK(x.data_ptr<int64_t>()[i] == i + 1);

  CHECK(same(tensor(std::vector<int>{1, 2}), tensor({1, 2})));
  CHECK(same(tensor(std::vector<int64_t>{1, 2}), tensor({1, 2})));
  CHECK(same(tensor(std::vector<double>{1, 2}), tensor({1.0, 2.0})));
  CHECK(same(tensor(std::vector<float>{1, 2}), tensor({1.0, 2.0})));
  CHECK(same(tensor(std::vector<bool>{true, false}), tensor({true, false})));
  CHECK(same(tensor(std::vector<double>{}), zeros({0})));
}

TEST_CASE("tensor: converts to the dtype that is named", "[ops][create]") {
  CHECK(same(tensor({1, 2}, kFloat), tensor({1.0, 2.0})));
  CHECK(same(tensor({1.9, -1.9}, kLong), tensor({1, -1})));
  CHECK(same(tensor({0.5, 0.0, -0.0, NAN}, kBool), tensor({true, false, false, true})));
  CHECK(same(tensor({true, false}, kDouble), tensor({1.0, 0.0}, kDouble)));
  CHECK(tensor({0.1}, kDouble).item().toDouble() == 0.1);
  CHECK(tensor({0.1}).item().toDouble() == double{0.1f});
  CHECK(tensor(INT64_MAX).item().toLong() == INT64_MAX);
  CHECK(std::signbit(tensor(-0.0).item().toDouble()));
}

TEST_CASE("tensor: ragged or mixed braces", "[ops][create]") {
  CHECK_THROWS_WITH(tensor({{1, 2}, {3}}),
                    Contains("[tensor] Expected all sub-lists to have sizes: 2 (e.g. {1, 2}), but "
                             "got sub-list {3} with sizes: 1"));
  CHECK_THROWS_WITH(
      tensor({{{1.5, 2.5}}, {{3.5, 4.5}, {5.5, 6.5}}}),
      Contains("Expected all sub-lists to have sizes: 1 2 (e.g. {{1.5, 2.5}}), but got sub-list "
               "{{3.5, 4.5}, {5.5, 6.5}} with sizes: 2 2"));
  CHECK_THROWS_WITH(tensor({{true}, {}}), Contains("(e.g. {true}), but got sub-list {} with sizes: 0"));
  CHECK_THROWS_WITH(tensor({1, {2, 3}}), Contains("but got sub-list {2, 3}"));
  CHECK_THROWS_WITH(tensor({1, 2.5}),
                    Contains("Expected all elements of the tensor to have the same scalar type: Long, "
                             "but got element of scalar type: Float"));
  CHECK_THROWS_WITH(tensor({{true}, {1}}), Contains("same scalar type: Bool"));
}

TEST_CASE("eye", "[ops][create]") {
  CHECK(same(eye(2), tensor({{1.0, 0.0}, {0.0, 1.0}})));
  CHECK(same(eye(2, 3, kLong), tensor({{1, 0, 0}, {0, 1, 0}})));
  CHECK(same(eye(3, 2, kBool), tensor({{true, false}, {false, true}, {false, false}})));
  CHECK(eye(0).sizes() == IntArrayRef({0, 0}));
  CHECK(eye(2, 0).sizes() == IntArrayRef({2, 0}));
  CHECK_THROWS_WITH(eye(-1), Contains("[eye] n must be greater or equal to 0, got -1"));
  CHECK_THROWS_WITH(eye(2, -1), Contains("[eye] m must be greater or equal to 0, got -1"));
}

TEST_CASE("arange", "[ops][create]") {
  CHECK(same(arange(3), tensor({0, 1, 2})));
  CHECK(same(arange(2, 5), tensor({2, 3, 4})));
  CHECK(same(arange(5, 0, -2), tensor({5, 3, 1})));
  CHECK(same(arange(0, 4, 3), tensor({0, 3})));
  CHECK(same(arange(3, 3), zeros({0}, kLong)));
  CHECK(same(arange(1, 2, 0.25), tensor({1.0, 1.25, 1.5, 1.75})));
  CHECK(same(arange(2.5), tensor({0.0, 1.0, 2.0})));
  CHECK(same(arange(3, kDouble), tensor({0.0, 1.0, 2.0}, kDouble)));
  CHECK(same(arange(2.9, 5.1, kLong), tensor({2, 3, 4})));
  CHECK(same(arange(0, 5, 2.5, kLong), tensor({0, 2, 4})));
  // No sum of steps that drifts: each element is computed on its own.
  CHECK(arange(0, 1, 0.1).select(0, 7).item().toFloat() == 0.7f);
  CHECK(arange(0, 1000, 0.1, kDouble).select(0, 9999).item().toDouble() == 9999 * 0.1);
  CHECK(same(arange(INT64_MIN, INT64_MAX, int64_t{1} << 62),
             tensor({INT64_MIN, -(int64_t{1} << 62), int64_t{0}, int64_t{1} << 62})));
}

TEST_CASE("arange: wrong arguments", "[ops][create]") {
  CHECK_THROWS_WITH(arange(0, 5, 0), Contains("[arange] step must be nonzero"));
  CHECK_THROWS_WITH(arange(0.0, 1.0, NAN), Contains("step must be nonzero"));
  CHECK_THROWS_WITH(arange(0.0, 1.0, 0.5, kLong), Contains("step must be nonzero"));
  CHECK_THROWS_WITH(arange(5, 0), Contains("upper bound and larger bound inconsistent with step sign"));
  CHECK_THROWS_WITH(arange(0, 5, -1), Contains("upper bound and larger bound inconsistent with step sign"));
  CHECK_THROWS_WITH(arange(-0.5), Contains("upper bound and larger bound inconsistent with step sign"));
  CHECK_THROWS_WITH(arange(0, INFINITY), Contains("unsupported range: 0 -> inf"));
  CHECK_THROWS_WITH(arange(NAN), Contains("unsupported range: 0 -> nan"));
  CHECK_THROWS_WITH(arange(2, kBool), Contains("\"arange_cpu\" not implemented for 'Bool'"));
  CHECK_THROWS_WITH(arange(1e300), Contains("invalid size, possible overflow?"));
  CHECK_THROWS_WITH(arange(INT64_MIN, INT64_MAX), Contains("invalid size, possible overflow?"));
  CHECK_THROWS_WITH(arange(0, 1e300, kLong),
                    Contains("value cannot be converted to type int64_t without overflow"));
}

TEST_CASE("linspace", "[ops][create]") {
  CHECK(same(linspace(0, 1, 5), tensor({0.0, 0.25, 0.5, 0.75, 1.0})));
  CHECK(same(linspace(5, 1, 5), tensor({5.0, 4.0, 3.0, 2.0, 1.0})));
  CHECK(same(linspace(3, 3, 2), tensor({3.0, 3.0})));
  CHECK(same(linspace(2, 7, 1), tensor({2.0})));
  CHECK(same(linspace(2, 7, 0), zeros({0})));
  CHECK(same(linspace(0, 10, 5, kLong), tensor({0, 2, 5, 7, 10})));
  CHECK(same(linspace(0.5, 3.5, 4, kLong), tensor({0, 1, 2, 3})));
  CHECK(same(linspace(INT64_MAX, INT64_MAX, 2, kLong), tensor({INT64_MAX, INT64_MAX})));
  CHECK(same(linspace(INT64_MIN, INT64_MAX, 3, kLong), tensor({INT64_MIN, int64_t{0}, INT64_MAX})));
  // The ends are met exactly, and the halves mirror each other.
  const Tensor x = linspace(-0.1, 0.1, 101, kDouble);
  CHECK(x.select(0, 0).item().toDouble() == -0.1);
  CHECK(x.select(0, 100).item().toDouble() == 0.1);
  CHECK(x.select(0, 30).item().toDouble() == -x.select(0, 70).item().toDouble());
  CHECK_THROWS_WITH(linspace(0, 1, -1), Contains("[linspace] number of steps must be non-negative"));
  CHECK_THROWS_WITH(linspace(0, 1, 3, kBool), Contains("\"linspace_cpu\" not implemented for 'Bool'"));
  CHECK_THROWS_WITH(linspace(0, 1e300, 3),
                    Contains("value cannot be converted to type float without overflow"));
}

TEST_CASE("create: like another tensor", "[ops][create]") {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  CHECK(same(zeros_like(x), tensor({{0, 0, 0}, {0, 0, 0}})));
  CHECK(same(ones_like(x, kDouble), ones({2, 3}, kDouble)));
  CHECK(same(full_like(x, 2.9), full({2, 3}, 2)));
  CHECK(same(full_like(x, 2.5, kFloat), full({2, 3}, 2.5)));
  CHECK(empty_like(x).sizes() == x.sizes());
  CHECK(empty_like(x).dtype() == kLong);
  CHECK(ones_like(x.transpose(0, 1)).is_contiguous());
  CHECK_FALSE(zeros_like(ones({2}).requires_grad_()).requires_grad());
  CHECK_THROWS_WITH(empty_like(Tensor()), Contains("[empty_like]") && Contains("undefined Tensor"));
  CHECK_THROWS_WITH(zeros_like(Tensor()), Contains("[zeros_like]"));
  CHECK_THROWS_WITH(ones_like(Tensor()), Contains("[ones_like]"));
  CHECK_THROWS_WITH(full_like(Tensor(), 1), Contains("[full_like]"));
}

TEST_CASE("create: on the tape where the options ask for it", "[ops][create]") {
  const TensorOptions trainable = requires_grad();
  const Tensor x = zeros({2});
  for (const Tensor& y :
       {empty({2}, trainable), zeros({2}, trainable), ones({2}, trainable), full({2}, 1.0, trainable),
        scalar_tensor(1, trainable), eye(2, trainable), arange(2.0, trainable), linspace(0, 1, 2, trainable),
        tensor({1.0, 2.0}, trainable), empty_like(x, trainable), zeros_like(x, trainable),
        ones_like(x, trainable), full_like(x, 1, trainable)}) {
    CHECK(y.requires_grad());
    CHECK(y.is_leaf());
    CHECK(y._version() == 0);
  }
  CHECK_FALSE(zeros({2}, requires_grad(false)).requires_grad());
  CHECK(zeros({2}, dtype(kDouble).requires_grad(true)).requires_grad());
  const NoGradGuard no_grad;
  CHECK(zeros({2}, trainable).requires_grad());
}

TEST_CASE("create: integers and bools can't require grad", "[ops][create]") {
  const TensorOptions longs = dtype(kLong).requires_grad(true), bools = dtype(kBool).requires_grad(true);
  const auto refused = Contains("Only Tensors of floating point and complex dtype can require gradients");
  CHECK_THROWS_WITH(empty({2}, bools), refused && Contains("[empty]"));
  CHECK_THROWS_WITH(zeros({2}, longs), refused && Contains("[zeros]"));
  CHECK_THROWS_WITH(ones({2}, longs), refused && Contains("[ones]"));
  CHECK_THROWS_WITH(full({2}, 1, requires_grad()), refused && Contains("[full]"));
  CHECK_THROWS_WITH(tensor({1, 2}, requires_grad()), refused && Contains("[tensor]"));
  CHECK_THROWS_WITH(arange(5, requires_grad()), refused && Contains("[arange]"));
  CHECK_THROWS_WITH(eye(2, longs), refused && Contains("[eye]"));
  CHECK_THROWS_WITH(linspace(0, 1, 2, longs), refused && Contains("[linspace]"));
  CHECK_THROWS_WITH(zeros_like(tensor({1}), requires_grad()), refused && Contains("[zeros_like]"));
}

TEST_CASE("create: impossible sizes", "[ops][create]") {
  CHECK_THROWS_WITH(zeros({2, -1}),
                    Contains("[zeros] Trying to create tensor with negative dimension -1: [2, -1]"));
  CHECK_THROWS_WITH(empty({int64_t{1} << 62, 4}), Contains("[empty]") && Contains("overflow"));
  CHECK_THROWS_WITH(ones({int64_t{1} << 60}), Contains("[ones]") && Contains("can't allocate memory"));
  CHECK_THROWS_WITH(full({int64_t{1} << 58}, 1.0), Contains("can't allocate memory"));
  CHECK_THROWS_WITH(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), Contains("at most 8 dimensions"));
}

TEST_CASE("create: values that the dtype can't hold", "[ops][create]") {
  const auto overflow = [](const char* type) {
    return Contains(std::string("value cannot be converted to type ") + type + " without overflow");
  };
  CHECK_THROWS_WITH(full({2}, 1e300), overflow("float") && Contains("[full]"));
  CHECK_THROWS_WITH(full({2}, NAN, kLong), overflow("int64_t"));
  CHECK_THROWS_WITH(full({2}, -INFINITY, kLong), overflow("int64_t"));
  CHECK_THROWS_WITH(full({2}, 0x1p63, kLong), overflow("int64_t"));
  CHECK_THROWS_WITH(full_like(zeros({1}), 1e300), overflow("float"));
  CHECK_THROWS_WITH(tensor({1e300}), overflow("float") && Contains("[tensor]"));
  CHECK_THROWS_WITH(tensor({NAN}, kLong), overflow("int64_t"));
  CHECK(full({1}, -0x1p63, kLong).item().toLong() == INT64_MIN);
  CHECK(std::isinf(full({1}, INFINITY).item().toDouble()));
  CHECK(full({1}, INT64_MAX, kFloat).item().toFloat() == 0x1p63f);
  CHECK(full({1}, NAN, kBool).item().toBool());
  CHECK(full({1}, 1e300, kDouble).item().toDouble() == 1e300);
}
