#include <frost/nn/testing/ragged.hpp>

#include <frost/nn/masks.hpp>
#include <frost/ops.hpp>
#include <frost/random.hpp>

#include <algorithm>
#include <numeric>

namespace frost::testing {

Tensor RaggedBatch::length_tensor() const { return tensor(lengths, kLong); }

Tensor RaggedBatch::mask() const { return nn::padding_mask(IntArrayRef(lengths), max_len); }

RaggedBatch random_lengths(int64_t batch, int64_t max_len, uint64_t seed, int64_t min_len) {
  check(batch >= 0, "random_lengths", "a batch can't have ", batch, " sequences");
  check_room(batch, sizeof(int64_t), "random_lengths");
  check(0 <= min_len && min_len <= max_len, "random_lengths", "expected 0 ≤ min_len ≤ max_len, got ", min_len,
        " and ", max_len);
  RaggedBatch result{"random lengths, seed " + to_text(static_cast<int64_t>(seed)),
                     std::vector<int64_t>(static_cast<size_t>(batch)), max_len};
  Generator generator(seed);
  random::random_from_to(kLong, result.lengths.data(), batch, min_len, max_len + 1, generator);
  return result;
}

std::vector<RaggedBatch> ragged_batches(int64_t batch, int64_t max_len, int64_t random, uint64_t seed) {
  check(batch >= 1 && max_len >= 1, "ragged_batches", "expected batch and max_len of 1 or more, got ", batch,
        " and ", max_len);
  check(random >= 0, "ragged_batches", "there can't be ", random, " random batches");
  check_room(batch, sizeof(int64_t), "ragged_batches");
  check_room(max_len, sizeof(int64_t), "ragged_batches");
  std::vector<RaggedBatch> batches;
  const auto add = [&batches, max_len](std::string name, std::vector<int64_t> lengths) {
    const bool is_new = std::none_of(batches.begin(), batches.end(), [&lengths](const RaggedBatch& other) {
      return other.lengths == lengths;
    });
    if (is_new) batches.push_back({std::move(name), std::move(lengths), max_len});
  };
  const size_t count = static_cast<size_t>(batch);
  const int64_t between = (max_len + 1) / 2;
  const auto all = [count](int64_t length) { return std::vector<int64_t>(count, length); };
  const auto one_among = [&all](int64_t length, int64_t others) {
    std::vector<int64_t> lengths = all(others);
    lengths[lengths.size() / 2] = length;
    return lengths;
  };
  add("all of length 0", all(0));
  add("all of length 1", all(1));
  add("all of full length", all(max_len));
  add("all of one length", all(between));
  add("one of length 0", one_among(0, between));
  add("one of length 1", one_among(1, max_len));
  add("one of full length", one_among(max_len, between));
  std::vector<int64_t> each(static_cast<size_t>(max_len) + 1);
  std::iota(each.begin(), each.end(), 0);
  add("each length from 0", std::move(each));
  for (int64_t i = 0; i < random; ++i)
    batches.push_back(random_lengths(batch, max_len, seed + static_cast<uint64_t>(i)));
  return batches;
}

}  // namespace frost::testing
