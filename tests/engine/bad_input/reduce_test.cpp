#include "bad_input.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;

TEST_CASE("bad input: reductions", "[bad_input][reduce]") {
  check_refused<Operands>({
      {"sum: undefined", [](auto& o) { o.none.sum(); }, "[sum]", {"undefined"}},
      {"sum: undefined along a dim", [](auto& o) { o.none.sum(0); }, "[sum]", {"undefined"}},
      {"sum: dim", [](auto& o) { o.x.sum(2); }, "[sum]", {"[-2, 1]", "2"}},
      {"sum: least dim", [](auto& o) { o.x.sum(kLeast); }, "[sum]", {"-9223372036854775808"}},
      {"sum: dim twice",
       [](auto& o) {
         o.x.sum({0, -2});
       },
       "[sum]",
       {"[0, -2]"}},
      {"sum: dim of a number", [](auto& o) { o.number.sum(1); }, "[sum]", {"1"}},
      {"mean: undefined", [](auto& o) { o.none.mean(); }, "[mean]", {"undefined"}},
      {"mean: integers", [](auto& o) { o.whole.mean(); }, "[mean]", {"Long"}},
      {"mean: bools along a dim", [](auto& o) { o.flags.mean(0); }, "[mean]", {"Bool"}},
      {"mean: in integers", [](auto& o) { o.x.mean(kLong); }, "[mean]", {"Long"}},
      {"mean: dim",
       [](auto& o) {
         o.x.mean({0, 5});
       },
       "[mean]",
       {"5"}},
      {"prod: undefined", [](auto& o) { o.none.prod(); }, "[prod]", {"undefined"}},
      {"prod: dim", [](auto& o) { o.x.prod(-3); }, "[prod]", {"-3"}},
      {"max: undefined", [](auto& o) { max(o.none); }, "[max]", {"undefined"}},
      {"max: empty", [](auto& o) { o.empty.max(); }, "[max]", {"[0, 3]"}},
      {"max: empty dim", [](auto& o) { o.empty.max(0); }, "[max]", {"0"}},
      {"max: dim", [](auto& o) { o.x.max(2); }, "[max]", {"2"}},
      {"max: undefined along a dim", [](auto& o) { o.none.max(0); }, "[max]", {"undefined"}},
      {"min: undefined", [](auto& o) { min(o.none); }, "[min]", {"undefined"}},
      {"min: empty", [](auto& o) { o.empty.min(); }, "[min]", {"[0, 3]"}},
      {"min: dim", [](auto& o) { o.x.min(-3); }, "[min]", {"-3"}},
      {"amax: undefined", [](auto& o) { o.none.amax(); }, "[amax]", {"undefined"}},
      {"amax: empty", [](auto& o) { o.empty.amax(); }, "[amax]", {"[0, 3]"}},
      {"amax: empty dim", [](auto& o) { o.empty.amax(0); }, "[amax]", {"0"}},
      {"amax: dim", [](auto& o) { o.x.amax(7); }, "[amax]", {"7"}},
      {"amin: undefined", [](auto& o) { o.none.amin(); }, "[amin]", {"undefined"}},
      {"amin: dim twice",
       [](auto& o) {
         o.x.amin({1, 1});
       },
       "[amin]",
       {"[1, 1]"}},
      {"argmax: undefined", [](auto& o) { o.none.argmax(); }, "[argmax]", {"undefined"}},
      {"argmax: empty", [](auto& o) { o.empty.argmax(); }, "[argmax]", {"[0, 3]"}},
      {"argmax: bools", [](auto& o) { o.flags.argmax(); }, "[argmax]", {"Bool"}},
      {"argmax: dim", [](auto& o) { o.x.argmax(2); }, "[argmax]", {"2"}},
      {"argmin: undefined", [](auto& o) { o.none.argmin(); }, "[argmin]", {"undefined"}},
      {"argmin: empty dim", [](auto& o) { o.empty.argmin(0); }, "[argmin]", {"0"}},
      {"all: undefined", [](auto& o) { o.none.all(); }, "[all]", {"undefined"}},
      {"all: dim", [](auto& o) { o.flags.all(2); }, "[all]", {"2"}},
      {"any: undefined", [](auto& o) { o.none.any(); }, "[any]", {"undefined"}},
      {"any: dim", [](auto& o) { o.flags.any(-4); }, "[any]", {"-4"}},
      {"var: undefined", [](auto& o) { o.none.var(true); }, "[var]", {"undefined"}},
      {"var: integers", [](auto& o) { o.whole.var(true); }, "[var]", {"Long"}},
      {"var: dim", [](auto& o) { o.x.var(3); }, "[var]", {"3"}},
      {"std: undefined", [](auto& o) { o.none.std(0); }, "[std]", {"undefined"}},
      {"std: bools", [](auto& o) { o.flags.std(true); }, "[std]", {"Bool"}},
      {"std: dim",
       [](auto& o) {
         o.x.std({0, 2});
       },
       "[std]",
       {"2"}},
      {"norm: undefined", [](auto& o) { o.none.norm(); }, "[norm]", {"undefined"}},
      {"norm: integers", [](auto& o) { o.whole.norm(); }, "[norm]", {"Long"}},
      {"norm: dim", [](auto& o) { o.x.norm(2, 2); }, "[norm]", {"2"}},
      {"logsumexp: undefined", [](auto& o) { o.none.logsumexp(0); }, "[logsumexp]", {"undefined"}},
      {"logsumexp: dim", [](auto& o) { o.x.logsumexp(2); }, "[logsumexp]", {"2"}},
      {"cumsum: undefined", [](auto& o) { o.none.cumsum(0); }, "[cumsum]", {"undefined"}},
      {"cumsum: dim", [](auto& o) { o.x.cumsum(2); }, "[cumsum]", {"2"}},
      {"cumsum: in bools", [](auto& o) { o.x.cumsum(0, kBool); }, "[cumsum]", {"Bool"}},
      {"softmax: undefined", [](auto& o) { o.none.softmax(0); }, "[softmax]", {"undefined"}},
      {"softmax: dim", [](auto& o) { o.x.softmax(2); }, "[softmax]", {"2"}},
      {"softmax: most dim", [](auto& o) { o.x.softmax(kMost); }, "[softmax]", {"9223372036854775807"}},
      {"softmax: integers", [](auto& o) { o.whole.softmax(0); }, "[softmax]", {"Long"}},
      {"softmax: in integers", [](auto& o) { o.x.softmax(0, kLong); }, "[softmax]", {"Long"}},
      {"log_softmax: undefined", [](auto& o) { o.none.log_softmax(0); }, "[log_softmax]", {"undefined"}},
      {"log_softmax: dim", [](auto& o) { o.x.log_softmax(-3); }, "[log_softmax]", {"-3"}},
      {"log_softmax: bools", [](auto& o) { o.flags.log_softmax(0); }, "[log_softmax]", {"Bool"}},
      {"sort: undefined", [](auto& o) { o.none.sort(); }, "[sort]", {"undefined"}},
      {"sort: dim", [](auto& o) { o.x.sort(2); }, "[sort]", {"2"}},
      {"argsort: undefined", [](auto& o) { o.none.argsort(); }, "[sort]", {"undefined"}},
      {"argsort: dim", [](auto& o) { o.x.argsort(-3); }, "[sort]", {"-3"}},
      {"topk: undefined", [](auto& o) { o.none.topk(1); }, "[topk]", {"undefined"}},
      {"topk: k too large", [](auto& o) { o.x.topk(4); }, "[topk]", {"4", "[2, 3]"}},
      {"topk: k negative", [](auto& o) { o.x.topk(-1); }, "[topk]", {"-1"}},
      {"topk: dim", [](auto& o) { o.x.topk(1, 2); }, "[topk]", {"2"}},
      {"topk: bools", [](auto& o) { o.flags.topk(1); }, "[topk]", {"Bool"}},
  });
}

TEST_CASE("bad input: matrix products", "[bad_input][matmul]") {
  check_refused<Operands>({
      {"matmul: shapes", [](auto& o) { o.x.matmul(o.y); }, "[matmul]", {"2x3 and 2x3"}},
      {"matmul: dtypes", [](auto& o) { o.x.matmul(o.wide.t()); }, "[matmul]", {"Float", "Double"}},
      {"matmul: bools", [](auto& o) { o.flags.matmul(o.flags.t()); }, "[matmul]", {"Bool"}},
      {"matmul: 0-dim", [](auto& o) { o.x.matmul(o.number); }, "[matmul]", {"2D", "0D"}},
      {"matmul: undefined", [](auto& o) { o.none.matmul(o.x); }, "[matmul]", {"undefined"}},
      {"matmul: undefined second", [](auto& o) { o.x.matmul(o.none); }, "[matmul]", {"undefined"}},
      {"matmul: a vector", [](auto& o) { o.x.matmul(zeros(2)); }, "[matmul]", {"2x3", "2"}},
      {"matmul: vectors", [](auto&) { zeros(2).matmul(zeros(3)); }, "[", {"[2]", "[3]"}},
      {"matmul: batches",
       [](auto& o) {
         o.deep.matmul(zeros({3, 4, 5}));
       },
       "[matmul]",
       {"2", "3"}},
      {"matmul: in batches",
       [](auto& o) {
         o.deep.matmul(zeros({2, 3, 5}));
       },
       "[matmul]",
       {"3", "4"}},
      {"mm: shapes", [](auto& o) { o.x.mm(o.y); }, "[mm]", {"2x3 and 2x3"}},
      {"mm: 3-dim", [](auto& o) { o.deep.mm(o.y); }, "[mm]", {"[2, 3, 4]"}},
      {"mm: 1-dim second", [](auto& o) { o.x.mm(zeros(3)); }, "[mm]", {"[3]"}},
      {"mm: undefined", [](auto& o) { o.none.mm(o.x); }, "[mm]", {"undefined"}},
      {"mm: dtypes", [](auto& o) { o.x.mm(o.wide.t()); }, "[mm]", {"Float", "Double"}},
      {"mm: no memory",
       [](auto& o) {
         o.number.expand({1 << 30, 1}).mm(o.number.expand({1, 1 << 30}));
       },
       "[",
       {"1073741824"}},
      {"bmm: 2-dim", [](auto& o) { o.x.bmm(o.deep); }, "[bmm]", {"[2, 3]"}},
      {"bmm: batches",
       [](auto& o) {
         o.deep.bmm(zeros({3, 4, 5}));
       },
       "[bmm]",
       {"[2, 3, 4]", "[3, 4, 5]"}},
      {"bmm: dtypes",
       [](auto& o) {
         o.deep.bmm(zeros({2, 4, 5}, kDouble));
       },
       "[bmm]",
       {"Float", "Double"}},
      {"bmm: undefined", [](auto& o) { o.deep.bmm(o.none); }, "[bmm]", {"undefined"}},
      {"dot: 2-dim", [](auto& o) { o.x.dot(o.y); }, "[dot]", {"2D"}},
      {"dot: sizes", [](auto&) { zeros(2).dot(zeros(3)); }, "[dot]", {"[2]", "[3]"}},
      {"dot: dtypes", [](auto& o) { zeros(2).dot(o.index); }, "[dot]", {"Float", "Long"}},
      {"dot: undefined", [](auto& o) { o.none.dot(o.index); }, "[dot]", {"undefined"}},
      {"outer: 2-dim", [](auto& o) { o.x.outer(o.index); }, "[outer]", {"2-D"}},
      {"outer: undefined", [](auto& o) { o.index.outer(o.none); }, "[outer]", {"undefined"}},
  });
}
