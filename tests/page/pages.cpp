// Writes pages of small programs that no lesson is about, for the browser to be tested on: pages FOLDER.
#include <frost/engine.hpp>
#include <frost/inspect/html.hpp>
#include <frost/inspect/recording.hpp>
#include <frost/inspect/stepper.hpp>

#include <fstream>
#include <iostream>
#include <string>

namespace {

using namespace frost;
using namespace frost::inspect;

// A tensor that is taken apart: one part gets numbers, one zeros, one nothing; and one into more parts than
// are drawn.
std::string parts() {
  const Recording recording;
  const Tensor x = arange(16, kDouble).view({8, 2}).requires_grad_().set_name("x");
  const std::vector<Tensor> halves = x.split(IntArrayRef({1, 3, 4}));
  halves[0].set_name("head");
  const Tensor head = (halves[0] * 3).sum();
  const Tensor middle = halves[1].masked_fill(ones({3, 2}, kBool), 0).sum();
  const Tensor w =
      tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}}, dtype(kDouble)).requires_grad_().set_name("w");
  const std::vector<Tensor> rows = exp(cat({w, w})).unbind(0);
  const Tensor result = (head + middle + dot(rows[0], rows[5]) + rows[3].sum()).set_name("result");
  Stepper stepper(result, {.trace = {.outputs = recording.outputs()}});
  stepper.run();
  return to_html(stepper.trace());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: pages FOLDER\n";
    return 2;
  }
  std::ofstream(std::string(argv[1]) + "/parts.html") << parts();
  return 0;
}
