// Hashes, for choices that are the same in every run.
#pragma once

#include <cstdint>

namespace examples {

// Another number for each number, its bits mixed well: the last step of SplitMix64 (Steele, Lea, Flood 2014).
constexpr uint64_t mixed(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace examples
