// Memory that runs out on demand.
#pragma once

#include <frost/error.hpp>
#include <frost/memory.hpp>
#include <frost/testing/catch.hpp>

#include <cstdint>
#include <new>
#include <string>

namespace frost::tests {

enum class Shortage {
  once,     // one request fails, and what tries again at once
  lasting,  // and every one that follows
};

// While one of these lives, the place-th request for memory fails, counted from 0 over all threads: of
// operator new, and of what tensors and the tape stand in.
class MemoryFault {
 public:
  MemoryFault(int64_t place, Shortage shortage);
  ~MemoryFault();
  MemoryFault(const MemoryFault&) = delete;
  MemoryFault& operator=(const MemoryFault&) = delete;
  bool happened() const;
};

// Calls attempt() with each of its requests for memory failing in turn, until none is left, and after each
// time check(arrived). A failure must arrive as a frost::Error or a std::bad_alloc, or not at all: sorting,
// for one, can do without.
template <class Attempt, class Check>
void with_each_fault(const Attempt& attempt, const Check& check) {
  for (const Shortage shortage : {Shortage::once, Shortage::lasting}) {
    bool happened = true;
    for (int64_t place = 0; happened; ++place) {
      empty_cache();  // so that each request is one
      bool arrived = false;
      std::string other;
      {
        const MemoryFault fault(place, shortage);
        try {
          attempt();
        } catch (const Error&) {
          arrived = true;
        } catch (const std::bad_alloc&) {
          arrived = true;
        } catch (const std::exception& error) {
          other = error.what();
        }
        happened = fault.happened();
      }
      INFO("request " << place << (shortage == Shortage::once ? " fails" : " and all after it fail"));
      CHECK(other == "");
      check(arrived);
      REQUIRE(place < 100000);
    }
  }
}

}  // namespace frost::tests
