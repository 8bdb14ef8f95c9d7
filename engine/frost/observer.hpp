// Watching ops as they are recorded: for those who look at the tape from outside.
#pragma once

#include <frost/tensor.hpp>

namespace frost::detail {

// While one lives it is told of every output that this thread puts on the tape. They may be nested: the outer
// ones are told too.
class Observer {
 public:
  Observer();
  virtual ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Tells those that live, the innermost first.
  static void tell(const Tensor& output);

 protected:
  // `output` has its grad_fn; what was written in place gets its values just after.
  virtual void recorded(const Tensor& output) = 0;

 private:
  Observer* outer_;
};

}  // namespace frost::detail
