#include <frost/kernels/gemm.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/reduce.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "engine/kernels/geometry.hpp"

namespace frost::kernels {
namespace {

// All large results of one run, in one list of bytes.
std::vector<float> results_of_everything() {
  Generator random(23);
  std::vector<float> all;
  const auto keep = [&](const std::vector<float>& part) { all.insert(all.end(), part.begin(), part.end()); };
  const Dims sizes{300, 1001};
  const int64_t n = numel(sizes);
  std::vector<float> x(static_cast<size_t>(n)), z(static_cast<size_t>(n));
  for (float& value : x) value = std::normal_distribution<float>(0, 2)(random);
  const Dims plain{1001, 1}, turned{1, 300};
  for (const Dims& strides : {plain, turned}) {
    for (const Unary op : {Unary::exp, Unary::sin, Unary::gelu, Unary::tanh, Unary::log1p}) {
      unary(op, kFloat, sizes, {z.data(), plain}, {x.data(), strides});
      keep(z);
    }
    binary(Binary::add, kFloat, sizes, {z.data(), plain}, {x.data(), strides}, {x.data(), plain});
    keep(z);
    for (const uint32_t dims : {1u, 2u, 3u}) {
      std::vector<float> sums(dims == 1 ? 1001 : dims == 2 ? 300 : 1);
      reduce(Reduce::sum, kFloat, sizes, {x.data(), strides}, dims, sums.data());
      keep(sums);
      sum_of_squared_deviations(kFloat, sizes, {x.data(), strides}, dims, sums.data());
      keep(sums);
    }
    for (const int64_t dim : {0, 1}) {
      cumsum(kFloat, sizes, {x.data(), strides}, dim, z.data());
      keep(z);
    }
  }
  for (const Softmax& shape : {Softmax{300, 1001, 1}, Softmax{3, 100, 1001}}) {
    softmax(kFloat, shape, z.data(), x.data());
    keep(z);
    log_softmax(kFloat, shape, z.data(), x.data());
    keep(z);
  }
  for (const int64_t m : {1, 300, 700}) {
    std::vector<float> c(static_cast<size_t>(m * 333));
    matmul(kFloat, 1, m, 333, 400, c.data(), {x.data(), 0, 400, 1}, {x.data(), 0, 1, 400});
    keep(c);
  }
  std::vector<float> c(9 * 60 * 70);
  matmul(kFloat, 9, 60, 70, 100, c.data(), {x.data(), 6000, 100, 1}, {x.data(), 7000, 70, 1});
  keep(c);
  return all;
}

}  // namespace

TEST_CASE("parallel: results are the same bits for any number of threads", "[kernels][parallel]") {
  const int before = get_num_threads();
  for_each_instruction_set([] {
    set_num_threads(1);
    const std::vector<float> want = results_of_everything();
    for (const int threads : {2, 3, 4}) {
      set_num_threads(threads);
      const std::vector<float> got = results_of_everything();
      REQUIRE(got.size() == want.size());
      REQUIRE(std::memcmp(got.data(), want.data(), want.size() * sizeof(float)) == 0);
    }
  });
  set_num_threads(before);
}

TEST_CASE("parallel: pieces cover the range once each", "[kernels][parallel]") {
  const int before = get_num_threads();
  for (const int threads : {1, 2, 4})
    for (const int64_t n : {0, 1, 5, 63, 64, 1000, 100000}) {
      set_num_threads(threads);
      std::vector<std::atomic<int>> seen(static_cast<size_t>(n) + 1);
      parallel_for(n, 4, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (int64_t i = 0; i < n; ++i)
        if (seen[static_cast<size_t>(i)] != 1) REQUIRE(false);
    }
  set_num_threads(before);
  REQUIRE_THROWS_WITH(set_num_threads(0), Catch::Contains("positive number of threads"));
}

TEST_CASE("parallel: calls from several threads at once, and from within a piece, get all done",
          "[kernels][parallel]") {
  const int before = get_num_threads();
  set_num_threads(3);
  constexpr int64_t kCalls = 200, kLength = 500;
  std::atomic<int64_t> count{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&count] {
      for (int64_t call = 0; call < kCalls; ++call)
        parallel_for(kLength, 10, [&count](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            parallel_for(2, 1, [&count](int64_t first, int64_t last) { count += last - first; });
        });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(count == 4 * kCalls * kLength * 2);
  set_num_threads(before);
}

TEST_CASE("parallel: several threads do take part", "[kernels][parallel]") {
  const int before = get_num_threads();
  set_num_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  for (int tries = 0; tries < 1000 && seen.size() < 2; ++tries)
    parallel_for(2, 1, [&](int64_t, int64_t) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        seen.insert(std::this_thread::get_id());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // time for another thread to come
    });
  CHECK(seen.size() == 2);
  set_num_threads(before);
}

TEST_CASE("parallel: an exception in a piece reaches the caller when all have ended", "[kernels][parallel]") {
  const int before = get_num_threads();
  set_num_threads(2);
  std::atomic<int> inside = 0;
  std::set<std::thread::id> seen;
  std::mutex mutex;
  for (int tries = 0; tries < 200; ++tries) {
    const int64_t failing = tries % 8;
    CHECK_THROWS_WITH(parallel_for(8, 1,
                                   [&](int64_t begin, int64_t end) {
                                     ++inside;
                                     std::this_thread::sleep_for(std::chrono::microseconds(20));
                                     --inside;
                                     if (begin <= failing && failing < end) fail("piece", "no memory");
                                   }),
                      Catch::Contains("no memory"));
    CHECK(inside == 0);
  }
  // And both threads go on taking part.
  for (int tries = 0; tries < 1000 && seen.size() < 2; ++tries)
    parallel_for(2, 1, [&](int64_t, int64_t) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        seen.insert(std::this_thread::get_id());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  CHECK(seen.size() == 2);
  set_num_threads(before);
}

}  // namespace frost::kernels
