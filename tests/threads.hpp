// The same work in several threads that begin at once.
#pragma once

#include <frost/testing/catch.hpp>

#include <barrier>
#include <exception>
#include <thread>
#include <vector>

namespace frost::tests {

// Calls work(i) in `count` threads, i being the thread's number. What a thread throws fails the test.
template <class Work>
void in_threads(int count, const Work& work) {
  std::barrier begin(count);
  std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([i, &work, &begin, &error = errors[static_cast<size_t>(i)]] {
      begin.arrive_and_wait();
      try {
        work(i);
      } catch (...) {
        error = std::current_exception();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) CHECK_NOTHROW(std::rethrow_exception(error));
}

}  // namespace frost::tests
