#include <frost/engine.hpp>
#include <frost/storage.hpp>

#include <frost/testing/catch.hpp>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

using namespace frost;
using Catch::Contains;

TEST_CASE("memory: blocks are aligned to 64 bytes, writable and apart", "[memory]") {
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t bytes = 0; bytes < 5000; bytes += 61)
    blocks.emplace_back(static_cast<unsigned char*>(allocate(bytes)), bytes);
  for (size_t bytes = 4096; bytes <= (size_t{64} << 20); bytes *= 4)
    blocks.emplace_back(static_cast<unsigned char*>(allocate(bytes + 1)), bytes + 1);
  for (size_t i = 0; i < blocks.size(); ++i) {
    CHECK(reinterpret_cast<uintptr_t>(blocks[i].first) % 64 == 0);
    std::memset(blocks[i].first, static_cast<int>(i % 256), blocks[i].second);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, bytes] = blocks[i];
    bool untouched = true;
    for (size_t k = 0; k < bytes; k += 97) untouched &= block[k] == i % 256;
    CHECK(untouched);
    deallocate(block, bytes);
  }
}

TEST_CASE("memory: what is allocated is counted, and its peak", "[memory]") {
  const int64_t before = memory_allocated();
  reset_peak_memory_stats();
  void* const a = allocate(1000);
  CHECK(memory_allocated() == before + 1000);
  void* const b = allocate(500);
  deallocate(a, 1000);
  CHECK(memory_allocated() == before + 500);
  CHECK(max_memory_allocated() == before + 1500);
  reset_peak_memory_stats();
  CHECK(max_memory_allocated() == before + 500);
  deallocate(b, 500);
  CHECK(memory_allocated() == before);
}

TEST_CASE("memory: tensors give back what they take", "[memory]") {
  const int64_t before = memory_allocated();
  {
    const Tensor x = zeros({1000});
    const int64_t one = memory_allocated() - before;
    CHECK(one >= 4000);
    const Tensor handle = x;
    CHECK(memory_allocated() - before == one);
    const Tensor view = x.narrow(0, 0, 10);
    CHECK(memory_allocated() - before < one + 1000);  // no values of its own
  }
  CHECK(memory_allocated() == before);
  Tensor row;
  {
    const Tensor x = zeros({10, 1000});
    row = x.select(0, 3);
  }
  CHECK(memory_allocated() - before >= 40000);  // the view keeps the values alive
  row.reset();
  CHECK(memory_allocated() == before);
}

TEST_CASE("memory: errors leave nothing behind", "[memory]") {
  const int64_t before = memory_allocated();
  CHECK_THROWS_WITH(allocate(SIZE_MAX),
                    Contains("can't allocate memory: you tried to allocate 18446744073709551615 bytes"));
  CHECK_THROWS_WITH(allocate(SIZE_MAX / 4), Contains("can't allocate memory"));
  CHECK_THROWS_AS(zeros({int64_t{1} << 59}), Error);
  CHECK_THROWS_AS(tensor({1, 2}, requires_grad()), Error);
  CHECK_THROWS_AS(zeros({2}).copy_(zeros({3})), Error);
  CHECK(memory_allocated() == before);
}

TEST_CASE("memory: emptying the cache leaves blocks in use alone", "[memory]") {
  const Tensor x = full({100}, 3.0);
  for (int64_t n = 1; n < 5000; n *= 3) zeros({n});
  empty_cache();
  CHECK(x.data_ptr<float>()[99] == 3);
  CHECK(zeros({100}).data_ptr<float>()[0] == 0);
}

TEST_CASE("memory: a tensor may be freed by another thread than it was made in", "[memory][threads]") {
  for (int round = 0; round < 10; ++round) {
    Tensor x;
    std::thread([&x] { x = full({1000}, 2.0); }).join();
    CHECK(x.data_ptr<float>()[999] == 2);
    std::thread([&x] { x.reset(); }).join();
    CHECK_FALSE(x.defined());
  }
}

TEST_CASE("memory: an object that outlives its thread's cache is freed", "[memory][threads]") {
  std::thread([] { static thread_local Tensor kept = full({10}, 1.0); }).join();
  std::thread([] {
    static thread_local Tensor kept;  // destroyed after the cache, which the next line makes
    kept = full({10}, 1.0);
  }).join();
}

TEST_CASE("storage: borrowed memory is handed back once, when the last tensor goes", "[memory]") {
  double values[] = {1, 2, 3};
  int released = 0;
  {
    Ref<Storage> storage = Storage::borrow(values, sizeof values, [&released] { ++released; });
    CHECK(storage->data() == values);
    CHECK(storage->bytes() == sizeof values);
    CHECK_FALSE(storage->is_shared());
    const Ref<Storage> other = storage;
    CHECK(storage->is_shared());
    storage = nullptr;
    CHECK(released == 0);
  }
  CHECK(released == 1);
}

TEST_CASE("storage: versions count writes, through every view", "[memory]") {
  const Tensor x = zeros({2, 2}), row = x.select(0, 0), alias = x.detach();
  row.fill_(1);
  x.zero_();
  alias.fill_(2);
  CHECK(x._version() == 3);
  CHECK(row._version() == 3);
  CHECK(x.clone()._version() == 0);
}
