#define CATCH_CONFIG_MAIN
#include <frost/testing/catch.hpp>

// Under a sanitizer an impossible request for memory is to fail as it does without, not to end the program.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }
