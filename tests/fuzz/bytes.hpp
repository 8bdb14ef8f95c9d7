// Decisions taken from the bytes of an input: whatever they are, there is a program in them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace frost::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool empty() const { return left_ == 0; }
  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // In [0, n).
  size_t below(size_t n) { return byte() % n; }
  bool chance() { return (byte() & 1) != 0; }

  // A dim, an index, a length: mostly small, now and then as far off as can be.
  int64_t integer() {
    constexpr int64_t odd[] = {
        INT64_MIN, INT64_MAX, INT64_MAX - 1, INT64_MIN + 1, int64_t{1} << 40, -(int64_t{1} << 40), 40, 17};
    const uint8_t drawn = byte();
    return drawn >= 248 ? odd[drawn - 248] : drawn % 9 - 3;
  }
  // A size of few elements, or one that can't be.
  int64_t size() {
    const uint8_t drawn = byte();
    return drawn >= 250 ? integer() : drawn % 5;
  }
  std::vector<int64_t> integers(size_t most) {
    std::vector<int64_t> all(below(most + 1));
    for (int64_t& one : all) one = integer();
    return all;
  }
  std::vector<int64_t> sizes() {
    std::vector<int64_t> all(below(5));
    for (int64_t& one : all) one = size();
    return all;
  }
  double number() {
    constexpr double odd[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e300, -1e300, 1e-310};
    const uint8_t drawn = byte();
    return drawn >= 248 ? odd[drawn - 248] : (drawn - 124) / 8.0;
  }

 private:
  const uint8_t* data_;
  size_t left_;
};

}  // namespace frost::fuzz
