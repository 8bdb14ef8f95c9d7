#include "bad_input.hpp"

#include <frost/nn.hpp>
#include <frost/nn/testing/compare_methods.hpp>
#include <frost/nn/testing/ragged.hpp>

#include <cmath>

using namespace frost;
using namespace frost::tests;
namespace init = frost::nn::init;
namespace rnn = frost::nn::utils::rnn;
namespace utils = frost::nn::utils;

TEST_CASE("bad input: sequences", "[bad_input][nn][utils]") {
  check_refused<Operands>({
      {"pack: length 0",
       [](auto& o) {
         rnn::pack_padded_sequence(o.deep, tensor({1, 1, 0}));
       },
       "[pack_padded_sequence]",
       {"0"}},
      {"pack: too long",
       [](auto& o) {
         rnn::pack_padded_sequence(o.deep, tensor({3, 1, 1}));
       },
       "[pack_padded_sequence]",
       {"3"}},
      {"pack: too few lengths",
       [](auto& o) { rnn::pack_padded_sequence(o.deep, o.index); },
       "[pack_padded_sequence]",
       {"3", "2"}},
      {"pack: rising",
       [](auto& o) {
         rnn::pack_padded_sequence(o.deep, tensor({1, 2, 2}));
       },
       "[pack_padded_sequence]",
       {"sorted"}},
      {"pack: fraction",
       [](auto& o) {
         rnn::pack_padded_sequence(o.deep, tensor({2.0, 1.5, 1.0}));
       },
       "[pack_padded_sequence]",
       {"Float"}},
      {"pack: 2-dim lengths",
       [](auto& o) { rnn::pack_padded_sequence(o.deep, o.whole); },
       "[pack_padded_sequence]",
       {"2"}},
      {"pack: 1-dim input",
       [](auto& o) { rnn::pack_padded_sequence(o.index, o.index); },
       "[pack_padded_sequence]",
       {"[2]"}},
      {"pack: undefined",
       [](auto& o) { rnn::pack_padded_sequence(o.none, o.index); },
       "[pack_padded_sequence]",
       {"undefined"}},
      {"pack: undefined lengths",
       [](auto& o) { rnn::pack_padded_sequence(o.deep, o.none); },
       "[pack_padded_sequence]",
       {"undefined"}},
      {"pack_sequence: empty list", [](auto&) { rnn::pack_sequence(TensorList()); }, "[", {}},
      {"pack_sequence: undefined",
       [](auto& o) {
         rnn::pack_sequence({o.x, o.none});
       },
       "[",
       {"undefined"}},
      {"pack_sequence: sizes",
       [](auto& o) {
         rnn::pack_sequence({o.x, o.deep});
       },
       "[",
       {"[2, 3, 4]"}},
      {"pad_sequence: empty list", [](auto&) { rnn::pad_sequence(TensorList()); }, "[pad_sequence]", {}},
      {"pad_sequence: undefined",
       [](auto& o) { rnn::pad_sequence({o.none}); },
       "[pad_sequence]",
       {"undefined"}},
      {"pad_sequence: sizes",
       [](auto& o) {
         rnn::pad_sequence({o.x, zeros({2, 4})});
       },
       "[pad_sequence]",
       {"[2, 3]", "[2, 4]"}},
      {"pad_sequence: 0-dim", [](auto& o) { rnn::pad_sequence({o.number}); }, "[pad_sequence]", {}},
      {"pad_sequence: dtypes",
       [](auto& o) {
         rnn::pad_sequence({o.x, o.wide});
       },
       "[pad_sequence]",
       {"Float", "Double"}},
      {"pad_sequence: NaN in integers",
       [](auto& o) { rnn::pad_sequence({o.whole}, false, NAN); },
       "[",
       {"int64_t"}},
      {"pad_packed: total length",
       [](auto& o) {
         rnn::pad_packed_sequence(rnn::pack_padded_sequence(o.deep, tensor({2, 1, 1})), false, 0, 1);
       },
       "[pad_packed_sequence]",
       {"2", "1"}},
      {"pad_packed: no memory",
       [](auto& o) {
         rnn::pad_packed_sequence(rnn::pack_padded_sequence(o.deep, tensor({2, 1, 1})), false, 0, kTooMany);
       },
       "[",
       {"bytes"}},
      {"PackedSequence: rising",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({1, 2}));
       },
       "[PackedSequence]",
       {"2"}},
      {"PackedSequence: sum",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({2, 1}));
       },
       "[PackedSequence]",
       {"2 rows", "[2, 1]"}},
      {"PackedSequence: sum overflows",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({kMost, kMost, int64_t{4}}));
       },
       "[PackedSequence]",
       {}},
      {"PackedSequence: below 1",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({2, 0}));
       },
       "[PackedSequence]",
       {"0"}},
      {"PackedSequence: undefined",
       [](auto& o) { rnn::PackedSequence(o.none, o.index); },
       "[PackedSequence]",
       {"undefined"}},
      {"PackedSequence: undefined sizes",
       [](auto& o) { rnn::PackedSequence(o.y, o.none); },
       "[PackedSequence]",
       {"undefined"}},
      {"PackedSequence: sorted_indices",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({2}), tensor({0, 2}));
       },
       "[PackedSequence]",
       {"2"}},
      {"PackedSequence: not the inverse",
       [](auto& o) {
         rnn::PackedSequence(o.y, tensor({2}), tensor({0, 1}), tensor({1, 0}));
       },
       "[PackedSequence]",
       {}},
      {"clip_grad_norm_: non-finite",
       [](auto& o) {
         Tensor w = zeros(1, requires_grad());
         w.mutable_grad() = tensor({INFINITY});
         utils::clip_grad_norm_({o.leaf, w}, 1, 2, true);
       },
       "[clip_grad_norm_]",
       {"inf"}},
      {"clip_grad_norm_: undefined",
       [](auto& o) {
         utils::clip_grad_norm_({o.leaf, o.none}, 1);
       },
       "[clip_grad_norm_]",
       {"undefined"}},
      {"clip_grad_norm_: NaN",
       [](auto& o) { utils::clip_grad_norm_({o.leaf}, NAN); },
       "[clip_grad_norm_]",
       {"nan"}},
      {"clip_grad_value_: undefined",
       [](auto& o) {
         utils::clip_grad_value_({o.leaf, o.none}, 1);
       },
       "[clip_grad_value_]",
       {"undefined"}},
      {"clip_grad_value_: NaN",
       [](auto& o) { utils::clip_grad_value_({o.leaf}, NAN); },
       "[clip_grad_value_]",
       {"nan"}},
      {"parameters_to_vector: empty", [](auto&) { utils::parameters_to_vector({}); }, "[", {}},
      {"parameters_to_vector: undefined",
       [](auto& o) {
         utils::parameters_to_vector({o.leaf, o.none});
       },
       "[",
       {"undefined"}},
      {"vector_to_parameters: too short",
       [](auto& o) { utils::vector_to_parameters(zeros(5), {o.leaf}); },
       "[vector_to_parameters]",
       {"5"}},
      {"vector_to_parameters: 2-dim",
       [](auto& o) { utils::vector_to_parameters(o.y, {o.leaf}); },
       "[vector_to_parameters]",
       {"[2, 3]"}},
      {"vector_to_parameters: integers",
       [](auto& o) { utils::vector_to_parameters(zeros(6, kLong), {o.leaf}); },
       "[",
       {"Long"}},
      {"vector_to_parameters: undefined",
       [](auto& o) { utils::vector_to_parameters(o.none, {o.leaf}); },
       "[vector_to_parameters]",
       {"undefined"}},
      {"vector_to_parameters: half way",
       [](auto& o) {
         utils::vector_to_parameters(zeros(8), {o.leaf, o.y});
       },
       "[vector_to_parameters]",
       {"8"}},
  });
}

TEST_CASE("bad input: init", "[bad_input][nn][init]") {
  check_refused<Operands>({
      {"init uniform_: undefined", [](auto& o) { init::uniform_(o.none); }, "[uniform_]", {"undefined"}},
      {"init uniform_: wrong way", [](auto& o) { init::uniform_(o.leaf, 2, 1); }, "[", {"2", "1"}},
      {"init normal_: std", [](auto& o) { init::normal_(o.leaf, 0, -1); }, "[", {"-1"}},
      {"init constant_: undefined", [](auto& o) { init::constant_(o.none, 1); }, "[", {"undefined"}},
      {"init constant_: NaN in integers", [](auto& o) { init::constant_(o.whole, NAN); }, "[", {"int64_t"}},
      {"init ones_: undefined", [](auto& o) { init::ones_(o.none); }, "[", {"undefined"}},
      {"init zeros_: undefined", [](auto& o) { init::zeros_(o.none); }, "[", {"undefined"}},
      {"init eye_: 3-dim", [](auto& o) { init::eye_(o.deep); }, "[eye_]", {"3"}},
      {"init eye_: undefined", [](auto& o) { init::eye_(o.none); }, "[eye_]", {"undefined"}},
      {"init xavier_uniform_: 1-dim", [](auto&) { init::xavier_uniform_(zeros(3)); }, "[", {"[3]"}},
      {"init xavier_normal_: undefined", [](auto& o) { init::xavier_normal_(o.none); }, "[", {"undefined"}},
      {"init xavier_normal_: negative gain", [](auto& o) { init::xavier_normal_(o.leaf, -1); }, "[", {"-"}},
      {"init kaiming_uniform_: 0-dim", [](auto& o) { init::kaiming_uniform_(o.number); }, "[", {"[]"}},
      {"init kaiming_normal_: integers", [](auto& o) { init::kaiming_normal_(o.whole); }, "[", {"Long"}},
      {"init orthogonal_: 1-dim", [](auto&) { init::orthogonal_(zeros(3)); }, "[orthogonal_]", {"[3]"}},
      {"init orthogonal_: undefined",
       [](auto& o) { init::orthogonal_(o.none); },
       "[orthogonal_]",
       {"undefined"}},
      {"init orthogonal_: integers", [](auto& o) { init::orthogonal_(o.whole); }, "[orthogonal_]", {"Long"}},
  });
}

TEST_CASE("bad input: generators of batches", "[bad_input][nn][testing]") {
  check_refused<Operands>({
      {"random_lengths: negative",
       [](auto&) { testing::random_lengths(-1, 3, 0); },
       "[random_lengths]",
       {"-1"}},
      {"random_lengths: most",
       [](auto&) { testing::random_lengths(kMost, 3, 0); },
       "[random_lengths]",
       {"9223372036854775807"}},
      {"random_lengths: bounds",
       [](auto&) { testing::random_lengths(2, 3, 0, 4); },
       "[random_lengths]",
       {"4", "3"}},
      {"ragged_batches: none", [](auto&) { testing::ragged_batches(0, 3); }, "[ragged_batches]", {"0"}},
      {"ragged_batches: most",
       [](auto&) { testing::ragged_batches(kMost, 3); },
       "[",
       {"9223372036854775807"}},
      {"ragged_batches: negative random",
       [](auto&) { testing::ragged_batches(2, 3, -1); },
       "[ragged_batches]",
       {"-1"}},
      {"compare_methods: dims",
       [](auto& o) { testing::compare_methods(o.deep, {1}, 0); },
       "[compare_methods]",
       {"[2, 3, 4]"}},
      {"compare_methods: lengths",
       [](auto& o) {
         testing::compare_methods(o.y, {1, 5}, 0);
       },
       "[padding_mask]",
       {"5"}},
      {"compare_methods: NaN",
       [](auto& o) {
         testing::compare_methods(o.y, {1, 2}, NAN);
       },
       "[compare_methods]",
       {"nan"}},
      {"compare_methods: undefined",
       [](auto& o) {
         testing::compare_methods(o.none, {1, 2}, 0);
       },
       "[compare_methods]",
       {"undefined"}},
  });
}
