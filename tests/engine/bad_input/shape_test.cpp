#include "bad_input.hpp"

using namespace frost;
using namespace frost::tests;

TEST_CASE("bad input: views and shapes", "[bad_input][view]") {
  check_refused<Operands>({
      {"view: elements", [](auto& o) { o.x.view({4}); }, "[view]", {"[4]", "6"}},
      {"view: two unknown",
       [](auto& o) {
         o.x.view({-1, -1});
       },
       "[view]",
       {"[-1, -1]"}},
      {"view: negative",
       [](auto& o) {
         o.x.view({-2, -3});
       },
       "[view]",
       {"-2"}},
      {"view: overflows",
       [](auto& o) {
         o.x.view({kMost, 2});
       },
       "[view]",
       {"9223372036854775807"}},
      {"view: strides", [](auto& o) { o.x.t().view(6); }, "[view]", {"[3, 2]", "reshape"}},
      {"view: ambiguous",
       [](auto& o) {
         o.empty.view({0, -1});
       },
       "[view]",
       {"[0, -1]"}},
      {"view: nine dims",
       [](auto& o) {
         o.x.view({1, 1, 1, 1, 1, 1, 1, 2, 3});
       },
       "[",
       {"9"}},
      {"view: undefined", [](auto& o) { o.none.view(6); }, "[view]", {"undefined"}},
      {"view_as: undefined", [](auto& o) { o.x.view_as(o.none); }, "[", {"undefined"}},
      {"reshape: elements", [](auto& o) { o.x.reshape({5}); }, "[reshape]", {"[5]", "6"}},
      {"reshape: uneven",
       [](auto& o) {
         o.x.reshape({4, -1});
       },
       "[reshape]",
       {"[4, -1]", "6"}},
      {"reshape: negative", [](auto& o) { o.x.reshape({kLeast}); }, "[reshape]", {"-9223372036854775808"}},
      {"reshape: undefined", [](auto& o) { o.none.reshape(1); }, "[reshape]", {"undefined"}},
      {"reshape_as: elements", [](auto& o) { o.x.reshape_as(o.deep); }, "[reshape]", {"[2, 3, 4]", "6"}},
      {"flatten: dims", [](auto& o) { o.x.flatten(2); }, "[flatten]", {"2"}},
      {"flatten: wrong way", [](auto& o) { o.x.flatten(1, 0); }, "[flatten]", {"1 and 0"}},
      {"flatten: undefined", [](auto& o) { o.none.flatten(); }, "[flatten]", {"undefined"}},
      {"squeeze: undefined", [](auto& o) { o.none.squeeze(); }, "[squeeze]", {"undefined"}},
      {"squeeze: dim", [](auto& o) { o.x.squeeze(2); }, "[squeeze]", {"2"}},
      {"unsqueeze: dim", [](auto& o) { o.x.unsqueeze(3); }, "[unsqueeze]", {"3"}},
      {"unsqueeze: least dim",
       [](auto& o) { o.x.unsqueeze(kLeast); },
       "[unsqueeze]",
       {"-9223372036854775808"}},
      {"unsqueeze: nine dims",
       [](auto& o) {
         o.x.view({1, 1, 1, 1, 1, 1, 2, 3}).unsqueeze(0);
       },
       "[",
       {"9"}},
      {"unsqueeze: undefined", [](auto& o) { o.none.unsqueeze(0); }, "[unsqueeze]", {"undefined"}},
      {"transpose: dim", [](auto& o) { o.x.transpose(0, 2); }, "[transpose]", {"2"}},
      {"transpose: least dim",
       [](auto& o) { o.x.transpose(kLeast, 0); },
       "[transpose]",
       {"-9223372036854775808"}},
      {"transpose: undefined", [](auto& o) { o.none.transpose(0, 1); }, "[transpose]", {"undefined"}},
      {"t: 3-dim", [](auto& o) { o.deep.t(); }, "[t]", {"3D"}},
      {"t: undefined", [](auto& o) { o.none.t(); }, "[t]", {"undefined"}},
      {"permute: too few", [](auto& o) { o.x.permute(0); }, "[permute]", {"2", "1"}},
      {"permute: twice",
       [](auto& o) {
         o.x.permute({0, -2});
       },
       "[permute]",
       {"[0, -2]"}},
      {"permute: dim",
       [](auto& o) {
         o.x.permute({0, 2});
       },
       "[permute]",
       {"2"}},
      {"permute: undefined", [](auto& o) { o.none.permute(0); }, "[permute]", {"undefined"}},
      {"expand: sizes",
       [](auto& o) {
         o.x.expand({2, 4});
       },
       "[expand]",
       {"4", "3"}},
      {"expand: fewer", [](auto& o) { o.x.expand(3); }, "[expand]", {"[2, 3]", "[3]"}},
      {"expand: negative",
       [](auto& o) {
         o.x.expand({-1, 2, 3});
       },
       "[expand]",
       {"-1"}},
      {"expand: negative size", [](auto& o) { o.number.expand({-5}); }, "[expand]", {"-5"}},
      {"expand: overflows",
       [](auto& o) {
         o.number.expand({kMost, kMost});
       },
       "[expand]",
       {"9223372036854775807"}},
      {"expand: undefined", [](auto& o) { o.none.expand(1); }, "[expand]", {"undefined"}},
      {"expand_as: undefined", [](auto& o) { o.x.expand_as(o.none); }, "[", {"undefined"}},
      {"repeat: fewer", [](auto& o) { o.x.repeat(2); }, "[repeat]", {"[2]", "[2, 3]"}},
      {"repeat: negative",
       [](auto& o) {
         o.x.repeat({-1, 2});
       },
       "[repeat]",
       {"-2"}},
      {"repeat: overflows",
       [](auto& o) {
         o.x.repeat({kMost, 2});
       },
       "[repeat]",
       {"9223372036854775807"}},
      {"repeat: overflows in all",
       [](auto& o) {
         o.x.repeat({kMost / 2, kMost / 3});
       },
       "[repeat]",
       {}},
      {"repeat: no memory",
       [](auto& o) {
         o.x.repeat({kTooMany / 8, 1});
       },
       "[",
       {"bytes"}},
      {"repeat: undefined", [](auto& o) { o.none.repeat(1); }, "[repeat]", {"undefined"}},
      {"narrow: start", [](auto& o) { o.x.narrow(0, 3, 0); }, "[narrow]", {"3"}},
      {"narrow: length", [](auto& o) { o.x.narrow(0, 1, 2); }, "[narrow]", {"1", "2"}},
      {"narrow: negative length", [](auto& o) { o.x.narrow(0, 0, -1); }, "[narrow]", {"-1"}},
      {"narrow: most", [](auto& o) { o.x.narrow(0, 1, kMost); }, "[narrow]", {"9223372036854775807"}},
      {"narrow: 0-dim", [](auto& o) { o.number.narrow(0, 0, 1); }, "[narrow]", {"0-dim"}},
      {"narrow: undefined", [](auto& o) { o.none.narrow(0, 0, 1); }, "[narrow]", {"undefined"}},
      {"select: index", [](auto& o) { o.x.select(0, 2); }, "[select]", {"2", "[2, 3]"}},
      {"select: least index", [](auto& o) { o.x.select(0, kLeast); }, "[select]", {"-9223372036854775808"}},
      {"select: dim", [](auto& o) { o.x.select(2, 0); }, "[select]", {"2"}},
      {"select: 0-dim", [](auto& o) { o.number.select(0, 0); }, "[select]", {"0-dim"}},
      {"select: of nothing", [](auto& o) { o.empty.select(0, 0); }, "[select]", {"[0, 3]"}},
      {"select: undefined", [](auto& o) { o.none.select(0, 0); }, "[select]", {"undefined"}},
      {"slice: step 0", [](auto& o) { o.x.slice(0, 0, 2, 0); }, "[slice]", {"0"}},
      {"slice: step negative", [](auto& o) { o.x.slice(0, 0, 2, -1); }, "[slice]", {"-1"}},
      {"slice: dim", [](auto& o) { o.x.slice(2); }, "[slice]", {"2"}},
      {"slice: 0-dim", [](auto& o) { o.number.slice(); }, "[slice]", {"0-dim"}},
      {"slice: undefined", [](auto& o) { o.none.slice(); }, "[slice]", {"undefined"}},
      {"chunk: none", [](auto& o) { o.x.chunk(0); }, "[chunk]", {"0"}},
      {"chunk: negative", [](auto& o) { o.x.chunk(-1); }, "[chunk]", {"-1"}},
      {"chunk: dim", [](auto& o) { o.x.chunk(2, 2); }, "[chunk]", {"2"}},
      {"chunk: 0-dim", [](auto& o) { o.number.chunk(1); }, "[chunk]", {"1-dim"}},
      {"chunk: nothing into too many",
       [](auto& o) { o.empty.chunk(kMost); },
       "[chunk]",
       {"9223372036854775807"}},
      {"chunk: more than memory has",
       [](auto& o) { o.empty.chunk(kTooMany); },
       "[chunk]",
       {"36028797018963968"}},
      {"chunk: undefined", [](auto& o) { o.none.chunk(1); }, "[chunk]", {"undefined"}},
      {"split: size 0", [](auto& o) { o.x.split(0); }, "[split]", {"2"}},
      {"split: negative", [](auto& o) { o.x.split(-1); }, "[split]", {"-1"}},
      {"split: sizes",
       [](auto& o) {
         o.x.split(IntArrayRef{1, 2});
       },
       "[split]",
       {"[1, 2]", "2"}},
      {"split: negative sizes",
       [](auto& o) {
         o.x.split(IntArrayRef{3, -1});
       },
       "[split]",
       {"[3, -1]"}},
      {"split: overflows",
       [](auto& o) {
         o.x.split(IntArrayRef{kMost, kMost, 4});
       },
       "[split]",
       {"9223372036854775807"}},
      {"split: dim", [](auto& o) { o.x.split(1, 5); }, "[split]", {"5"}},
      {"split: too many",
       [](auto& o) { o.number.expand(kMost).split(1); },
       "[split]",
       {"9223372036854775807"}},
      {"split: undefined", [](auto& o) { o.none.split(1); }, "[split]", {"undefined"}},
      {"unbind: dim", [](auto& o) { o.x.unbind(2); }, "[unbind]", {"2"}},
      {"unbind: 0-dim", [](auto& o) { o.number.unbind(); }, "[unbind]", {"0"}},
      {"unbind: too many",
       [](auto& o) { o.number.expand(kTooMany).unbind(); },
       "[unbind]",
       {"36028797018963968"}},
      {"unbind: undefined", [](auto& o) { o.none.unbind(); }, "[unbind]", {"undefined"}},
      {"flip: dim", [](auto& o) { o.x.flip(2); }, "[flip]", {"2"}},
      {"flip: twice",
       [](auto& o) {
         o.x.flip({1, 1});
       },
       "[flip]",
       {"[1, 1]"}},
      {"flip: undefined", [](auto& o) { o.none.flip(0); }, "[flip]", {"undefined"}},
      {"cat: empty list", [](auto&) { cat(TensorList()); }, "[cat]", {"non-empty"}},
      {"cat: undefined",
       [](auto& o) {
         cat({o.x, o.none});
       },
       "[cat]",
       {"undefined"}},
      {"cat: 0-dim",
       [](auto& o) {
         cat({o.x, o.number});
       },
       "[cat]",
       {"position 1"}},
      {"cat: dims",
       [](auto& o) {
         cat({o.x, o.deep});
       },
       "[cat]",
       {"2 and 3"}},
      {"cat: sizes",
       [](auto& o) {
         cat({o.x, zeros({2, 4})});
       },
       "[cat]",
       {"3", "4", "number 1"}},
      {"cat: dim",
       [](auto& o) {
         cat({o.x, o.y}, 2);
       },
       "[cat]",
       {"2"}},
      {"cat: overflows",
       [](auto& o) {
         cat({o.number.expand(kMost), o.number.expand(kMost)});
       },
       "[cat]",
       {"9223372036854775807"}},
      {"stack: empty list", [](auto&) { stack(TensorList()); }, "[stack]", {"non-empty"}},
      {"stack: sizes",
       [](auto& o) {
         stack({o.x, o.deep});
       },
       "[stack]",
       {"[2, 3]", "[2, 3, 4]", "entry 1"}},
      {"stack: dim",
       [](auto& o) {
         stack({o.x, o.y}, 3);
       },
       "[stack]",
       {"3"}},
      {"stack: undefined",
       [](auto& o) {
         stack({o.x, o.none});
       },
       "[stack]",
       {"undefined"}},
      {"stack: undefined first", [](auto& o) { stack({o.none}); }, "[stack]", {"undefined"}},
      {"stack: nine dims",
       [](auto& o) {
         stack({o.x.view({1, 1, 1, 1, 1, 1, 2, 3})});
       },
       "[",
       {"9"}},
  });
}
