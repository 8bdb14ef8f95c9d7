// How commands are read and what the session shows is written.
#pragma once

#include "programs.hpp"

#include <frost/inspect/stepper.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace step {

std::string trimmed(std::string_view text);
// Trimmed, and without a comment: what stands behind a # that begins a word, unless a digit follows it, as in
// #5, the number of a node.
std::string without_comment(std::string_view line);
// With spaces behind it, up to `width` columns.
std::string padded(std::string text, size_t width);
// A whole number from 0; an InputError that names `command` for anything else.
int64_t number_of(const std::string& text, const std::string& command);
// The same from 1, and 1 for "".
int64_t count_of(const std::string& text, const std::string& command);
// An InputError unless the argument is empty.
void expect_none(const std::string& argument, const std::string& command);
// "[1, 2]" → {1, 2}
std::vector<int64_t> index_of(const std::string& text);
// "SoftmaxBackward0" → "softmax"
std::string op_word(const std::string& grad_fn);
// Whether a word means the op of this grad_fn: "softmax", "SoftmaxBackward0".
bool is_op(const std::string& grad_fn, const std::string& word);
// "; did you mean …?" with those that are like it, or begin with it; or else `otherwise`.
std::string suggestion(const std::string& word, const std::vector<std::string>& known,
                       const std::string& otherwise);

// A line for each node: whether it ran, what it is, its gradient, and where that goes on to.
std::string graph_text(const frost::inspect::Stepper& stepper);
// The program's lines, and how far backward has come.
std::string program_text(const Program& program, const frost::inspect::Stepper& stepper);

}  // namespace step
