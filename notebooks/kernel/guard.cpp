// Loaded into clang-repl (LD_PRELOAD) by repl.py: says when a cell begins and ends, and keeps the session
// alive through what would end the process. An exception that nobody catches, an interrupt, a crash, abort(),
// and a stack that overflows are reported as the cell's failure. exit() is not caught.
//
// It takes the place of clang::Interpreter::ParseAndExecute of libclang-cpp 19, which clang-repl calls for
// each line that it is sent. That it does, repl.py asks at the start, by ending a cell that has not begun.
//
//   "//cell 7 ends"     the line that repl.py sends after each cell
//   xcpp_cell_begins()  the first statement of each cell
//   ESC ] xcpp ; kind ; content BEL
//                       what is said: on stderr, kind "begins", once a cell is compiled and runs; on both
//                       streams, kind "ends", with "7;" for success or "7;what went wrong". xcpp/xdisplay.hpp
//                       has one more.
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>

#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/prctl.h>
#include <unistd.h>

// As llvm::StringRef and llvm::Error are passed.
struct Text {
  const char* data;
  size_t size;
};
struct Error {
  void* payload = nullptr;
  Error() = default;
  Error(Error&& other) noexcept : payload(other.payload) { other.payload = nullptr; }
  ~Error() {}
};

namespace {

sigjmp_buf before_cell;
volatile sig_atomic_t in_cell = 0, interrupted = 0;
bool clears_up = false;                     // see clear_up()
std::string failure;                        // of the cell that runs, or ran last; "" for none
constexpr const char* not_run = "not run";  // failure: it did not compile, or its symbols were not found

void say(FILE* stream, const char* kind, const std::string& content) {
  std::fprintf(stream, "\033]xcpp;%s;%s\a", kind, content.c_str());
  std::fflush(stream);
}

std::string name_of(int signal) {
  switch (signal) {
    case SIGINT:
      return "interrupted";
    case SIGABRT:
      return "aborted: abort() was called, as assert and std::terminate do";
    case SIGFPE:
      return "crashed: an integer was divided by 0 (SIGFPE)";
    case SIGSEGV:
      return "crashed: it used memory that is not there, or all of its stack (SIGSEGV)";
    default:
      return std::string("crashed: ") + strsignal(signal);
  }
}

// Leaves the cell without running destructors: what it held is leaked, a lock stays locked.
void leave_cell(int signal) {
  if (in_cell) siglongjmp(before_cell, signal);
  if (signal == SIGINT) {
    interrupted = 1;  // while it compiles: it ends when it begins
    return;
  }
  std::signal(signal, SIG_DFL);
  raise(signal);
}

extern "C" void xcpp_cell_begins() {
  if (clears_up) siglongjmp(before_cell, SIGINT);
  say(stderr, "begins", "");
  in_cell = 1;
  if (interrupted) siglongjmp(before_cell, SIGINT);
}
extern "C" void xcpp_nothing() {}

struct Setup {
  Setup() {
    unsetenv("LD_PRELOAD");  // for programs that a cell starts
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    static char stack[1 << 16];  // for the handler, where the other has overflowed
    stack_t alternative{};
    alternative.ss_sp = stack;
    alternative.ss_size = sizeof stack;
    sigaltstack(&alternative, nullptr);
    struct sigaction action {};
    action.sa_handler = leave_cell;
    action.sa_flags = SA_NODEFER | SA_ONSTACK | SA_RESTART;  // waiting for a cell is not cut short
    for (const int signal : {SIGINT, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGILL})
      sigaction(signal, &action, nullptr);
  }
};

using ParseAndExecute = Error (*)(void* interpreter, Text code, void* value);
constexpr const char* symbol = "_ZN5clang11Interpreter15ParseAndExecuteEN4llvm9StringRefEPNS_5ValueE";

// The type of the exception that is being handled.
std::string exception_type() {
  int status = 0;
  char* const name =
      abi::__cxa_demangle(abi::__cxa_current_exception_type()->name(), nullptr, nullptr, &status);
  const std::string type = status == 0 ? name : "unknown";
  std::free(name);
  return type;
}

ParseAndExecute original() {
  static const auto found = reinterpret_cast<ParseAndExecute>(dlsym(RTLD_NEXT, symbol));
  return found;
}

// A cell that did not compile, or whose symbols were not found, is kept by clang and run before the next
// input. Let that be this one: the cell's first statement then leaves it.
void clear_up(void* interpreter) {
  clears_up = true;
  if (!sigsetjmp(before_cell, 1)) original()(interpreter, {"xcpp_nothing();", 15}, nullptr);
  clears_up = false;
}

Error run(void* interpreter, Text code, void* value) {
  if (const int signal = sigsetjmp(before_cell, 1)) {
    failure = name_of(signal);
    return {};
  }
  try {
    Error error = original()(interpreter, code, value);
    in_cell = 0;
    if (error.payload) {
      failure = not_run;
      clear_up(interpreter);
    }
    return error;
  } catch (const std::exception& exception) {
    failure = exception_type() + ": " + exception.what();
  } catch (...) {
    failure = exception_type() + ": thrown, and not caught";
  }
  return {};
}

}  // namespace

Error parse_and_execute(void* interpreter, Text code, void* value) __asm__(
    "_ZN5clang11Interpreter15ParseAndExecuteEN4llvm9StringRefEPNS_5ValueE");
Error parse_and_execute(void* interpreter, Text code, void* value) {
  static const Setup setup;
  const std::string_view line(code.data, code.size);
  if (line.substr(0, 7) == "//cell " && line.ends_with(" ends")) {
    const std::string number(line.substr(7, line.size() - 12));
    std::cout.flush();
    std::fflush(nullptr);
    say(stdout, "ends", number + ";" + failure);
    say(stderr, "ends", number + ";");
    failure.clear();
    return {};
  }
  interrupted = 0;
  Error error = run(interpreter, code, value);
  in_cell = 0;
  return error;
}
