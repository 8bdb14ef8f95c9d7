#include "bad_input.hpp"

#include <frost/nn.hpp>
#include <frost/optim.hpp>
#include <frost/safetensors.hpp>
#include <frost/serialize.hpp>

#include <cmath>

using namespace frost;
using namespace frost::optim;
using namespace frost::tests;

namespace {

// A model with grads and an optimiser that has moved it once, and will be asked for the impossible.
struct Training : Operands {
  nn::Linear model{3, 2};
  Adam adam{model->parameters(), AdamOptions(0.1)};
  SGD sgd{{leaf}, SGDOptions(0.1)};
  StepLR schedule{adam, 2};
  std::vector<Tensor> list;

  Training() {
    model(y).sum().backward();
    adam.step();
  }
  std::vector<Tensor> all() const {
    std::vector<Tensor> tensors = Operands::all();
    const std::vector<Tensor> parameters = model->parameters();
    tensors.insert(tensors.end(), parameters.begin(), parameters.end());
    return tensors;
  }
};

// Steps with a grad that does not fit, and puts the right one back.
void step_with_grad(Training& o, const Tensor& grad) {
  const Tensor before = o.model->weight.grad();
  o.model->weight.mutable_grad() = grad;
  try {
    o.adam.step();
  } catch (...) {
    o.model->weight.mutable_grad() = before;
    throw;
  }
}

}  // namespace

TEST_CASE("bad input: optimisers", "[bad_input][optim]") {
  check_refused<Training>({
      {"SGD: negative lr", [](auto& o) { SGD({o.leaf}, SGDOptions(-1)); }, "[SGD]", {"-1"}},
      {"SGD: NaN momentum", [](auto& o) { SGD({o.leaf}, SGDOptions(1).momentum(NAN)); }, "[SGD]", {"nan"}},
      {"SGD: nesterov", [](auto& o) { SGD({o.leaf}, SGDOptions(1).nesterov(true)); }, "[SGD]", {"Nesterov"}},
      {"SGD: not a leaf", [](auto& o) { SGD({o.x}, SGDOptions(1)); }, "[", {"leaf"}},
      {"SGD: undefined", [](auto& o) { SGD({o.none}, SGDOptions(1)); }, "[", {"undefined"}},
      {"SGD: twice",
       [](auto& o) {
         SGD({o.leaf, o.leaf}, SGDOptions(1));
       },
       "[",
       {}},
      {"Adam: beta",
       [](auto& o) {
         Adam({o.leaf}, AdamOptions(1).betas({1.0, 0.9}));
       },
       "[Adam]",
       {"1"}},
      {"Adam: negative eps", [](auto& o) { Adam({o.leaf}, AdamOptions(1).eps(-1)); }, "[Adam]", {"-1"}},
      {"AdamW: NaN lr", [](auto& o) { AdamW({o.leaf}, AdamWOptions(NAN)); }, "[AdamW]", {"nan"}},
      {"AdamW: decay", [](auto& o) { AdamW({o.leaf}, AdamWOptions(1).weight_decay(-2)); }, "[AdamW]", {"-2"}},
      {"add_param_group: held already",
       [](auto& o) { o.sgd.add_param_group(OptimizerParamGroup({o.leaf})); },
       "[",
       {}},
      {"add_param_group: other options",
       [](auto& o) { o.sgd.add_param_group(OptimizerParamGroup({o.y}, std::make_unique<AdamOptions>(1))); },
       "[",
       {}},
      {"add_param_group: undefined",
       [](auto& o) { o.sgd.add_param_group(OptimizerParamGroup({o.none})); },
       "[",
       {"undefined"}},
      {"add_parameters: not a leaf", [](auto& o) { o.sgd.add_parameters({o.x}); }, "[", {"leaf"}},
      {"options: none", [](auto& o) { OptimizerParamGroup({o.y}).options(); }, "[", {"options"}},
      {"step: grad's shape",
       [](auto& o) {
         step_with_grad(o, zeros({5, 5}));
       },
       "[",
       {"[5, 5]", "[2, 3]"}},
      {"step: integer grad",
       [](auto& o) {
         step_with_grad(o, zeros({5, 5}, kLong));
       },
       "[",
       {"[5, 5]"}},
      {"step: closure throws",
       [](auto& o) { o.adam.step([&o]() -> Tensor { return o.none.sum(); }); },
       "[sum]",
       {"undefined"}},
      {"StepLR: size 0", [](auto& o) { StepLR(o.adam, 0); }, "[StepLR]", {"0"}},
      {"StepLR: NaN", [](auto& o) { StepLR(o.adam, 1, NAN); }, "[StepLR]", {"nan"}},
      {"StepLR: negative count", [](auto& o) { o.schedule.set_step_count(-1); }, "[", {"-1"}},
  });
}

TEST_CASE("bad input: saving and loading", "[bad_input][serialize]") {
  check_refused<Training>({
      {"save: no folder", [](auto& o) { save(o.model, "/nowhere/at/all"); }, "[file]", {"/nowhere/at/all"}},
      {"save: a folder", [](auto& o) { save(o.model, "/tmp"); }, "[file]", {"/tmp"}},
      {"save: a device", [](auto& o) { save(o.model, "/dev/full"); }, "[file]", {"/dev/full"}},
      {"save: empty path", [](auto& o) { save(o.model, ""); }, "[file]", {}},
      {"save: undefined", [](auto& o) { save(o.none, "/nowhere/at/all"); }, "[", {"undefined"}},
      {"save: undefined in a list",
       [](auto& o) {
         save(std::vector<Tensor>{o.y, o.none}, "/nowhere/at/all");
       },
       "[",
       {"undefined"}},
      {"save: null module",
       [](auto&) { save(std::shared_ptr<nn::LinearImpl>(), "/nowhere/at/all"); },
       "[save]",
       {"null"}},
      {"load: no file", [](auto& o) { load(o.model, "/nowhere/at/all"); }, "[file]", {"/nowhere/at/all"}},
      {"load: a folder", [](auto& o) { load(o.model, "/tmp"); }, "[file]", {"/tmp"}},
      {"load: a device", [](auto& o) { load(o.y, "/dev/zero"); }, "[file]", {"/dev/zero"}},
      {"load: an optimiser", [](auto& o) { load(o.adam, "/nowhere/at/all"); }, "[file]", {"/nowhere/at/all"}},
      {"load: a list", [](auto& o) { load(o.list, "/nowhere/at/all"); }, "[file]", {"/nowhere/at/all"}},
      {"load: null module",
       [](auto&) { load(std::shared_ptr<nn::LinearImpl>(), "/nowhere/at/all"); },
       "[load]",
       {"null"}},
      {"load_state_dict: missing", [](auto& o) { load_state_dict(o.model, StateDict()); }, "[", {"weight"}},
      {"load_state_dict: one too many",
       [](auto& o) {
         StateDict d = state_dict(o.model);
         d.insert("more", o.y);
         load_state_dict(o.model, d);
       },
       "[",
       {"more"}},
      {"load_state_dict: shape",
       [](auto& o) {
         StateDict d;
         d.insert("weight", o.y);
         d.insert("bias", o.y);
         load_state_dict(o.model, d);
       },
       "[",
       {"bias", "[2, 3]", "[2]"}},
      {"load_state_dict: dtype",
       [](auto& o) {
         StateDict d;
         d.insert("weight", o.wide);
         d.insert("bias", zeros(2));
         load_state_dict(o.model, d);
       },
       "[",
       {"weight", "Double", "Float"}},
      {"load_state_dict: undefined",
       [](auto& o) {
         StateDict d;
         d.insert("weight", o.y);
         d.insert("bias", o.none);
         load_state_dict(o.model, d);
       },
       "[",
       {"bias"}},
      {"load_state_dict: an optimiser's", [](auto& o) { load_state_dict(o.adam, StateDict()); }, "[", {}},
      {"load_state_dict: a scheduler's",
       [](auto& o) { load_state_dict(o.schedule, StateDict()); },
       "[",
       {"step_count"}},
      {"load_state_dict: a generator's",
       [](auto&) { load_state_dict(default_generator(), StateDict()); },
       "[",
       {"state"}},
      {"Checkpoint: empty name", [](auto& o) { Checkpoint().add("", o.model); }, "[", {}},
      {"Checkpoint: dot", [](auto& o) { Checkpoint().add("a.b", o.model); }, "[", {"a.b"}},
      {"Checkpoint: twice",
       [](auto& o) {
         Checkpoint c;
         c.add("a", o.model);
         c.add("a", o.adam);
       },
       "[",
       {"a"}},
      {"Checkpoint: no file",
       [](auto& o) {
         Checkpoint c;
         c.add("a", o.model);
         c.load("/nowhere/at/all");
       },
       "[file]",
       {"/nowhere/at/all"}},
      {"Checkpoint: null",
       [](auto&) { Checkpoint().add("a", std::shared_ptr<nn::Module>()); },
       "[",
       {"null"}},
      {"safetensors::write: metadata's name",
       [](auto& o) {
         safetensors::Contents c;
         c.tensors.insert("__metadata__", o.y);
         safetensors::write("/nowhere/at/all", c);
       },
       "[safetensors",
       {"__metadata__"}},
      {"safetensors::write: no UTF-8",
       [](auto& o) {
         safetensors::Contents c;
         c.tensors.insert("\xff", o.y);
         safetensors::write("/nowhere/at/all", c);
       },
       "[safetensors",
       {"UTF-8"}},
      {"safetensors::read: no file",
       [](auto&) { safetensors::read("/nowhere/at/all"); },
       "[file]",
       {"/nowhere/at/all"}},
  });
}
