#define CATCH_CONFIG_MAIN
#include <frost/testing/catch.hpp>
