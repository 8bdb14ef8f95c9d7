// Whether ops are recorded on the tape: a switch of each thread, on at first.
#pragma once

#include <cstdint>
#include <string>

namespace frost {

class Backward;

// Why a tensor is not on the tape though it, or what it was made from, was made from one that is.
enum class Unrecorded : uint8_t {
  no,            // it is on the tape, or nothing that it was made from is
  detached,      // by detach()
  without_grad,  // while recording was off
  discrete,      // by an op that returns integers or bools, which have no gradient
};

// What detach() was called on.
struct DetachedFrom {
  std::string name;  // "" if it had none
  std::string op;    // of its grad_fn; "" of a leaf
};

struct GradMode {
  static bool is_enabled() { return current() == State::on; }
  static void set_enabled(bool on) { current() = on ? State::on : State::off; }
  // While recording is off, results are marked Unrecorded::without_grad; but not within a pass, where that
  // would cost time.
  static bool is_marking() { return current() == State::off; }

 private:
  friend class AutoGradMode;
  friend class Backward;
  enum class State : uint8_t { off, on, off_in_pass };
  [[gnu::tls_model("initial-exec")]] static constinit thread_local State state;
#ifdef __CLANG_REPL__  // interpreted code cannot reach a library's thread_local variables, but calls its
                       // functions
  static State& current();
#else
  [[gnu::used]] static State& current() { return state; }
#endif
};

// Sets the mode for a scope.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : AutoGradMode(enabled ? GradMode::State::on : GradMode::State::off) {}
  ~AutoGradMode() { GradMode::current() = before_; }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  friend class Backward;
  explicit AutoGradMode(GradMode::State state) : before_(GradMode::current()) { GradMode::current() = state; }

  GradMode::State before_;
};

// Records nothing in a scope: results do not require grad, whatever they are made from.
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace frost
