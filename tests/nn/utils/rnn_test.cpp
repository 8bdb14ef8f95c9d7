#include <frost/nn/utils/rnn.hpp>

#include <frost/ops.hpp>

#include "gradients.hpp"

#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using namespace nn::utils::rnn;

TEST_CASE("pad_sequence: fills up to the longest", "[nn][rnn]") {
  const Tensor a = tensor({1, 2, 3}), b = tensor({4});
  CHECK(same(pad_sequence({a, b}, true, -1), tensor({{1, 2, 3}, {4, -1, -1}})));
  CHECK(same(pad_sequence({a, b}), tensor({{1, 4}, {2, 0}, {3, 0}})));
  CHECK(pad_sequence({zeros({2, 5}), zeros({4, 5})}).sizes() == IntArrayRef({4, 2, 5}));
  CHECK(pad_sequence({zeros({0, 5}), zeros({0, 5})}, true).sizes() == IntArrayRef({2, 0, 5}));
}

TEST_CASE("pad_sequence: gradients go back to each sequence, and none to the padding", "[nn][rnn]") {
  for (const bool batch_first : {false, true})
    check_gradients([batch_first](const std::vector<Tensor>& xs) { return pad_sequence(xs, batch_first, 7); },
                    {trainable({3, 2}), trainable({1, 2}), trainable_strided({2, 2}), trainable({0, 2})});
  const Tensor x = ones({2}, requires_grad()), frozen = ones({3});
  const Tensor y = pad_sequence({x, frozen});
  CHECK_FALSE(y.grad_fn()->next_edge(1).is_valid());
}

TEST_CASE("pad_sequence: errors", "[nn][rnn]") {
  CHECK_THROWS_WITH(pad_sequence({}), Contains("empty list"));
  CHECK_THROWS_WITH(pad_sequence({zeros({2, 3}), zeros({2, 4})}), Contains("must match"));
  CHECK_THROWS_WITH(pad_sequence({zeros({2}), zeros({2}, kLong)}), Contains("must match"));
  CHECK_THROWS_WITH(pad_sequence({zeros({})}), Contains("0-dim"));
  CHECK_THROWS_WITH(pad_sequence({Tensor()}), Contains("undefined"));
}

TEST_CASE("pack_padded_sequence: step by step, longest sequence first", "[nn][rnn][pack]") {
  const Tensor x = tensor({{1, 2, 0}, {3, 4, 5}, {6, 0, 0}});  // [B, T]
  const bool batch_first = GENERATE(false, true);
  const Tensor input = batch_first ? x : x.t();
  const PackedSequence packed = pack_padded_sequence(input, tensor({2, 3, 1}), batch_first, false);
  CHECK(same(packed.data(), tensor({3, 1, 6, 4, 2, 5})));
  CHECK(same(packed.batch_sizes(), tensor({3, 2, 1})));
  CHECK(same(packed.sorted_indices(), tensor({1, 0, 2})));
  CHECK(same(packed.unsorted_indices(), tensor({1, 0, 2})));

  const auto [padded, lengths] = pad_packed_sequence(packed, batch_first);
  CHECK(same(padded, input.contiguous()));
  CHECK(same(lengths, tensor({2, 3, 1})));
  const Tensor longer = std::get<0>(pad_packed_sequence(packed, /*batch_first=*/true, -1, 4));
  CHECK(same(longer, tensor({{1, 2, -1, -1}, {3, 4, 5, -1}, {6, -1, -1, -1}})));
}

TEST_CASE("pack_padded_sequence: a sorted batch keeps its order and needs no indices", "[nn][rnn][pack]") {
  const Tensor x = rand({3, 2, 4});
  const PackedSequence packed = pack_padded_sequence(x, tensor({3, 1}));
  CHECK(packed.data().sizes() == IntArrayRef({4, 4}));
  CHECK(same(packed.data()[3], x[2][0]));
  CHECK_FALSE(packed.sorted_indices().defined());
  CHECK_FALSE(packed.unsorted_indices().defined());
  CHECK(packed.to(kDouble).data().scalar_type() == kDouble);
}

TEST_CASE("pack_sequence: packs what was never padded", "[nn][rnn][pack]") {
  const Tensor a = tensor({1, 2, 3}), b = tensor({4}), c = tensor({5, 6});
  CHECK(same(pack_sequence({a, c, b}).data(), tensor({1, 5, 4, 2, 6, 3})));
  const PackedSequence unsorted = pack_sequence({b, a, c}, /*enforce_sorted=*/false);
  CHECK(same(unsorted.data(), tensor({1, 5, 4, 2, 6, 3})));
  CHECK(same(unsorted.sorted_indices(), tensor({1, 2, 0})));
  CHECK(same(unsorted.unsorted_indices(), tensor({2, 0, 1})));
}

TEST_CASE("pack_allowing_empty: sequences without steps are last, and come back", "[nn][rnn][pack]") {
  const Tensor x = tensor({{7, 7}, {1, 2}, {7, 7}, {3, 7}});
  const PackedSequence packed = pack_allowing_empty(x, tensor({0, 2, 0, 1}), /*batch_first=*/true);
  CHECK(same(packed.data(), tensor({1, 3, 2})));
  CHECK(same(packed.batch_sizes(), tensor({2, 1})));
  CHECK(same(packed.sorted_indices(), tensor({1, 3, 0, 2})));
  const auto [padded, lengths] = pad_packed_sequence(packed, /*batch_first=*/true);
  CHECK(same(padded, tensor({{0, 0}, {1, 2}, {0, 0}, {3, 0}})));
  CHECK(same(lengths, tensor({0, 2, 0, 1})));
}

TEST_CASE("packing: one node each way, and no gradient for the padding", "[nn][rnn][pack]") {
  const Tensor lengths = tensor({1, 3, 2});
  for (const bool batch_first : {false, true})
    check_gradients(
        [&](const std::vector<Tensor>& xs) {
          const PackedSequence packed = pack_padded_sequence(xs[0], lengths, batch_first, false);
          const PackedSequence squared(packed.data().square(), packed.batch_sizes(), packed.sorted_indices());
          return std::get<0>(pad_packed_sequence(squared, !batch_first, 2, 4));
        },
        {trainable({3, 3, 2})});
  check_gradients([](const std::vector<Tensor>& xs) { return pack_sequence(xs, false).data().square(); },
                  {trainable({1, 2}), trainable({3, 2})});

  const Tensor nan = full({3, 3, 2}, std::numeric_limits<double>::quiet_NaN(), kDouble);
  const Tensor x = cat({ones({1, 3, 2}, kDouble), nan}).requires_grad_();  // only the first step is real
  const PackedSequence packed = pack_padded_sequence(x, ones({3}, kLong));
  CHECK(packed.data().grad_fn()->name() == "PackPaddedSequenceBackward0");
  CHECK(packed.data().grad_fn()->next_edge(0).function->name() == "torch::autograd::AccumulateGrad");
  const Tensor padded = std::get<0>(pad_packed_sequence(packed, false, 0, 4));
  CHECK(padded.grad_fn()->next_edge(0).function->name() == "PackPaddedSequenceBackward0");
  padded.backward(cat({full({1, 3, 2}, 2, kDouble), nan}));
  CHECK(same(x.grad(), cat({full({1, 3, 2}, 2, kDouble), zeros({3, 3, 2}, kDouble)})));
}

TEST_CASE("packing: errors", "[nn][rnn][pack]") {
  const Tensor x = zeros({3, 2, 2});
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({2, 3})), Contains("must be sorted in decreasing order"));
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({3, 2, 1})), Contains("got 3 (batch_size=2)"));
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({3, 0})), Contains("has to be greater than 0"));
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({4, 2})), Contains("does not fit input of 3 steps"));
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({{3, 2}})), Contains("should be a 1D CPU int64 tensor"));
  CHECK_THROWS_WITH(pack_padded_sequence(zeros({3, 0, 2}), zeros({0}, kLong)),
                    Contains("Cannot pack empty tensors."));
  CHECK_THROWS_WITH(pack_padded_sequence(zeros({3}), tensor({3})), Contains("input must be [T, B, *]"));
  CHECK_THROWS_WITH(pack_padded_sequence(x, tensor({2.0, 1.7})),
                    Contains("must be whole numbers, got Float"));
  CHECK(same(pack_padded_sequence(x, tensor({2.0, 1.0})).batch_sizes(), tensor({2, 1})));
  CHECK_THROWS_WITH(pack_allowing_empty(x, tensor({3, -1})), Contains("has to be at least 0"));
  CHECK_THROWS_WITH(pad_packed_sequence(pack_padded_sequence(x, tensor({3, 2})), false, 0, 2),
                    Contains("total_length=2 and max sequence length being 3"));
  CHECK_THROWS_WITH(pack_sequence({zeros({1}), zeros({3})}), Contains("must be sorted in decreasing order"));
  CHECK_THROWS_WITH(pack_sequence({zeros({1}), zeros({0})}), Contains("has to be greater than 0"));
}

TEST_CASE("PackedSequence: takes only counts and orders that fit its data", "[nn][rnn][pack]") {
  const Tensor data = zeros({100, 2}), three = tensor({0, 1, 2}), counts = tensor({2, 1});
  const auto message = Contains("[PackedSequence] batch_sizes must");
  CHECK_THROWS_WITH(PackedSequence(data, tensor({500, -400})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({100, 0})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({40, 60})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({50, 49})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({50, 50, 1})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({50.0, 50.0})), message);
  CHECK_THROWS_WITH(PackedSequence(data, tensor({{50, 50}})), message);
  CHECK_THROWS_WITH(PackedSequence(data, zeros({0}, kLong)), message);
  CHECK_THROWS_WITH(PackedSequence(data, Tensor()), Contains("batch_sizes"));
  CHECK_THROWS_WITH(PackedSequence(Tensor(), counts), Contains("[PackedSequence]"));
  CHECK_THROWS_WITH(PackedSequence(tensor(1.0), tensor({1})), Contains("data must be [N, *]"));

  const Tensor rows = zeros({3, 2});
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({0, 700000000})),
                    Contains("each of 2 sequences once"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({0, -1})), Contains("each of 2 sequences once"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({1, 1})), Contains("each of 2 sequences once"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({0})), Contains("name all 2 sequences, got 1"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({0.0, 1.0})),
                    Contains("sorted_indices must be 1-dim and"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({{0, 1}})),
                    Contains("sorted_indices must be 1-dim and"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({2, 0, 1}), tensor({2, 0, 1})),
                    Contains("unsorted_indices must be Long and the inverse"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, tensor({1, 0}), three), Contains("the inverse"));
  CHECK_THROWS_WITH(PackedSequence(rows, counts, Tensor(), tensor({1, 0})),
                    Contains("without sorted_indices"));
  // The third of these sequences has no steps.
  CHECK(same(PackedSequence(rows, counts, tensor({2, 0, 1}), tensor({1, 2, 0})).unsorted_indices(),
             tensor({1, 2, 0})));
  CHECK(same(PackedSequence(rows, counts, tensor({2, 0, 1})).unsorted_indices(), tensor({1, 2, 0})));
}
