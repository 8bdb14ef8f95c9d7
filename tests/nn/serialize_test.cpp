#include <frost/frost.hpp>

#include "gradients.hpp"
#include "nn/files.hpp"

#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <random>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct NetImpl : nn::Module {
  NetImpl() {
    first = register_module("first", nn::Linear(3, 4));
    second = register_module("second", nn::Linear(4, 1));
    seen = register_buffer("seen", zeros({2}, kLong));
    scale = register_parameter("scale", ones({4}));
  }
  // Noise, so that the generator counts.
  Tensor forward(const Tensor& x) { return second(tanh(first(x) * scale) + randn({4}) * 0.1); }

  nn::Linear first{nullptr}, second{nullptr};
  Tensor seen, scale;
};
TORCH_MODULE(Net);

// A copy of everything in it.
StateDict snapshot(const StateDict& tensors) {
  StateDict copies;
  for (const auto& item : tensors) copies.insert(item.key(), item.value().detach().clone());
  return copies;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

bool same_bits(const StateDict& a, const StateDict& b) {
  if (a.keys() != b.keys()) return false;
  for (const auto& item : a)
    if (!same_bits(item.value(), b[item.key()])) return false;
  return true;
}

}  // namespace

// ---- modules ----

TEST_CASE("serialize: a module, by the names of its parameters and buffers", "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "net";
  const Net net;
  net->seen.fill_(5);
  save(net, path);
  CHECK(safetensors::read(path).tensors.keys() == std::vector<std::string>{"scale", "first.weight",
                                                                           "first.bias", "second.weight",
                                                                           "second.bias", "seen"});

  Net other;
  const Tensor weight = other->first->weight;  // stays the module's, and trainable
  load(other, path);
  CHECK(same_bits(state_dict(net), state_dict(other)));
  CHECK(weight.is_same(other->first->weight));
  CHECK(weight.requires_grad());
  CHECK(weight.is_leaf());

  // By reference, and by shared_ptr.
  NetImpl by_reference;
  load(by_reference, path);
  save(by_reference, path);
  auto shared = std::make_shared<NetImpl>();
  load(shared, path);
  save(shared, path);
  CHECK(same_bits(state_dict(net), state_dict(*shared)));
}

TEST_CASE("serialize: load_state_dict copies", "[nn][serialize]") {
  const Net net, other;
  load_state_dict(other, state_dict(net));
  CHECK(same_bits(state_dict(net), state_dict(other)));
  other->scale.detach().fill_(7);
  CHECK(same(net->scale.detach(), ones({4})));
}

TEST_CASE("serialize: what doesn't fit is an error, and the module stays as it was", "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "net";
  const Net net;
  const StateDict before = snapshot(state_dict(net));
  const auto check_refused = [&](const std::string& name, const Tensor& replaced, const std::string& phrase) {
    safetensors::Contents contents;
    for (const auto& item : snapshot(state_dict(Net())))
      if (item.key() != name) contents.tensors.insert(item.key(), item.value());
    if (replaced.defined()) contents.tensors.insert(name, replaced);
    safetensors::write(path, contents);
    CHECK_THROWS_WITH(load(net, path), Contains(phrase) && Contains(path) && Contains("'" + name + "'"));
    CHECK(same_bits(before, state_dict(net)));
  };
  check_refused("second.bias", Tensor(), "is missing");
  check_refused("seen", Tensor(), "is missing");
  check_refused("second.bias", ones({2}), "has shape [2] where [1] is expected");
  check_refused("second.bias", full({}, 1), "is expected");
  check_refused("first.weight", ones({4, 3}, kDouble), "has dtype Double where Float is expected");
  check_refused("seen", ones({2}), "has dtype Float where Long is expected");
  check_refused("third.bias", ones({1}), "has no counterpart");
  write_bytes(path, read_bytes(path).substr(0, 100));
  CHECK_THROWS_WITH(load(net, path), Contains(path));
  CHECK_THROWS_WITH(load(net, folder / "missing"), Contains("No such file"));
  CHECK_THROWS_WITH(load(std::shared_ptr<NetImpl>(), path), Contains("the module is null"));
  CHECK_THROWS_WITH(save(Net(nullptr), path), Contains("Accessing empty ModuleHolder"));
  CHECK(same_bits(before, state_dict(net)));

  // What can't be written to is seen before anything is.
  nn::Module expanded;
  const Tensor first = expanded.register_buffer("a", zeros({1}));
  expanded.register_buffer("b", zeros({1}).expand({3}));
  CHECK_THROWS_WITH(load_state_dict(expanded, {{"a", ones({1})}, {"b", ones({3})}}),
                    Contains("single memory location"));
  CHECK(same(first, zeros({1})));
}

// ---- tensors ----

TEST_CASE("serialize: a tensor, and a list of tensors", "[nn][serialize]") {
  const TemporaryFolder folder;
  save(tensor({1.0, 2.0}), folder / "x");
  Tensor x;
  load(x, folder / "x");
  CHECK(same(x, tensor({1.0, 2.0})));
  const Tensor leaf = zeros({3}, dtype(kDouble).requires_grad(true));
  Tensor handle = leaf;
  load(handle, folder / "x");
  CHECK(same(leaf.detach(), tensor({1.0, 2.0})));
  CHECK(leaf.requires_grad());

  std::vector<Tensor> many;
  for (int i = 0; i < 12; ++i) many.push_back(full({i % 3}, i, i % 2 == 0 ? kLong : kFloat));
  save(many, folder / "xs");
  std::vector<Tensor> loaded{ones({1})};
  load(loaded, folder / "xs");
  REQUIRE(loaded.size() == 13);
  for (size_t i = 0; i < many.size(); ++i) CHECK(same_bits(loaded[i + 1], many[i]));

  CHECK_THROWS_WITH(load(x, folder / "xs"), Contains("has 12 tensors where one is expected"));
  save(Net(), folder / "net");
  CHECK_THROWS_WITH(
      load(loaded, folder / "net"),
      Contains("is no saved tensor or list of tensors: it has no '0' among its 6 names 'scale', "
               "'first.weight', 'first.bias', 'second.weight', …"));
  CHECK(loaded.size() == 13);
  CHECK_THROWS_WITH(save(Tensor(), folder / "x"), Contains("tensor '0' is undefined"));
}

// ---- optimisers ----

namespace {

using MakeOptimizer = std::function<std::unique_ptr<optim::Optimizer>(const Net&)>;

template <class Optimizer, class Options>
MakeOptimizer with(Options options) {
  return [options](const Net& net) {
    // Two groups, the second with options of its own.
    Options slower = options;
    slower.lr(options.lr() / 3);
    std::vector<optim::OptimizerParamGroup> groups;
    groups.emplace_back(net->first->parameters());
    groups.emplace_back(net->second->parameters(), slower.clone());
    return std::make_unique<Optimizer>(groups, options);
  };
}

const std::vector<MakeOptimizer>& optimizers() {
  using namespace optim;
  static const std::vector<MakeOptimizer> all{
      with<SGD>(SGDOptions(0.1)), with<SGD>(SGDOptions(0.1).momentum(0.9).nesterov(true)),
      with<Adam>(AdamOptions(0.03).weight_decay(0.1)),
      with<Adam>(AdamOptions(0.03).amsgrad(true).betas({0.5, 0.6})), with<AdamW>(AdamWOptions(0.03))};
  return all;
}

// A training that can be put into a file.
struct Training {
  explicit Training(const MakeOptimizer& make) : optimizer(make(net)), scheduler(*optimizer, 2, 0.5) {
    checkpoint.add("model", net);
    checkpoint.add("optimizer", *optimizer);
    checkpoint.add("scheduler", scheduler);
    checkpoint.add("generator", default_generator());
  }

  // Each loss of so many epochs.
  std::vector<double> run(int epochs) {
    std::vector<double> losses;
    for (int epoch = 0; epoch < epochs; ++epoch) {
      const Tensor x = randn({5, 3});
      optimizer->zero_grad();
      const Tensor loss = (net(x) - x.sum(1, true)).square().mean();
      loss.backward();
      optimizer->step();
      scheduler.step();
      losses.push_back(loss.item<double>());
    }
    return losses;
  }

  Net net;
  std::unique_ptr<optim::Optimizer> optimizer;
  optim::StepLR scheduler;
  Checkpoint checkpoint;
};

}  // namespace

TEST_CASE("Checkpoint: a training is resumed bit for bit", "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "run";
  for (size_t i = 0; i < optimizers().size(); ++i) {
    INFO("optimizer " << i);
    manual_seed(3);
    Training whole(optimizers()[i]);
    whole.run(5);
    whole.checkpoint.metadata["epoch"] = "5";
    whole.checkpoint.save(path);
    const std::vector<double> expected = whole.run(6);

    manual_seed(99);
    Training resumed(optimizers()[i]);
    resumed.run(2);  // whatever it was before
    const auto& options = resumed.optimizer->param_groups()[0].options();
    resumed.checkpoint.load(path);
    CHECK(resumed.checkpoint.metadata == std::map<std::string, std::string>{{"epoch", "5"}});
    CHECK(resumed.run(6) == expected);
    CHECK(same_bits(state_dict(resumed.net), state_dict(whole.net)));
    CHECK(same_bits(state_dict(*resumed.optimizer), state_dict(*whole.optimizer)));
    CHECK(&options == &resumed.optimizer->param_groups()[0].options());
    CHECK(options.get_lr() == whole.optimizer->param_groups()[0].options().get_lr());
  }
}

TEST_CASE("serialize: an optimiser, by groups and parameters", "[nn][serialize]") {
  const TemporaryFolder folder;
  const Tensor x = ones({2}, requires_grad()), idle = ones({2}, requires_grad());
  optim::SGD sgd(std::vector<Tensor>{idle, x}, optim::SGDOptions(0.1).momentum(0.9));
  x.mutable_grad() = ones({2});
  sgd.step();
  save(sgd, folder / "sgd");
  CHECK(safetensors::read(folder / "sgd").tensors.keys() ==
        std::vector<std::string>{"groups.0.SGD.lr", "groups.0.SGD.momentum", "groups.0.SGD.dampening",
                                 "groups.0.SGD.weight_decay", "groups.0.SGD.nesterov",
                                 "state.1.momentum_buffer"});
  optim::SGD other(std::vector<Tensor>{idle, x}, 1);
  load(other, folder / "sgd");
  CHECK(static_cast<optim::SGDOptions&>(other.param_groups()[0].options()) ==
        optim::SGDOptions(0.1).momentum(0.9));
  CHECK(other.state().size() == 1);
  load_state_dict(other, state_dict(sgd));
  other.step();  // on a state of its own
  const auto& state = static_cast<const optim::SGDParamState&>(*sgd.state().at(x.impl()));
  CHECK(same(state.momentum_buffer(), ones({2})));
}

TEST_CASE("serialize: an optimiser's state that doesn't fit leaves it as it was", "[nn][serialize]") {
  const Tensor x = ones({2}, requires_grad());
  optim::Adam adam({x}, 0.5);
  x.mutable_grad() = ones({2});
  adam.step();
  const StateDict before = snapshot(state_dict(adam));
  const auto check_refused = [&](const std::string& name, const Tensor& replaced, const std::string& phrase) {
    StateDict changed;
    for (const auto& item : before)
      changed.insert(item.key(), item.key().ends_with("lr") ? full({}, 9, kDouble) : item.value());
    if (changed.contains(name)) changed.erase(name);
    if (replaced.defined()) changed.insert(name, replaced);
    CHECK_THROWS_WITH(load_state_dict(adam, changed), Contains(phrase) && Contains("'" + name + "'"));
    CHECK(same_bits(before, state_dict(adam)));
  };
  check_refused("groups.0.Adam.eps", Tensor(), "is missing");
  check_refused("groups.0.Adam.betas", full({}, 1, kDouble), "where [2] is expected");
  check_refused("groups.0.Adam.amsgrad", full({}, 1), "where Bool is expected");
  check_refused("groups.1.Adam.lr", full({}, 1, kDouble), "has no counterpart");
  check_refused("state.0.exp_avg_sq", Tensor(), "is missing");
  check_refused("state.0.exp_avg", ones({3}), "where [2] is expected");
  check_refused("state.0.exp_avg", ones({2}, kDouble), "where Float is expected");
  check_refused("state.0.step", full({}, -1, kLong), "is no number of steps");
  check_refused("state.0.step", full({}, std::numeric_limits<int64_t>::max(), kLong),
                "is no number of steps");
  check_refused("state.1.exp_avg", ones({2}), "has no counterpart");
  optim::AdamW adamw({x});
  CHECK_THROWS_WITH(load_state_dict(adamw, before), Contains("'groups.0.AdamW.lr' is missing"));
}

TEST_CASE("serialize: options that an optimiser's constructor refuses are not loaded", "[nn][serialize]") {
  const Tensor x = ones({2}, requires_grad()), y = ones({2}, requires_grad());
  const auto check_refused = [](optim::Optimizer& optimizer, const std::string& name, const Tensor& value) {
    const StateDict before = snapshot(state_dict(optimizer));
    StateDict changed = snapshot(before);
    for (auto& item : changed)
      if (item.key().ends_with("0." + optimizer.name() + ".lr")) item.value() = full({}, 9, kDouble);
    changed[name] = value;
    INFO(name << " = " << value);
    CHECK_THROWS_WITH(load_state_dict(optimizer, changed), Contains("'" + name.substr(0, name.rfind('.')) +
                                                                    ".*' are refused: [" + optimizer.name()));
    CHECK(same_bits(before, state_dict(optimizer)));
  };
  const auto number = [](double value) { return full({}, value, kDouble); };
  optim::SGD sgd({optim::OptimizerParamGroup({x}), optim::OptimizerParamGroup({y})}, 0.5);
  for (const char* const field : {"lr", "momentum", "dampening", "weight_decay"})
    check_refused(sgd, std::string("groups.1.SGD.") + field, number(NAN));
  check_refused(sgd, "groups.1.SGD.lr", number(-1));
  check_refused(sgd, "groups.1.SGD.nesterov", full({}, true, kBool));
  optim::Adam adam({x});
  optim::AdamW adamw({x});
  for (optim::Optimizer* const optimizer :
       {static_cast<optim::Optimizer*>(&adam), static_cast<optim::Optimizer*>(&adamw)}) {
    const std::string group = "groups.0." + optimizer->name() + ".";
    for (const char* const field : {"lr", "eps", "weight_decay"})
      for (const double value : {-1.0, double{NAN}}) check_refused(*optimizer, group + field, number(value));
    for (const double beta : {1.0, 1e300, -0.1, double{NAN}}) {
      check_refused(*optimizer, group + "betas", tensor({beta, 0.9}, kDouble));
      check_refused(*optimizer, group + "betas", tensor({0.9, beta}, kDouble));
    }
  }
}

TEST_CASE("serialize: schedulers and generators", "[nn][serialize]") {
  optim::SGD optimizer({ones({1}, requires_grad())}, 1);
  optim::StepLR scheduler(optimizer, 2), other(optimizer, 2);
  scheduler.step();
  load_state_dict(other, state_dict(scheduler));
  CHECK(other.step_count() == 1);
  CHECK_THROWS_WITH(load_state_dict(other, {{"step_count", full({}, -1, kLong)}}),
                    Contains("is no number of steps"));
  CHECK(other.step_count() == 1);

  Generator generator(5), copy(6);
  generator.random();
  load_state_dict(copy, state_dict(generator));
  CHECK(copy.random() == generator.random());
  CHECK_THROWS_WITH(load_state_dict(copy, {{"state", zeros({3}, kLong)}}), Contains("has shape [3]"));
  const Tensor broken = generator.get_state();
  broken[0].fill_(-1);
  CHECK_THROWS_WITH(load_state_dict(copy, {{"state", broken}}),
                    Contains("'state' is no state of a generator"));
  CHECK(copy.random() == generator.random());
}

// ---- checkpoints ----

TEST_CASE("Checkpoint: all of its parts are loaded, or none", "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "run";
  const auto check_refused = [&path](Checkpoint& checkpoint, const std::string& phrase) {
    Net net;
    optim::SGD optimizer(net->parameters(), 0.1);
    const StateDict before = snapshot(state_dict(net));
    Checkpoint target;
    target.add("model", *net);
    target.add("optimizer", optimizer);
    target.metadata["mine"] = "1";
    checkpoint.save(path);
    CHECK_THROWS_WITH(target.load(path), Contains(phrase) && Contains(path));
    CHECK(same_bits(before, state_dict(net)));
    CHECK(target.metadata.contains("mine"));
  };
  Net net;
  optim::SGD sgd(net->parameters(), 0.1);
  optim::Adam adam(net->parameters());
  Checkpoint only_model, other_optimizer, another_part;
  only_model.add("model", net.ptr());
  check_refused(only_model, "tensor 'optimizer.groups.0.SGD.lr' is missing");
  other_optimizer.add("model", net);
  other_optimizer.add("optimizer", adam);
  check_refused(other_optimizer, "tensor 'optimizer.groups.0.SGD.lr' is missing");
  another_part.add("model", net);
  another_part.add("optimizer", sgd);
  another_part.add("more", net);
  check_refused(another_part, "'more.scale' belongs to no part");

  CHECK_THROWS_WITH(another_part.add("more", sgd), Contains("[Checkpoint] Part 'more' already defined"));
  CHECK_THROWS_WITH(another_part.add("a.b", sgd), Contains("contain a dot"));
  CHECK_THROWS_WITH(another_part.add("", sgd), Contains("must not be empty"));
  CHECK_THROWS_WITH(another_part.add("null", std::shared_ptr<NetImpl>()), Contains("is null"));
}

TEST_CASE("Checkpoint: of a thousand damaged files each is read, or refused with all as it was",
          "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "run";
  manual_seed(1);
  Net net;
  optim::Adam optimizer(net->parameters());
  net(randn({5, 3})).sum().backward();
  optimizer.step();
  Generator generator;
  Checkpoint checkpoint;
  checkpoint.add("model", net);
  checkpoint.add("optimizer", optimizer);
  checkpoint.add("generator", generator);
  checkpoint.metadata["epoch"] = "3";
  checkpoint.save(path);
  const std::string whole = read_bytes(path);
  uint64_t header_length = 0;
  std::memcpy(&header_length, whole.data(), 8);
  const size_t header_end = 8 + header_length;

  const auto everything = [&] {
    StateDict all;
    for (const auto& item : state_dict(net)) all.insert("model." + item.key(), item.value().clone());
    for (const auto& item : state_dict(optimizer))
      all.insert("optimizer." + item.key(), item.value().clone());
    for (const auto& item : state_dict(generator))
      all.insert("generator." + item.key(), item.value().clone());
    return all;
  };
  const StateDict saved = everything();

  std::mt19937 random(2024);  // its numbers are the same everywhere
  const auto below = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  const auto damaged = [&](int kind) {
    std::string bytes = whole;
    if (kind == 0) {  // bits of the file
      for (size_t flips = 1 + below(4); flips > 0; --flips)
        bytes[below(bytes.size())] ^= static_cast<char>(1 << below(8));
    } else if (kind == 1) {  // bits of the header
      for (size_t flips = 1 + below(2); flips > 0; --flips)
        bytes[below(header_end)] ^= static_cast<char>(1 << below(8));
    } else if (kind == 2) {  // the end
      bytes.resize(below(bytes.size()));
    } else if (kind == 3) {  // bytes put in
      bytes.insert(below(bytes.size()), std::string(1 + below(16), static_cast<char>(below(256))));
    } else if (kind == 4) {  // bytes taken out
      bytes.erase(below(bytes.size()), 1 + below(16));
    } else if (kind == 5) {  // another digit for a digit of the header
      size_t place = 0;
      do place = 8 + below(header_length);
      while (bytes[place] < '0' || bytes[place] > '9');
      bytes[place] = static_cast<char>('0' + below(10));
    } else if (kind == 6) {  // two pieces of the header change places
      const size_t length = 1 + below(40), a = 8 + below(header_length - length),
                   b = 8 + below(header_length - length);
      const std::string piece = bytes.substr(a, length);
      bytes.replace(a, length, whole, b, length);
      bytes.replace(b, length, piece);
    } else {  // bits of the data
      bytes[header_end + below(bytes.size() - header_end)] ^= static_cast<char>(1 << below(8));
    }
    return bytes;
  };

  int the_same = 0, other_values = 0, refused = 0;
  for (int i = 0; i < 1000; ++i) {
    write_bytes(path, damaged(i % 8));
    INFO("file " << i << ", damaged in way " << i % 8);
    try {
      checkpoint.load(path);
    } catch (const Error& error) {
      ++refused;
      REQUIRE_THAT(error.what(), Contains(path));
      REQUIRE(same_bits(saved, everything()));
      REQUIRE(checkpoint.metadata == std::map<std::string, std::string>{{"epoch", "3"}});
      continue;
    }
    const StateDict loaded = everything();
    REQUIRE(loaded.keys() == saved.keys());
    ++(same_bits(saved, loaded) ? the_same : other_values);
    write_bytes(path, whole);
    checkpoint.load(path);
    REQUIRE(same_bits(saved, everything()));
  }
  // A bit of the data makes another number; the rest hit what is not read (spaces), or changed nothing. Other
  // counts mean that what is accepted has changed.
  CHECK(refused == 902);
  CHECK(other_values == 83);
  CHECK(the_same == 15);
}
