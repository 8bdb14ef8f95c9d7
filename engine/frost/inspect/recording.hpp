// Recording: the outputs of all ops of a forward pass, for a trace that shows every value.
#pragma once

#include <frost/observer.hpp>

#include <vector>

namespace frost::inspect {

// The tape keeps the values that its rules need, and no others. While a Recording lives, it keeps the output
// of every op that this thread records:
//
//   inspect::Recording recording;
//   const Tensor loss = model(input);
//   inspect::Trace trace(loss, {.outputs = recording.outputs()});
//
// The outputs hold their graphs, which live as long as the recording does.
class Recording : private detail::Observer {
 public:
  const std::vector<Tensor>& outputs() const { return outputs_; }

 private:
  void recorded(const Tensor& output) override { outputs_.push_back(output); }

  std::vector<Tensor> outputs_;
};

}  // namespace frost::inspect
