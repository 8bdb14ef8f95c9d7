#include <cmath>
#include <frost/frost.hpp>
#include <iostream>

int main() {
  const frost::Tensor scores = frost::tensor({1.0, 2.0, 3.0, 4.0}, frost::requires_grad());
  const frost::Tensor mask = frost::tensor({false, false, true, true});
  std::cout << scores.masked_fill(mask, -INFINITY).softmax(0) << '\n';
}
