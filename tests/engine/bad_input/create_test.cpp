#include "bad_input.hpp"

#include <cmath>
#include <cstdint>

using namespace frost;
using namespace frost::tests;

TEST_CASE("bad input: making tensors", "[bad_input][create]") {
  check_refused<Operands>({
      {"empty: negative",
       [](auto&) {
         empty({2, -1});
       },
       "[empty]",
       {"-1", "[2, -1]"}},
      {"empty: the most negative", [](auto&) { empty({kLeast}); }, "[empty]", {"-9223372036854775808"}},
      {"empty: overflows",
       [](auto&) {
         empty({kMost, 2});
       },
       "[empty]",
       {"9223372036854775807", "overflow"}},
      {"empty: bytes overflow", [](auto&) { empty(kMost); }, "[empty]", {"9223372036854775807"}},
      {"empty: no memory", [](auto&) { empty(kTooMany); }, "[", {"bytes"}},
      {"empty: nine dims",
       [](auto&) {
         empty({1, 1, 1, 1, 1, 1, 1, 1, 1});
       },
       "[",
       {"at most 8", "got 9"}},
      {"empty: trainable integers",
       [](auto&) { empty({2}, TensorOptions(kLong).requires_grad(true)); },
       "[empty]",
       {"Long"}},
      {"zeros: negative", [](auto&) { zeros({-3}); }, "[zeros]", {"-3"}},
      {"zeros: overflows",
       [](auto&) {
         zeros({kMost, kMost});
       },
       "[zeros]",
       {"9223372036854775807"}},
      {"zeros: no memory", [](auto&) { zeros({kTooMany}); }, "[", {"bytes"}},
      {"zeros: trainable bools",
       [](auto&) { zeros({2}, TensorOptions(kBool).requires_grad(true)); },
       "[zeros]",
       {"Bool"}},
      {"ones: negative",
       [](auto&) {
         ones({2, -3});
       },
       "[ones]",
       {"-3"}},
      {"ones: overflows",
       [](auto&) {
         ones({kMost, 3});
       },
       "[ones]",
       {"9223372036854775807"}},
      {"full: negative", [](auto&) { full({-1}, 2); }, "[full]", {"-1"}},
      {"full: NaN as Long", [](auto&) { full({2}, NAN, kLong); }, "[full]", {"int64_t"}},
      {"full: infinity as Long", [](auto&) { full({2}, INFINITY, kLong); }, "[full]", {"int64_t"}},
      {"full: too large for Float", [](auto&) { full({2}, 1e300); }, "[full]", {"float"}},
      {"full: too large for Long", [](auto&) { full({2}, 1e19, kLong); }, "[full]", {"int64_t"}},
      {"full: trainable integers", [](auto&) { full({2}, 1, requires_grad()); }, "[full]", {"Long"}},
      {"scalar_tensor: NaN as Long",
       [](auto&) { scalar_tensor(NAN, kLong); },
       "[scalar_tensor]",
       {"int64_t"}},
      {"eye: negative", [](auto&) { eye(-2); }, "[eye]", {"-2"}},
      {"eye: negative m", [](auto&) { eye(2, -2); }, "[eye]", {"-2"}},
      {"eye: overflows", [](auto&) { eye(kMost); }, "[eye]", {"9223372036854775807"}},
      {"eye: no memory", [](auto&) { eye(kTooMany, 1); }, "[", {"bytes"}},
      {"arange: step 0", [](auto&) { arange(0, 5, 0); }, "[arange]", {"nonzero"}},
      {"arange: wrong way", [](auto&) { arange(0, 5, -1); }, "[arange]", {"0", "5", "-1"}},
      {"arange: negative end", [](auto&) { arange(-1); }, "[arange]", {"-1"}},
      {"arange: NaN", [](auto&) { arange(NAN); }, "[arange]", {"nan"}},
      {"arange: infinite", [](auto&) { arange(0, INFINITY); }, "[arange]", {"inf"}},
      {"arange: NaN step", [](auto&) { arange(0, 1, NAN); }, "[arange]", {"nan"}},
      {"arange: too many", [](auto&) { arange(kLeast, kMost); }, "[arange]", {"-9223372036854775808"}},
      {"arange: no memory", [](auto&) { arange(kTooMany); }, "[", {"bytes"}},
      {"arange: tiny step", [](auto&) { arange(0.0, 1.0, 1e-300); }, "[arange]", {"1e-300"}},
      {"arange: bools", [](auto&) { arange(5, kBool); }, "[arange]", {"Bool"}},
      {"linspace: negative", [](auto&) { linspace(0, 1, -1); }, "[linspace]", {"-1"}},
      {"linspace: no memory", [](auto&) { linspace(0, 1, kTooMany); }, "[", {"bytes"}},
      {"linspace: most", [](auto&) { linspace(0, 1, kMost); }, "[linspace]", {"9223372036854775807"}},
      {"linspace: bools", [](auto&) { linspace(0, 1, 2, kBool); }, "[linspace]", {"Bool"}},
      {"linspace: NaN as Long", [](auto&) { linspace(NAN, 1, 2, kLong); }, "[linspace]", {"int64_t"}},
      {"tensor: ragged",
       [](auto&) {
         tensor({{1, 2}, {3}});
       },
       "[tensor]",
       {"2", "{3}"}},
      {"tensor: mixed",
       [](auto&) {
         tensor({1, 2.5});
       },
       "[tensor]",
       {"Long", "Float"}},
      {"tensor: NaN as Long", [](auto&) { tensor({NAN}, kLong); }, "[tensor]", {"int64_t"}},
      {"tensor: trainable integers", [](auto&) { tensor({1}, requires_grad()); }, "[tensor]", {"Long"}},
      {"empty_like: undefined", [](auto& o) { empty_like(o.none); }, "[empty_like]", {"undefined"}},
      {"zeros_like: undefined", [](auto& o) { zeros_like(o.none); }, "[zeros_like]", {"undefined"}},
      {"ones_like: undefined", [](auto& o) { ones_like(o.none); }, "[ones_like]", {"undefined"}},
      {"full_like: undefined", [](auto& o) { full_like(o.none, 1); }, "[full_like]", {"undefined"}},
      {"full_like: NaN as Long", [](auto& o) { full_like(o.whole, NAN); }, "[full_like]", {"int64_t"}},
      {"zeros_like: trainable integers",
       [](auto& o) { zeros_like(o.whole, requires_grad()); },
       "[zeros_like]",
       {"Long"}},
  });
}

TEST_CASE("bad input: random numbers", "[bad_input][random]") {
  check_refused<Operands>({
      {"rand: negative", [](auto&) { rand({-1}); }, "[rand]", {"-1"}},
      {"rand: overflows",
       [](auto&) {
         rand({kMost, 2});
       },
       "[rand]",
       {"9223372036854775807"}},
      {"rand: no memory", [](auto&) { rand({kTooMany}); }, "[", {"bytes"}},
      {"rand: integers", [](auto&) { rand({2}, kLong); }, "[rand]", {"Long"}},
      {"randn: negative", [](auto&) { randn({-1}); }, "[randn]", {"-1"}},
      {"randn: bools", [](auto&) { randn({2}, kBool); }, "[randn]", {"Bool"}},
      {"randint: empty range", [](auto&) { randint(0, {2}); }, "[", {"0"}},
      {"randint: wrong way", [](auto&) { randint(5, 2, {2}); }, "[", {"5", "2"}},
      {"randint: negative size", [](auto&) { randint(5, {-2}); }, "[randint]", {"-2"}},
      {"randint: no bool", [](auto&) { randint(5, {2}, kBool); }, "[", {"bool", "4"}},
      {"randperm: negative", [](auto&) { randperm(-1); }, "[randperm]", {"-1"}},
      {"randperm: no memory", [](auto&) { randperm(kTooMany); }, "[", {"bytes"}},
      {"randperm: most", [](auto&) { randperm(kMost); }, "[randperm]", {"9223372036854775807"}},
      {"randperm: bools", [](auto&) { randperm(2, kBool); }, "[randperm]", {"Bool"}},
      {"randperm: too many floats", [](auto&) { randperm(1 << 25, kFloat); }, "[randperm]", {"33554432"}},
      {"rand_like: undefined", [](auto& o) { rand_like(o.none); }, "[rand_like]", {"undefined"}},
      {"rand_like: integers", [](auto& o) { rand_like(o.whole); }, "[rand_like]", {"Long"}},
      {"randn_like: undefined", [](auto& o) { randn_like(o.none); }, "[randn_like]", {"undefined"}},
      {"randn_like: bools", [](auto& o) { randn_like(o.flags); }, "[randn_like]", {"Bool"}},
      {"randint_like: undefined", [](auto& o) { randint_like(o.none, 2); }, "[randint_like]", {"undefined"}},
      {"randint_like: empty range", [](auto& o) { randint_like(o.whole, 3, 3); }, "[", {"3"}},
      {"bernoulli: undefined", [](auto& o) { bernoulli(o.none); }, "[bernoulli]", {"undefined"}},
      {"bernoulli: integers", [](auto& o) { bernoulli(o.whole); }, "[", {"Long"}},
      {"bernoulli: no probability", [](auto& o) { bernoulli(o.y); }, "[", {"2"}},
      {"uniform_: undefined", [](auto& o) { o.none.uniform_(); }, "[uniform_]", {"undefined"}},
      {"uniform_: wrong way", [](auto& o) { o.y.uniform_(2, 1); }, "[", {"2", "1"}},
      {"uniform_: NaN", [](auto& o) { o.y.uniform_(NAN, 1); }, "[", {"nan"}},
      {"uniform_: infinite", [](auto& o) { o.y.uniform_(0, INFINITY); }, "[", {"inf"}},
      {"uniform_: too wide", [](auto& o) { o.y.uniform_(-3e38, 3e38); }, "[", {"3e+38"}},
      {"uniform_: integers", [](auto& o) { o.whole.uniform_(); }, "[", {"Long"}},
      {"uniform_: trainable leaf", [](auto& o) { o.leaf.uniform_(); }, "[uniform_]", {"leaf"}},
      {"uniform_: shared memory",
       [](auto& o) { o.shared.uniform_(); },
       "[uniform_]",
       {"single memory location"}},
      {"uniform_ on the tape: wrong way", [](auto& o) { o.x.uniform_(2, 1); }, "[", {"2", "1"}},
      {"normal_: undefined", [](auto& o) { o.none.normal_(); }, "[normal_]", {"undefined"}},
      {"normal_: negative std", [](auto& o) { o.y.normal_(0, -1); }, "[", {"-1"}},
      {"normal_: NaN std", [](auto& o) { o.y.normal_(0, NAN); }, "[", {"nan"}},
      {"normal_: integers", [](auto& o) { o.whole.normal_(); }, "[", {"Long"}},
      {"bernoulli_: undefined", [](auto& o) { o.none.bernoulli_(); }, "[bernoulli_]", {"undefined"}},
      {"bernoulli_: above 1", [](auto& o) { o.y.bernoulli_(1.5); }, "[", {"1.5"}},
      {"bernoulli_: NaN", [](auto& o) { o.y.bernoulli_(NAN); }, "[", {"nan"}},
      {"set_state: undefined", [](auto& o) { default_generator().set_state(o.none); }, "[", {"undefined"}},
      {"set_state: Float", [](auto& o) { default_generator().set_state(o.y); }, "[", {"Float"}},
      {"set_state: too short", [](auto& o) { default_generator().set_state(o.index); }, "[", {"2"}},
  });
}
