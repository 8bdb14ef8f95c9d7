#include <frost/nn/activation.hpp>
#include <frost/nn/dropout.hpp>
#include <frost/nn/linear.hpp>
#include <frost/nn/sequential.hpp>

#include "gradients.hpp"

#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct WeightedImpl : nn::Module {
  Tensor forward(const Tensor& x, double weight, const Tensor& shift = {}) const {
    return shift.defined() ? x * weight + shift : x * weight;
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({2, nn::AnyValue(Tensor())})
};
TORCH_MODULE(Weighted);

struct PairImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(const Tensor& x) { return {x, -x}; }
};
TORCH_MODULE(Pair);

struct FirstImpl : nn::Module {
  Tensor forward(std::tuple<Tensor, Tensor> both) { return std::get<0>(both); }
};
TORCH_MODULE(First);

std::string printed(const nn::Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace

TEST_CASE("Sequential: each module takes what the one before gives", "[nn][sequential]") {
  const nn::Linear first(3, 4), second(4, 2);
  const nn::Sequential net(first, nn::Functional(frost::tanh), second, nn::Softmax(-1));
  const Tensor x = randn({5, 3});
  CHECK(same(net(x), softmax(second(tanh(first(x))), -1)));
  CHECK(same(net->forward(x), net(x)));
  CHECK(net->named_parameters().keys() ==
        std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"});
  CHECK(net->size() == 4);
  CHECK(net[2] == second.ptr());
  CHECK(net->ptr<nn::LinearImpl>(0) == first.ptr());
  CHECK(&net->at<nn::LinearImpl>(2) == second.get());
  size_t count = 0;
  for (const nn::AnyModule& module : *net) count += module.ptr()->as<nn::Linear>() != nullptr;
  CHECK(count == 2);
}

TEST_CASE("Sequential: names, and what can be pushed", "[nn][sequential]") {
  nn::Sequential net({{"hidden", nn::Linear(3, 4)}, {"act", nn::ReLU()}});
  net->push_back("out", nn::Linear(4, 1));
  net->push_back(nn::Tanh());
  net->push_back(std::make_shared<nn::SigmoidImpl>());
  net->push_back(nn::DropoutImpl(0.1));
  CHECK(net->named_children().keys() == std::vector<std::string>{"hidden", "act", "out", "3", "4", "5"});
  CHECK_THROWS_WITH(net->push_back("act", nn::ReLU()), Contains("already defined"));
  CHECK(net->size() == 6);
  nn::Sequential longer(nn::Linear(2, 3));
  longer->extend(*net);
  CHECK(longer->size() == 7);
  CHECK(longer(ones({2})).sizes() == IntArrayRef({1}));
  OrderedDict<std::string, nn::AnyModule> modules{{"a", nn::AnyModule(nn::ReLU())}};
  CHECK(nn::Sequential(std::move(modules))->named_children().keys() == std::vector<std::string>{"a"});
}

TEST_CASE("Sequential: any number of arguments for the first, any type in between", "[nn][sequential]") {
  const nn::Sequential net(Weighted{}, Pair{}, First{});
  const Tensor x = ones({2});
  CHECK(same(net(x, 3.0), x * 3));
  CHECK(same(net(x, 3.0, x), x * 4));
  const nn::Sequential pair(Pair{});
  CHECK(same(std::get<1>(pair->forward<std::tuple<Tensor, Tensor>>(x)), -x));

  CHECK_THROWS_WITH(pair(x),
                    Contains("The type of the return value is std::tuple<frost::Tensor, frost::Tensor>") &&
                        Contains("but you asked for type frost::Tensor"));
  CHECK_THROWS_WITH(net(x), Contains("forward() method expects 3 argument(s), but received 1"));
  CHECK_THROWS_WITH(net(x, 3),
                    Contains("Expected argument #1 to be of type double, but received value of type int"));
  CHECK_THROWS_WITH(nn::Sequential()(x), Contains("Cannot call forward() on an empty Sequential"));
  CHECK_THROWS_WITH(net[3], Contains("Index out of range"));
  CHECK_THROWS_WITH(net->at<nn::LinearImpl>(0), Contains("Attempted to cast module of type"));
  CHECK_THROWS_WITH(nn::AnyModule().forward(x), Contains("Cannot call forward() on an empty AnyModule"));
}

TEST_CASE("Sequential: gradcheck", "[nn][sequential]") {
  manual_seed(1);
  const nn::Sequential net(nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 2));
  net->to(kDouble);
  std::vector<Tensor> inputs = net->parameters();
  inputs.push_back(trainable({2, 3}));
  check_gradients([&net](const std::vector<Tensor>& xs) { return net(xs.back()); }, inputs);
}

TEST_CASE("Sequential: train and eval reach its modules", "[nn][sequential]") {
  const nn::Sequential net(nn::Dropout(0.9), nn::Functional(frost::relu));
  net->eval();
  const Tensor x = ones({50});
  CHECK(same(net(x), x));
}

TEST_CASE("Sequential: prints its modules", "[nn][sequential]") {
  CHECK(printed(*nn::Sequential({{"fc", nn::Linear(3, 4)}, {"act", nn::ReLU()}})) ==
        "torch::nn::Sequential(\n"
        "  (fc): torch::nn::Linear(in_features=3, out_features=4, bias=true)\n"
        "  (act): torch::nn::ReLU()\n"
        ")");
}

TEST_CASE("Functional: keeps arguments", "[nn][sequential]") {
  const nn::Functional scaled([](const Tensor& x, double factor) { return x * factor; }, 2.5);
  CHECK(same(scaled(ones({2})), full({2}, 2.5)));
}
