#include <frost/nn/activation.hpp>
#include <frost/nn/linear.hpp>
#include <frost/nn/module_list.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

TEST_CASE("ModuleList: modules by place and by name", "[nn][module_list]") {
  nn::ModuleList list(nn::Linear(2, 3), nn::ReLU());
  list->push_back(nn::LinearImpl(3, 1));
  CHECK(list->size() == 3);
  CHECK(list->named_parameters().keys() ==
        std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"});
  Tensor x = ones({2});
  for (const auto& module : *list)
    x = module->as<nn::Linear>() ? module->as<nn::Linear>()->forward(x) : relu(x);
  CHECK(x.sizes() == IntArrayRef({1}));
  CHECK(list[0]->as<nn::Linear>() == &list->at<nn::LinearImpl>(0));
  CHECK(list->ptr<nn::LinearImpl>(1) == nullptr);
  CHECK_THROWS_WITH(list->at<nn::LinearImpl>(1), Contains("the module at 1 is a frost::nn::ReLUImpl"));
  CHECK_THROWS_WITH(list[3], Contains("Index out of range"));
}

TEST_CASE("ModuleList: insert moves the others up", "[nn][module_list]") {
  const nn::Linear first(2, 3), second(3, 4);
  nn::ModuleList list(first);
  list->insert(0, second);
  CHECK(list[0] == second.ptr());
  CHECK(list[1] == first.ptr());
  CHECK(list->named_children()["0"] == second.ptr());
  CHECK(list->named_children()["1"] == first.ptr());
  list->insert(2, nn::ReLU());
  CHECK(list->named_children().keys() == std::vector<std::string>{"0", "1", "2"});
  CHECK_THROWS_WITH(list->insert(4, nn::ReLU()), Contains("Index out of range"));
  nn::ModuleList all;
  all->extend(*list);
  CHECK(all->size() == 3);
}
