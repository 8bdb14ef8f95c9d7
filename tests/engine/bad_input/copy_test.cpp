#include "bad_input.hpp"

#include <cmath>

using namespace frost;
using namespace frost::tests;

TEST_CASE("bad input: copies and dtypes", "[bad_input][copy]") {
  check_refused<Operands>({
      {"clone: undefined", [](auto& o) { o.none.clone(); }, "[clone]", {"undefined"}},
      {"contiguous: undefined", [](auto& o) { o.none.contiguous(); }, "[contiguous]", {"undefined"}},
      {"detach: undefined", [](auto& o) { o.none.detach(); }, "[detach]", {"undefined"}},
      {"to: undefined", [](auto& o) { o.none.to(kLong); }, "[to]", {"undefined"}},
      {"to options: undefined", [](auto& o) { o.none.to(TensorOptions(kLong)); }, "[to]", {"undefined"}},
      {"to another: undefined", [](auto& o) { o.x.to(o.none); }, "[", {"undefined"}},
      {"type_as: undefined", [](auto& o) { o.x.type_as(o.none); }, "[", {"undefined"}},
      {"copy_: shapes", [](auto& o) { o.y.copy_(o.deep); }, "[copy_]", {"[2, 3]", "[2, 3, 4]"}},
      {"copy_: leaf", [](auto& o) { o.leaf.copy_(o.y); }, "[copy_]", {"leaf"}},
      {"copy_: undefined", [](auto& o) { o.none.copy_(o.y); }, "[copy_]", {"undefined"}},
      {"copy_: undefined source", [](auto& o) { o.y.copy_(o.none); }, "[copy_]", {"undefined"}},
      {"copy_: shared memory", [](auto& o) { o.shared.copy_(o.y); }, "[copy_]", {"single memory location"}},
      {"fill_: NaN in integers", [](auto& o) { o.whole.fill_(NAN); }, "[fill_]", {"int64_t"}},
      {"fill_: too large", [](auto& o) { o.y.fill_(1e300); }, "[fill_]", {"float"}},
      {"fill_: leaf", [](auto& o) { o.leaf.fill_(1); }, "[fill_]", {"leaf"}},
      {"fill_: undefined", [](auto& o) { o.none.fill_(1); }, "[fill_]", {"undefined"}},
      {"fill_: by many", [](auto& o) { o.y.fill_(o.index); }, "[fill_]", {"1"}},
      {"fill_: by undefined", [](auto& o) { o.y.fill_(o.none); }, "[fill_]", {"undefined"}},
      {"fill_: shared memory", [](auto& o) { o.shared.fill_(1); }, "[fill_]", {"single memory location"}},
      {"zero_: undefined", [](auto& o) { o.none.zero_(); }, "[zero_]", {"undefined"}},
      {"zero_: leaf", [](auto& o) { o.leaf.zero_(); }, "[zero_]", {"leaf"}},
      {"zero_: shared memory", [](auto& o) { o.shared.zero_(); }, "[zero_]", {"single memory location"}},
      {"x[0] = shapes", [](auto& o) { o.y[0] = o.deep; }, "[copy_]", {"[3]", "[2, 3, 4]"}},
      {"x[5] = 1", [](auto& o) { o.y[5] = 1; }, "[select]", {"5"}},
  });
}
