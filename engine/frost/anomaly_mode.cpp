#include <frost/anomaly_mode.hpp>

#include <frost/printable.hpp>
#include <frost/tape.hpp>
#include <frost/tape_ops.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#if __has_include(<execinfo.h>)
#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#define FROST_HAS_CALL_STACK 1
#endif

namespace frost {

namespace {

[[gnu::tls_model("initial-exec")]] constinit thread_local bool is_suspended_here = false;

}  // namespace

namespace autograd {

bool AnomalyMode::is_suspended() { return is_suspended_here; }

std::atomic<bool> AnomalyMode::enabled{false}, AnomalyMode::checking{false};

DetectAnomalyGuard::DetectAnomalyGuard(bool check_nan)
    : was_enabled_(AnomalyMode::is_enabled()), was_checking_(AnomalyMode::should_check_nan()) {
  AnomalyMode::set_enabled(true, check_nan);
}

DetectAnomalyGuard::~DetectAnomalyGuard() { AnomalyMode::set_enabled(was_enabled_, was_checking_); }

}  // namespace autograd

detail::NoAnomalyGuard::NoAnomalyGuard() : before_(std::exchange(is_suspended_here, true)) {}
detail::NoAnomalyGuard::~NoAnomalyGuard() { is_suspended_here = before_; }

namespace {

constexpr size_t kDeepest = 48, kShownFrames = 12;

// Where the first NaN stands, counted row by row; -1: nowhere.
int64_t first_nan(const Tensor& x) {
  const Tensor y = x.is_contiguous() ? x : detail::copy_of(x.detach());
  const auto find = [&y](const auto* values) -> int64_t {
    const auto* const end = values + y.numel();
    const auto* const found = std::find_if(values, end, [](auto value) { return std::isnan(value); });
    return found == end ? -1 : found - values;
  };
  return y.scalar_type() == kDouble ? find(y.data_ptr<double>()) : find(y.data_ptr<float>());
}

// Where the element of a slice, counted row by row, lies in the tensor.
int64_t place_in(const Layout& region, int64_t element) {
  int64_t place = region.offset;
  for (size_t d = region.rank(); d-- > 0; element /= region.sizes[d])
    place += element % region.sizes[d] * region.strides[d];
  return place;
}

std::string tensor_text(const std::string& name, const Node::Output& shape) {
  return (name.empty() ? "" : "'" + printable(name) + "' ") + to_text(IntArrayRef(shape.sizes)) + " " +
         std::string(to_text(shape.dtype));
}

// "from 'scores' [2, 3] Float and a constant, to 'weights' [2, 3] Float"
std::string forward_call(const Node& node) {
  std::string text = "from ";
  for (size_t i = 0; i < node.num_outputs(); ++i) {
    const Edge& edge = node.next_edge(i);
    if (i > 0) text += ", ";
    if (edge.is_valid())
      text += tensor_text(edge.function->output_name(edge.input_nr), edge.function->output(edge.input_nr));
    else if (const Node::FrozenInput* const frozen = node.frozen_input(i))
      text += tensor_text(frozen->name, frozen->shape) + " (frozen)";
    else
      text += "a constant";
  }
  text += " to ";
  for (size_t i = 0; i < node.num_inputs(); ++i)
    text += (i == 0 ? "" : ", ") + tensor_text(node.output_name(i), node.output(i));
  return text;
}

#ifdef FROST_HAS_CALL_STACK

struct Frame {
  std::string symbol;  // "" where it is not exported
  std::string file;
  uintptr_t offset;
};

// The symbol of a return address is that of the call before it: a call that does not return may stand last in
// its function, and the address then in the next one.
Frame frame_at(void* address) {
  Dl_info info{};
  if (dladdr(static_cast<char*>(address) - 1, &info) == 0 || info.dli_fname == nullptr) return {"", "?", 0};
  const uintptr_t offset = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(info.dli_fbase);
  return {info.dli_sname == nullptr ? "" : info.dli_sname, info.dli_fname, offset - 1};
}

std::string readable(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? demangled.get() : symbol;
}

// Whether the function, or the one that it is local to, stands in one of these namespaces. Asked of the
// symbol as the compiler wrote it ("_ZN5frost", behind Z where it is local): in words, that of a function
// template would begin with what it returns.
bool is_in_frost_or_std(std::string_view symbol) {
  if (!symbol.starts_with("_Z")) return false;
  symbol.remove_prefix(2);
  symbol.remove_prefix(std::min(symbol.find_first_not_of('Z'), symbol.size()));
  if (symbol.starts_with("St")) return true;
  if (!symbol.starts_with('N')) return false;
  symbol.remove_prefix(1);
  symbol.remove_prefix(std::min(symbol.find_first_not_of("rVKRO"), symbol.size()));  // of member functions
  return symbol.starts_with("5frost") || symbol.starts_with("St");
}

bool is_library_of_frost(std::string_view file) {
  file.remove_prefix(file.rfind('/') + 1);
  return file.starts_with("libfrost-engine.") || file.starts_with("libfrost-nn.");
}

// Whether the frame is the engine's own; or that of backtrace(), which a sanitizer puts into the program.
bool is_of_engine(const Frame& frame) {
  return is_in_frost_or_std(frame.symbol) || is_library_of_frost(frame.file) || frame.symbol == "backtrace";
}

// The frames of the program: the innermost, of the engine itself, are left out, as the op's name stands for
// them; and the outermost, from which the system called main().
std::vector<Frame> frames_of_program(ArrayRef<void*> stack) {
  std::vector<Frame> frames;
  for (void* const address : stack) {
    const Frame frame = frame_at(address);
    if (frame.symbol.starts_with("__libc_start_main")) {
      while (!frames.empty() && frames.back().file == frame.file) frames.pop_back();
      break;
    }
    if (!frames.empty() || !is_of_engine(frame)) frames.push_back(frame);
  }
  return frames;
}

std::string calls_text(ArrayRef<void*> stack) {
  std::vector<Frame> frames = frames_of_program(stack);
  frames.resize(std::min(frames.size(), kShownFrames));
  std::string text;
  for (const Frame& frame : frames) {
    char place[32];
    std::snprintf(place, sizeof place, "+0x%zx", static_cast<size_t>(frame.offset));
    text += "\n  " + printable(frame.file) + place +
            (frame.symbol.empty() ? "" : " " + printable(readable(frame.symbol)));
  }
  return text;
}

#else

std::string calls_text(ArrayRef<void*>) { return ""; }

#endif

}  // namespace

std::vector<void*> detail::current_call_stack() {
#ifdef FROST_HAS_CALL_STACK
  std::array<void*, kDeepest> frames;
  const int count = backtrace(frames.data(), static_cast<int>(frames.size()));
  return std::vector<void*>(frames.begin(), frames.begin() + count);
#else
  return {};
#endif
}

void detail::check_for_nan(const Node& node, size_t i, const Tensor& gradient, const Layout* region) {
  if (!gradient.defined()) return;
  const int64_t found = first_nan(gradient);
  if (found < 0) return;
  const Edge& edge = node.next_edge(i);
  const bool is_slice = region && region->sizes == gradient.layout().sizes;
  const int64_t element = is_slice ? place_in(*region, found) : found;
  const int64_t count = is_slice ? numel(edge.function->output(edge.input_nr).sizes) : gradient.numel();
  const std::string calls = calls_text(node.call_stack());
  fail("backward", "Function '", node.name(), "' returned nan values in its ", i,
       "th output.\nThe first of the ", count, " is element ", element, ".\nThe op went ", forward_call(node),
       calls.empty() ? ".\nWhere it was called is not known: it was recorded without anomaly detection."
                     : ".\nIt was called at:" + calls);
}

}  // namespace frost
