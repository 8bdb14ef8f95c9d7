#include <frost/nn/linear.hpp>
#include <frost/nn/module.hpp>
#include <frost/nn/module_list.hpp>
#include <frost/nn/sequential.hpp>

#include "gradients.hpp"

#include <sstream>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct NetImpl : nn::Module {
  NetImpl() {
    scale = register_parameter("scale", ones({2}));
    running = register_buffer("running", zeros({2}));
    first = register_module("first", nn::Linear(2, 3));
    second = register_module("second", nn::Linear(nn::LinearOptions(3, 1).bias(false)));
  }
  Tensor forward(const Tensor& x) { return second(tanh(first(x * scale))); }

  Tensor scale, running;
  nn::Linear first{nullptr}, second{nullptr};
};
TORCH_MODULE(Net);

std::string printed(const nn::Module& module) {
  std::ostringstream out;
  out << module;
  return out.str();
}

}  // namespace

TEST_CASE("Module: parameters, buffers and modules by name, in the order of registration", "[nn][module]") {
  const Net net;
  CHECK(net->named_parameters().keys() ==
        std::vector<std::string>{"scale", "first.weight", "first.bias", "second.weight"});
  CHECK(net->named_parameters(false).keys() == std::vector<std::string>{"scale"});
  CHECK(net->parameters().size() == 4);
  CHECK(net->named_buffers().keys() == std::vector<std::string>{"running"});
  CHECK(net->named_children().keys() == std::vector<std::string>{"first", "second"});
  CHECK(net->named_modules().keys() == std::vector<std::string>{"", "first", "second"});
  CHECK(net->modules(false).size() == 2);
  CHECK(net->named_parameters()["scale"].requires_grad());
  CHECK_FALSE(net->running.requires_grad());
  CHECK_THROWS_WITH(net->named_parameters()["missing"], Contains("'missing' is not defined"));
}

TEST_CASE("Module: names that would be ambiguous are refused", "[nn][module]") {
  nn::Module module;
  module.register_parameter("weight", ones({1}));
  CHECK_THROWS_WITH(module.register_parameter("weight", ones({1})), Contains("already defined"));
  CHECK_THROWS_WITH(module.register_parameter("", ones({1})), Contains("must not be empty"));
  CHECK_THROWS_WITH(module.register_buffer("a.b", ones({1})), Contains("must not contain a dot"));
  CHECK_THROWS_WITH(module.register_module("child", nn::Linear{nullptr}),
                    Contains("Accessing empty ModuleHolder"));
}

TEST_CASE("Module: train and eval reach every module", "[nn][module]") {
  const Net net;
  CHECK(net->is_training());
  net->eval();
  CHECK_FALSE(net->first->is_training());
  net->train();
  CHECK(net->first->is_training());
}

TEST_CASE("Module: zero_grad zeroes grads, or makes them absent", "[nn][module]") {
  const Net net;
  net(ones({2})).sum().backward();
  REQUIRE(net->scale.grad().defined());
  net->zero_grad();
  CHECK(same(net->scale.grad(), zeros({2})));
  net->zero_grad(/*set_to_none=*/true);
  CHECK_FALSE(net->scale.grad().defined());
}

TEST_CASE("Module: zero_grad zeroes a grad whose elements share memory", "[nn][module]") {
  const nn::Linear layer(2, 1);
  const Tensor weight = layer->weight;
  weight.mutable_grad() = autograd::grad({weight.sum()}, {weight})[0];
  CHECK(weight.grad().stride(1) == 0);
  layer->zero_grad();
  CHECK(same(weight.grad(), zeros({1, 2})));
}

TEST_CASE("Module: freeze makes gradients absent, unfreeze brings them back", "[nn][module]") {
  const Net net;
  net->first->freeze();
  net(ones({2})).sum().backward();
  CHECK_FALSE(net->first->weight.grad().defined());
  CHECK(net->second->weight.grad().defined());
  net->first->unfreeze();
  net(ones({2})).sum().backward();
  CHECK(net->first->weight.grad().defined());
}

TEST_CASE("Module: to converts parameters where they are", "[nn][module]") {
  const Net net;
  const Tensor before = net->first->weight;
  net->to(kDouble);
  CHECK(net->first->weight.scalar_type() == kDouble);
  CHECK(before.is_same(net->first->weight));
  CHECK(net->running.scalar_type() == kDouble);
  net(ones({2}, kDouble)).sum().backward();
  CHECK(net->first->weight.grad().scalar_type() == kDouble);
}

TEST_CASE("Module: to converts parameters and buffers that are views", "[nn][module]") {
  struct Views : nn::Module {
    Tensor weight = register_parameter("weight", tensor({{1.0, 2.0}, {3.0, 4.0}}).t());
    Tensor positions = register_buffer("positions", tensor({5.0, 6.0}).unsqueeze(0));
  } views;
  views.to(kDouble);
  CHECK(same(views.weight.detach(), tensor({{1.0, 3.0}, {2.0, 4.0}}, kDouble)));
  CHECK(same(views.positions, tensor({{5.0, 6.0}}, kDouble)));
  views.weight.sum().backward();
  CHECK(same(views.weight.grad(), ones({2, 2}, kDouble)));
}

TEST_CASE("Module: apply visits every module, children after parents", "[nn][module]") {
  const Net net;
  std::vector<std::string> visited;
  net->apply(
      [&visited](nn::Module& module) { visited.push_back(module.as<nn::Linear>() ? "Linear" : "Net"); });
  CHECK(visited == std::vector<std::string>{"Net", "Linear", "Linear"});
}

TEST_CASE("Module: apply gives modules as references or pointers, with their names or without",
          "[nn][module]") {
  const Net net;
  std::vector<std::string> names;
  net->apply([&names](const std::string& name, nn::Module&) { names.push_back(name); }, "net");
  net->apply(
      [&names](const std::string& name, const std::shared_ptr<nn::Module>&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"net", "net.first", "net.second", "", "first", "second"});
  std::vector<const nn::Module*> modules;
  net->apply([&modules](const std::shared_ptr<nn::Module>& module) { modules.push_back(module.get()); });
  std::as_const(*net).apply([&modules](const nn::Module& module) { modules.push_back(&module); });
  const std::vector<const nn::Module*> expected = {net.get(), net->first.get(), net->second.get(),
                                                   net.get(), net->first.get(), net->second.get()};
  CHECK(modules == expected);
}

TEST_CASE("Module: prints its structure", "[nn][module]") {
  CHECK(printed(*nn::Linear(2, 3)) == "torch::nn::Linear(in_features=2, out_features=3, bias=true)");
  CHECK_THAT(printed(*Net()),
             Contains("(\n  (first): torch::nn::Linear(in_features=2, out_features=3, bias=true)\n"
                      "  (second): torch::nn::Linear(in_features=3, out_features=1, bias=false)\n)"));
}

TEST_CASE("Linear: x Wᵀ + b, for any leading dimensions", "[nn][linear]") {
  manual_seed(1);
  const nn::Linear fc(3, 2);
  fc->to(kDouble);
  const Tensor x = randn({4, 5, 3}, kDouble);
  const Tensor y = fc(x);
  REQUIRE(y.sizes() == IntArrayRef({4, 5, 2}));
  CHECK(allclose(y[1][2], matmul(fc->weight, x[1][2]) + fc->bias));
  check_gradients(
      [](const std::vector<Tensor>& xs) {
        nn::Linear layer(3, 2);
        layer->weight = xs[1];
        layer->bias = xs[2];
        return layer(xs[0]);
      },
      {trainable({2, 3}), trainable({2, 3}), trainable({2})});
}

TEST_CASE("Linear: sizes that can't be are refused by name, as libtorch refuses them", "[nn][linear]") {
  CHECK_THROWS_WITH(nn::Linear(0, 3), Contains("[Linear] in_features must be positive, got 0"));
  CHECK_THROWS_WITH(nn::Linear(-1, 3), Contains("[Linear] in_features must be positive, got -1"));
  CHECK_THROWS_WITH(nn::Linear(3, -1), Contains("[Linear] out_features must not be negative, got -1"));
  CHECK(nn::Linear(3, 0)(ones({2, 3})).sizes() == IntArrayRef({2, 0}));
}

TEST_CASE("Linear: starts as libtorch's does", "[nn][linear]") {
  manual_seed(0);
  const nn::Linear fc(2, 2);
  // torch::manual_seed(0); torch::nn::Linear fc(2, 2);
  CHECK(allclose(fc->weight, tensor({{-0.00529398, 0.37932289}, {-0.58198076, -0.52038747}}), 1e-5));
  CHECK(allclose(fc->bias, tensor({-0.27234524, 0.18961589}), 1e-5));
}

TEST_CASE("Module: parameters are called as named_parameters() calls them, if they had no name",
          "[nn][module]") {
  struct Outer : nn::Module {
    Outer() { register_module("model", nn::Sequential(nn::Linear(2, 2), nn::Linear(2, 1))); }
  };
  const Outer outer;
  for (const auto& parameter : outer.named_parameters()) CHECK(parameter->name() == parameter.key());
  const nn::Linear layer(2, 1);
  CHECK(layer->weight.name() == "weight");
  layer->bias.set_name("mine");
  const nn::Sequential around(layer);
  CHECK(layer->weight.name() == "0.weight");
  CHECK(layer->bias.name() == "mine");
  const nn::Sequential other(nn::Linear(2, 2), layer);
  CHECK(layer->weight.name() == "0.weight");  // the first to know it
}

TEST_CASE("Module: parameters are called by their place, whatever was registered first", "[nn][module]") {
  struct Outer : nn::Module {
    Outer() {
      encoder = register_module("encoder", nn::ModuleList());
      decoder = register_module("decoder", nn::ModuleList());
      for (const nn::ModuleList& layers : {encoder, decoder}) {
        const nn::Sequential block = nn::Sequential();
        layers->push_back(block);
        block->push_back(nn::Linear(2, 2));
      }
    }
    nn::ModuleList encoder{nullptr}, decoder{nullptr};
  };
  const auto check_names = [](const nn::Module& module) {
    for (const auto& parameter : module.named_parameters()) CHECK(parameter->name() == parameter.key());
  };
  Outer outer;
  check_names(outer);
  outer.encoder->insert(0, nn::Linear(2, 1));
  check_names(outer);
  const std::shared_ptr<nn::Module> replaced = (*outer.decoder)[0];
  outer.decoder->replace_module("0", std::make_shared<nn::LinearImpl>(1, 1));
  check_names(outer);
  check_names(*replaced);
}
