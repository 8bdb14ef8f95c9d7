// One source, two engines: every file here is compiled against frost and against libtorch, and what the two
// programs print is compared. README.md beside this file says how, and which differences are meant.
//
//   const peer::Section leaves("semantics/leaves", [] {
//     const fw::Tensor x = fw::ones({2}, fw::requires_grad());
//     peer::show("x", x * 2);
//     peer::show_error("only Tensors of floating point", [] { fw::ones({2}, fw::kLong).requires_grad_(); });
//   });
#pragma once

#ifdef FROST_PEER_TORCH
#include <torch/torch.h>
namespace fw = torch;
#else
#if __has_include(<frost/frost.hpp>)
#include <frost/frost.hpp>
#else
#include <frost/engine.hpp>
#endif
namespace fw = frost;
#endif

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace peer {

// A part with a name, "<file>/<what>", so that each file is compared in a test of its own. A part stands for
// itself: it is run alone or after any others.
struct Section {
  Section(std::string name, std::function<void()> run);
};

// Prints a line "name: Float[2, 3] requires_grad=1 is_leaf=0 grad_fn=MulBackward0 {1., 2., …}" with every
// value.
void show(const std::string& name, const fw::Tensor& x);
// The same without the tape's flags, for what is compared in numbers alone.
void show_values(const std::string& name, const fw::Tensor& x);
void show(const std::string& name, const std::vector<fw::Tensor>& xs);
void show(const std::string& name, double value);
void show(const std::string& name, int64_t value);
void show(const std::string& name, bool value);
void show(const std::string& name, const std::string& value);
inline void show(const std::string& name, const char* value) { show(name, std::string(value)); }
void show(const std::string& name, fw::IntArrayRef values);
void show(const std::string& name, fw::Dtype dtype);
template <std::integral T>
void show(const std::string& name, T value) {
  show(name, static_cast<int64_t>(value));
}

// Runs f, which must throw an exception whose text holds `phrase`: in both engines, or the comparison fails.
void show_error(const std::string& phrase, const std::function<void()>& f);
// Runs f and prints only whether it threw: for errors that each engine words for itself.
void show_whether_throws(const std::string& name, const std::function<void()>& f);
// Prints what f returns as show_values does, or that it threw: for tables of which many entries are errors.
void attempt(const std::string& name, const std::function<fw::Tensor()>& f);

// What an exception says, without libtorch's backtrace.
std::string first_line(const std::exception& error);
// x's values in contiguous memory, off the tape. (libtorch has tensors of zeros that have no memory.)
fw::Tensor dense(const fw::Tensor& x);
// As text: "AddBackward0", or "none" where there is no grad_fn.
std::string grad_fn_name(const fw::Tensor& x);
// A value as the lines have it: floating-point numbers always with a point or an exponent.
std::string text_of(double value, int digits = 9);

// For command lines of a program's own, as programs.cpp has: called instead of the sections where the first
// argument is `name`.
struct Command {
  Command(std::string name, std::function<int(const std::vector<std::string>& arguments)> run);
};

}  // namespace peer
