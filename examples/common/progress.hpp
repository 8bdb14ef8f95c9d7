// Long work on a terminal: a bar that tells how far it is, and Ctrl-C that ends it in good order.
#pragma once

#include <signal.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace examples {

// A line on standard error that is rewritten as the work goes on; nothing where standard error is not a
// terminal.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "what …"
  void show(const std::string& what);
  // "what [=====>    ] 412/1563 detail": at most ten times a second, and always for the last of `total`.
  void show(const std::string& what, int64_t done, int64_t total, const std::string& detail);
  void clear();

 private:
  void write(const std::string& line);

  bool is_watched_;
  size_t columns_ = 80;
  std::chrono::steady_clock::time_point last_{};
};

// While one of these lives, Ctrl-C (SIGINT) and SIGTERM end nothing by themselves: the first asks for a stop,
// which the work looks for at its own pace; the second ends the program at once.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Once asked for, a stop stays asked for until the program ends.
  static bool requested() noexcept;
  // What the program should then return: 128 and the number of the signal.
  static int exit_status() noexcept;

 private:
  struct sigaction interrupt_before_, terminate_before_;
};

}  // namespace examples
