#include <frost/version.hpp>

const char* frost::version() { return FROST_VERSION; }
