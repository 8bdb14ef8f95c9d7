// Which frost this is.
#pragma once

namespace frost {

// "0.1.0": of the library that runs, which may be another than that of the headers a program was compiled
// with. The number stands in the topmost CMakeLists.txt alone.
const char* version();

}  // namespace frost
