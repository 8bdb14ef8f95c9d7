// A mode for debugging: backward stops at the first NaN, and says which op of the forward pass made the node.
//
//   frost::autograd::DetectAnomalyGuard detect_anomaly;
//   loss = model(x);
//   loss.backward();   // [backward] Function 'LogBackward0' returned nan values in its 0th output. …
#pragma once

#include <frost/shape.hpp>

#include <atomic>
#include <string>
#include <vector>

namespace frost {

class Node;
class Tensor;

namespace autograd {

// For all threads, and off at first. While it is on, each recorded op remembers where the program called it,
// which takes some microseconds; and each rule's gradients are looked through. Infinities are let pass.
struct AnomalyMode {
  static bool is_enabled() { return enabled.load(std::memory_order_relaxed) && !is_suspended(); }
  // Whether backward looks for NaN.
  static bool should_check_nan() { return checking.load(std::memory_order_relaxed) && !is_suspended(); }
  static void set_enabled(bool on, bool check_nan = true) {
    enabled.store(on, std::memory_order_relaxed);
    checking.store(on && check_nan, std::memory_order_relaxed);
  }

 private:
  static bool is_suspended();
  static std::atomic<bool> enabled, checking;
};

// Turns the mode on for a scope; what it was before comes back after it.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true);
  ~DetectAnomalyGuard();
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool was_enabled_, was_checking_;
};

}  // namespace autograd

namespace detail {
// Turns the mode off for this thread and a scope: for those who look at the tape from outside, and ask its
// rules what no pass would.
class NoAnomalyGuard {
 public:
  NoAnomalyGuard();
  ~NoAnomalyGuard();
  NoAnomalyGuard(const NoAnomalyGuard&) = delete;
  NoAnomalyGuard& operator=(const NoAnomalyGuard&) = delete;

 private:
  bool before_;
};

// The return addresses of the functions that are running, innermost first; none where the system can't tell.
std::vector<void*> current_call_stack();
// An error if the gradient that the node returned for its i-th input holds a NaN: all of it, or the part that
// `region`, where there is one, picks out of the contiguous input. It says which op made the node, from what,
// and, if the node knows, where the program called it.
void check_for_nan(const Node& node, size_t i, const Tensor& gradient, const Layout* region);
}  // namespace detail

}  // namespace frost
