#include <frost/inspect/json.hpp>

#include <frost/inspect/stepper.hpp>

#include "engine/inspect/graphs.hpp"

#include <nlohmann/json.hpp>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using nlohmann::json;

TEST_CASE("to_json: the graph, its tensors and the gradients of a pass", "[inspect]") {
  const Frozen graph;
  Stepper stepper(graph.loss);
  const json before = json::parse(to_json(stepper.trace()));
  CHECK(before["frost_trace"] == 1);
  CHECK(before["complete"] == false);
  CHECK(before["steps"].empty());
  CHECK(before["nodes"][3]["inputs"][0]["gradient"] == json({{"state", "pending"}, {"values", nullptr}}));
  stepper.run();
  const json after = json::parse(to_json(stepper.trace()));
  CHECK(after["complete"] == true);
  CHECK(after["steps"] == json({0, 1, 2, 3, 4}));
  CHECK(after["roots"][0]["node"] == 0);
  CHECK(after["roots"][0]["values"] == graph.loss.item<double>());

  const json& cat = after["nodes"][3];
  CHECK(cat["grad_fn"] == "CatBackward0");
  CHECK(cat["formula"].get<std::string>().starts_with("grad_x_i"));
  CHECK(cat["step"] == 3);
  CHECK(cat["outputs"][0]["name"] == "scores");
  CHECK(cat["leaf"] == nullptr);
  CHECK(cat["inputs"][0]["kind"] == "trainable");
  CHECK(cat["inputs"][0]["node"] == 4);
  CHECK(cat["inputs"][0]["output"] == 0);
  CHECK(cat["inputs"][0]["gradient"]["state"] == "number");
  CHECK(cat["inputs"][0]["gradient"]["values"][1] == stepper.grad(graph.real)[1].item<double>());
  CHECK(cat["inputs"][0]["derivative"] == json({{1, 0}, {0, 1}, {0, 0}, {0, 0}}));
  CHECK(cat["inputs"][1]["kind"] == "frozen");
  CHECK(cat["inputs"][1]["node"] == nullptr);
  CHECK(cat["inputs"][1]["tensor"]["name"] == "pads");
  CHECK(cat["inputs"][1]["gradient"]["state"] == "absent");
  CHECK(after["nodes"][1]["inputs"][1]["kind"] == "constant");
  CHECK(after["nodes"][1]["inputs"][1]["tensor"] == nullptr);
  const json& leaf = after["nodes"][4]["leaf"];
  CHECK(leaf["trainable"] == true);
  CHECK(leaf["grad_before"]["state"] == "absent");
  CHECK(leaf["grad"]["state"] == "number");
}

TEST_CASE("to_json: zero is not absent, and what is not finite is a string", "[inspect]") {
  const Tensor x = leaf({1, 2}, "x");
  Stepper stepper(x.masked_fill(tensor({true, true}), -kInfinity).softmax(0).sum());
  stepper.run();
  const json trace = json::parse(to_json(stepper.trace()));
  CHECK(trace["nodes"][1]["inputs"][0]["gradient"]["values"] == json({"nan", "nan"}));
  CHECK(trace["nodes"][2]["saved"][0] == json({{"name", ""},
                                               {"sizes", {2}},
                                               {"dtype", "bool"},
                                               {"held", true},
                                               {"values", {true, true}},
                                               {"written", false}}));
  CHECK(trace["nodes"][2]["inputs"][0]["gradient"] == json({{"state", "zero"}, {"values", {0.0, 0.0}}}));
}

TEST_CASE("to_json: any name survives, and none ends a script", "[inspect]") {
  for (const char* const name :
       {"a \"quoted\" name", "two\nlines", "</script><script>alert(1)</script>", "größe 矩阵"}) {
    const Tensor x = leaf({1, 2}, name);
    const std::string text = to_json(Trace(x.sum()));
    CHECK(text.find('<') == std::string::npos);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(json::parse(text)["nodes"][1]["outputs"][0]["name"] == name);
  }
  const Tensor x = leaf({1, 2}, "not \xff UTF-8");
  CHECK(json::parse(to_json(Trace(x.sum())))["nodes"][1]["outputs"][0]["name"] == "not \xef\xbf\xbd UTF-8");
}

TEST_CASE("to_json: large tensors are summed up; derivatives are left out on request, or where freed",
          "[inspect]") {
  const Tensor x = ones({100}, requires_grad()), y = leaf({1, 2}, "y");
  Stepper stepper((x * 2).sum());
  stepper.run();
  const json large = json::parse(to_json(stepper.trace()));
  CHECK(large["nodes"][2]["outputs"][0]["values"] == nullptr);
  CHECK(large["nodes"][2]["outputs"][0]["held"] == true);
  CHECK(large["nodes"][1]["inputs"][0]["gradient"]["values"] ==
        json({{"elements", 100}, {"min", 2.0}, {"max", 2.0}, {"zeros", 0}, {"nans", 0}, {"infinities", 0}}));
  const Tensor loss = exp(y).sum();
  const Trace trace(loss);
  CHECK(json::parse(to_json(trace))["nodes"][1]["inputs"][0]["derivative"].is_array());
  CHECK(json::parse(to_json(trace, {.derivatives = false}))["nodes"][1]["inputs"][0]["derivative"] ==
        nullptr);
  CHECK(json::parse(to_json(trace))["nodes"][1]["saved"].size() == 1);
  CHECK(json::parse(to_json(trace, {.saved = false}))["nodes"][1]["saved"].empty());
  loss.backward();
  CHECK(json::parse(to_json(trace))["nodes"][1]["inputs"][0]["derivative"] == nullptr);
  CHECK(json::parse(to_json(Trace(ones({2}))))["roots"][0]["node"] == nullptr);
}

TEST_CASE("to_json: a float is written with the digits that a float needs, a double with those of a double",
          "[inspect]") {
  const auto written = [](const Tensor& x) { return to_json(Trace(x.requires_grad_().sum())); };
  CHECK(written(tensor({0.1F, -1e-30F, 16777216.0F})).find("[0.1,-1e-30,16777216.0]") != std::string::npos);
  CHECK(written(doubles({0.1, 1.0 / 3})).find("[0.1,0.3333333333333333]") != std::string::npos);
  const Tensor x = randn({50});
  const json values = json::parse(written(x))["nodes"][1]["outputs"][0]["values"];
  for (int64_t i = 0; i < 50; ++i) CHECK(values[static_cast<size_t>(i)].get<float>() == x[i].item<float>());
}
