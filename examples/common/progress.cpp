#include "progress.hpp"

#include "table.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>

namespace examples {

Progress::Progress() : is_watched_(isatty(STDERR_FILENO) != 0) {
  winsize size{};
  if (is_watched_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns_ = size.ws_col;
}

void Progress::write(const std::string& line) { std::cerr << "\r\033[K" << line << std::flush; }

void Progress::show(const std::string& what) {
  if (is_watched_) write(what + " …");
}

void Progress::show(const std::string& what, int64_t done, int64_t total, const std::string& detail) {
  if (!is_watched_) return;
  const auto now = std::chrono::steady_clock::now();
  if (done < total && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  const std::string numbers = fmt::format("{}/{} {}", done, total, detail);
  const size_t used = width_of(what) + width_of(numbers) + 5;  // spaces, brackets, and the last column
  const size_t width = columns_ > used + 4 ? std::min<size_t>(columns_ - used, 30) : 0;
  if (width == 0) return write(fmt::format("{} {}", what, numbers));
  const size_t filled = width * static_cast<size_t>(done) / static_cast<size_t>(std::max<int64_t>(total, 1));
  write(
      fmt::format("{} [{}{}] {}", what, std::string(filled, '='), std::string(width - filled, ' '), numbers));
}

void Progress::clear() {
  if (is_watched_) write("");
}

namespace {

volatile std::sig_atomic_t stop_requested = 0;  // the signal that did

void ask_for_stop(int signal) {
  if (stop_requested != 0) _exit(128 + signal);
  stop_requested = signal;
}

}  // namespace

Interrupt::Interrupt() {
  struct sigaction action {};
  action.sa_handler = ask_for_stop;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &interrupt_before_);
  sigaction(SIGTERM, &action, &terminate_before_);
}
Interrupt::~Interrupt() {
  sigaction(SIGINT, &interrupt_before_, nullptr);
  sigaction(SIGTERM, &terminate_before_, nullptr);
}
bool Interrupt::requested() noexcept { return stop_requested != 0; }
int Interrupt::exit_status() noexcept { return 128 + stop_requested; }

}  // namespace examples
