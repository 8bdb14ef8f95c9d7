#include <frost/engine.hpp>

#include <string_view>

int main() {
  if (frost::version() != std::string_view(FOUND_VERSION)) return 2;
  const frost::Tensor x = frost::tensor({1.0, 2.0}, frost::requires_grad());
  x.matmul(x).backward();
  return frost::equal(x.grad(), frost::tensor({2.0, 4.0})) ? 0 : 1;
}
