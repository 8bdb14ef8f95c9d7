#include <frost/engine.hpp>
#include <frost/nn.hpp>

int main() {
  frost::nn::Linear linear(3, 2);
  return linear(frost::ones({4, 3})).size(1) == 2 ? 0 : 1;
}
