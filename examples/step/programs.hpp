// The small programs that the debugger steps through.
#pragma once

#include <frost/tensor.hpp>

#include <functional>
#include <string>
#include <vector>

namespace step {

// A line of a program as it is listed, and the name of the tensor that it makes.
struct Line {
  std::string name;  // "": none
  std::string code;
};

// A program that ran: what it looked like, and what it computed.
struct Program {
  std::string title;  // "method 1: masking"
  std::vector<Line> lines;
  frost::Tensor loss = {};
  std::vector<frost::Tensor> tensors = {};  // all that have names, in the order in which they were made

  // Names the tensor, and remembers it.
  frost::Tensor keep(const std::string& name, const frost::Tensor& x);
};

// What the debugger can be started on.
struct Subject {
  std::string name;                            // on the command line: "1", "both", "where"
  std::string summary;                         // in one line
  std::string story;                           // what to look for, and which commands show it
  std::function<std::vector<Program>()> make;  // one program, or two to be stepped through side by side
};

const std::vector<Subject>& subjects();

}  // namespace step
