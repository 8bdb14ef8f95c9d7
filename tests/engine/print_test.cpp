#include <frost/engine.hpp>
#include <frost/testing/catch.hpp>

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

using namespace frost;

namespace {

std::string printed(const Tensor& x) {
  std::ostringstream text;
  text << x;
  return text.str();
}

}  // namespace

// The expectations are what PyTorch prints in Python.

TEST_CASE("print: numbers without dimensions", "[print]") {
  CHECK(printed(tensor(3.5)) == "tensor(3.5000)");
  CHECK(printed(tensor(3.0)) == "tensor(3.)");
  CHECK(printed(tensor(-7)) == "tensor(-7)");
  CHECK(printed(tensor(true)) == "tensor(True)");
  CHECK(printed(tensor(0.25, kDouble)) == "tensor(0.2500, dtype=torch.float64)");
  CHECK(printed(tensor(NAN)) == "tensor(nan)");
  CHECK(printed(tensor(-INFINITY)) == "tensor(-inf)");
  CHECK(printed(tensor(-0.0)) == "tensor(-0.)");
}

TEST_CASE("print: one precision for all elements", "[print]") {
  CHECK(printed(tensor({0.2689, 0.7311, 0.0})) == "tensor([0.2689, 0.7311, 0.0000])");
  CHECK(printed(tensor({1.0, 2.0, -3.0})) == "tensor([ 1.,  2., -3.])");
  CHECK(printed(tensor({1.0, 2.5, -100.0})) == "tensor([   1.0000,    2.5000, -100.0000])");
  CHECK(printed(tensor({0.00005, 0.5})) == "tensor([5.0000e-05, 5.0000e-01])");
  CHECK(printed(tensor({0.0001, 0.05})) == "tensor([1.0000e-04, 5.0000e-02])");
  CHECK(printed(tensor({0.0001, 0.05}, kDouble)) == "tensor([0.0001, 0.0500], dtype=torch.float64)");
  CHECK(printed(tensor({0.5, 501.0})) == "tensor([5.0000e-01, 5.0100e+02])");
  CHECK(printed(tensor({0.5, 500.0})) == "tensor([  0.5000, 500.0000])");
  CHECK(printed(tensor({1.0, 1001.0})) == "tensor([1.0000e+00, 1.0010e+03])");
  CHECK(printed(tensor({100000000.0, 200000000.0})) == "tensor([1.0000e+08, 2.0000e+08])");
  CHECK(printed(tensor({1e-300, 1e300}, kDouble)) ==
        "tensor([1.0000e-300, 1.0000e+300], dtype=torch.float64)");
  CHECK(printed(tensor({0.0, -0.0})) == "tensor([0., -0.])");
  CHECK(printed(tensor({0.99996, 2.00004})) == "tensor([1.0000, 2.0000])");
}

TEST_CASE("print: NaN and infinities stand aside when the style is chosen", "[print]") {
  CHECK(printed(tensor({1.0, NAN, INFINITY, -INFINITY})) == "tensor([1., nan, inf, -inf])");
  CHECK(printed(tensor({1.5, NAN, INFINITY, -INFINITY})) == "tensor([1.5000,    nan,    inf,   -inf])");
  CHECK(printed(tensor({1e-9, NAN, 0.0, -INFINITY})) ==
        "tensor([1.0000e-09,        nan, 0.0000e+00,       -inf])");
  CHECK(printed(tensor({NAN, INFINITY, 0.0})) == "tensor([nan, inf, 0.])");
}

TEST_CASE("print: integers and bools", "[print]") {
  CHECK(printed(tensor({1, -20, 300})) == "tensor([  1, -20, 300])");
  CHECK(printed(tensor({INT64_MIN, INT64_MAX})) == "tensor([-9223372036854775808,  9223372036854775807])");
  CHECK(printed(tensor({{true, false}, {false, false}})) ==
        R"(tensor([[ True, False],
        [False, False]]))");
  CHECK(printed(tensor({true, true})) == "tensor([True, True])");
}

TEST_CASE("print: brackets, and blank lines between matrices", "[print]") {
  CHECK(printed(tensor({{1.0, 2.0}, {3.0, 4.0}})) ==
        R"(tensor([[1., 2.],
        [3., 4.]]))");
  CHECK(printed(arange(12).reshape({2, 2, 3})) ==
        R"(tensor([[[ 0,  1,  2],
         [ 3,  4,  5]],

        [[ 6,  7,  8],
         [ 9, 10, 11]]]))");
  CHECK(printed(arange(8.0).reshape({2, 2, 1, 2})) ==
        R"(tensor([[[[0., 1.]],

         [[2., 3.]]],


        [[[4., 5.]],

         [[6., 7.]]]]))");
  CHECK(printed(arange(6).reshape({2, 3}).transpose(0, 1)) ==
        R"(tensor([[0, 3],
        [1, 4],
        [2, 5]]))");
}

TEST_CASE("print: long rows are broken", "[print]") {
  CHECK(printed(arange(30)) ==
        R"(tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,
        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]))");
  CHECK(printed(arange(12.0) * 0.125) ==
        R"(tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
        1.1250, 1.2500, 1.3750]))");
  CHECK(printed((arange(40.0) * 0.125).reshape({2, 20})) ==
        R"(tensor([[0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
         1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,
         2.2500, 2.3750],
        [2.5000, 2.6250, 2.7500, 2.8750, 3.0000, 3.1250, 3.2500, 3.3750, 3.5000,
         3.6250, 3.7500, 3.8750, 4.0000, 4.1250, 4.2500, 4.3750, 4.5000, 4.6250,
         4.7500, 4.8750]]))");
}

TEST_CASE("print: more than a thousand elements are summarised", "[print]") {
  CHECK(printed(arange(1000).reshape({500, 2}).narrow(0, 0, 4)) ==
        R"(tensor([[0, 1],
        [2, 3],
        [4, 5],
        [6, 7]]))");
  CHECK(printed(arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
  CHECK(printed(arange(1200.0).reshape({30, 40})) ==
        R"(tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 3.7000e+01, 3.8000e+01,
         3.9000e+01],
        [4.0000e+01, 4.1000e+01, 4.2000e+01,  ..., 7.7000e+01, 7.8000e+01,
         7.9000e+01],
        [8.0000e+01, 8.1000e+01, 8.2000e+01,  ..., 1.1700e+02, 1.1800e+02,
         1.1900e+02],
        ...,
        [1.0800e+03, 1.0810e+03, 1.0820e+03,  ..., 1.1170e+03, 1.1180e+03,
         1.1190e+03],
        [1.1200e+03, 1.1210e+03, 1.1220e+03,  ..., 1.1570e+03, 1.1580e+03,
         1.1590e+03],
        [1.1600e+03, 1.1610e+03, 1.1620e+03,  ..., 1.1970e+03, 1.1980e+03,
         1.1990e+03]]))");
  CHECK(printed(arange(2400).reshape({8, 3, 100})) ==
        R"(tensor([[[   0,    1,    2,  ...,   97,   98,   99],
         [ 100,  101,  102,  ...,  197,  198,  199],
         [ 200,  201,  202,  ...,  297,  298,  299]],

        [[ 300,  301,  302,  ...,  397,  398,  399],
         [ 400,  401,  402,  ...,  497,  498,  499],
         [ 500,  501,  502,  ...,  597,  598,  599]],

        [[ 600,  601,  602,  ...,  697,  698,  699],
         [ 700,  701,  702,  ...,  797,  798,  799],
         [ 800,  801,  802,  ...,  897,  898,  899]],

        ...,

        [[1500, 1501, 1502,  ..., 1597, 1598, 1599],
         [1600, 1601, 1602,  ..., 1697, 1698, 1699],
         [1700, 1701, 1702,  ..., 1797, 1798, 1799]],

        [[1800, 1801, 1802,  ..., 1897, 1898, 1899],
         [1900, 1901, 1902,  ..., 1997, 1998, 1999],
         [2000, 2001, 2002,  ..., 2097, 2098, 2099]],

        [[2100, 2101, 2102,  ..., 2197, 2198, 2199],
         [2200, 2201, 2202,  ..., 2297, 2298, 2299],
         [2300, 2301, 2302,  ..., 2397, 2398, 2399]]]))");
  CHECK(printed(zeros({1001, 1})) ==
        R"(tensor([[0.],
        [0.],
        [0.],
        ...,
        [0.],
        [0.],
        [0.]]))");
}

TEST_CASE("print: no elements", "[print]") {
  CHECK(printed(zeros({0})) == "tensor([])");
  CHECK(printed(zeros({0, 3})) == "tensor([], size=(0, 3))");
  CHECK(printed(zeros({2, 0, 1})) == "tensor([], size=(2, 0, 1))");
  CHECK(printed(zeros({0}, kLong)) == "tensor([], dtype=torch.int64)");
  CHECK(printed(zeros({0, 2}, dtype(kDouble).requires_grad(true))) ==
        "tensor([], size=(0, 2), dtype=torch.float64, requires_grad=True)");
  CHECK(printed(zeros({0}, kBool)) == "tensor([], dtype=torch.bool)");
}

TEST_CASE("print: what stands on the tape says so", "[print]") {
  CHECK(printed(tensor({1.0, 2.0}).requires_grad_()) == "tensor([1., 2.], requires_grad=True)");
  CHECK(printed(tensor({1.0, 2.0}).requires_grad_().clone()) == "tensor([1., 2.], grad_fn=<CloneBackward0>)");
  CHECK(printed(tensor({1.0, 2.0}).requires_grad_().to(kDouble)) ==
        "tensor([1., 2.], dtype=torch.float64, grad_fn=<ToCopyBackward0>)");
  CHECK(printed(tensor({1.0, 2.0}).requires_grad_().detach()) == "tensor([1., 2.])");
  CHECK(printed(tensor({{1.0}, {2.0}}).requires_grad_().select(0, 1)) ==
        "tensor([2.], grad_fn=<SelectBackward0>)");
  CHECK(printed((arange(9.0) * 0.125).requires_grad_()) ==
        R"(tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000],
       requires_grad=True))");
  CHECK(printed((arange(7.0) * 0.125).to(kDouble).requires_grad_()) ==
        R"(tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500],
       dtype=torch.float64, requires_grad=True))");
  CHECK(printed((arange(12.0) * 0.125).reshape({2, 6}).to(kDouble).requires_grad_().clone()) ==
        R"(tensor([[0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250],
        [0.7500, 0.8750, 1.0000, 1.1250, 1.2500, 1.3750]], dtype=torch.float64,
       grad_fn=<CloneBackward0>))");
  CHECK(printed((arange(7.0) * 0.125).to(kDouble).requires_grad_().clone()) ==
        R"(tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500],
       dtype=torch.float64, grad_fn=<CloneBackward0>))");
}

TEST_CASE("print: what stands behind the elements is broken where a line would grow past 80", "[print]") {
  CHECK(printed(full({5}, 10.125).requires_grad_().clone()) ==
        "tensor([10.1250, 10.1250, 10.1250, 10.1250, 10.1250], grad_fn=<CloneBackward0>)");
  CHECK(printed(full({4}, 100000.125).requires_grad_()) ==
        R"(tensor([100000.1250, 100000.1250, 100000.1250, 100000.1250],
       requires_grad=True))");
  CHECK(printed(full({12}, 100.125, kDouble)) ==
        R"(tensor([100.1250, 100.1250, 100.1250, 100.1250, 100.1250, 100.1250, 100.1250,
        100.1250, 100.1250, 100.1250, 100.1250, 100.1250], dtype=torch.float64))");
  CHECK(printed(full({9}, 100000.125).requires_grad_()) ==
        R"(tensor([100000.1250, 100000.1250, 100000.1250, 100000.1250, 100000.1250,
        100000.1250, 100000.1250, 100000.1250, 100000.1250],
       requires_grad=True))");
}

TEST_CASE("print: an undefined tensor", "[print]") { CHECK(printed(Tensor()) == "[ Tensor (undefined) ]"); }

TEST_CASE("print: the scope of a grad_fn's name is left out", "[print]") {
  Tensor x = zeros({2});
  x.copy_(ones({2}).requires_grad_());
  CHECK(printed(x) == "tensor([1., 1.], grad_fn=<CopyBackwards>)");
  x = zeros({2});
  x[0] = ones({}).requires_grad_();
  CHECK(printed(x) == "tensor([1., 0.], grad_fn=<CopySlices>)");
}

TEST_CASE("print: of a large tensor only what is shown is formatted", "[print]") {
  const Tensor x = zeros({1000, 1000});
  x[500].fill_(0.12345);  // would change the format of all, if it were looked at
  CHECK_THAT(printed(x), Catch::StartsWith("tensor([[0., 0., 0.,  ..., 0., 0., 0.],"));
}

TEST_CASE("print: records nothing and leaves the stream's settings alone", "[print]") {
  std::ostringstream text;
  text.precision(2);
  text << std::hex << tensor({{10, 11}, {1, 2}}) << ' ' << 10 << ' ' << 1.2345;
  CHECK(text.str() == "tensor([[10, 11],\n        [ 1,  2]]) a 1.2");
}
