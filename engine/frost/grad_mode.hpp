// Whether ops are recorded on the tape: a switch of each thread, on at first.
#pragma once

namespace frost {

struct GradMode {
  static bool is_enabled() { return current(); }
  static void set_enabled(bool on) { current() = on; }

 private:
  [[gnu::tls_model("initial-exec")]] static constinit thread_local bool enabled;
#ifdef __CLANG_REPL__  // interpreted code cannot reach a library's thread_local variables, but calls its
                       // functions
  static bool& current();
#else
  [[gnu::used]] static bool& current() { return enabled; }
#endif
};

// Sets the mode for a scope.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : before_(GradMode::is_enabled()) { GradMode::set_enabled(enabled); }
  ~AutoGradMode() { GradMode::set_enabled(before_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool before_;
};

// Records nothing in a scope: results do not require grad, whatever they are made from.
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

}  // namespace frost
