#include <frost/serialize.hpp>

#include <frost/grad_mode.hpp>
#include <frost/ops.hpp>
#include <frost/record.hpp>
#include <frost/safetensors.hpp>
#include <frost/safetensors_header.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

namespace frost {

namespace {

// Puts back what was checked before; it does not fail.
using Commit = std::function<void()>;

// The tensors that something is loaded from, taken one by one under their names.
class Source {
 public:
  // `origin` and `prefix` go before a name in errors.
  Source(const StateDict& tensors, std::string origin, std::string prefix)
      : tensors_(tensors), origin_(std::move(origin)), prefix_(std::move(prefix)) {}

  template <class... Parts>
  [[noreturn]] void refuse(const std::string& name, const Parts&... parts) const {
    fail("load", origin_, "tensor ", safetensors::quoted(prefix_ + name), " ", parts...);
  }

  bool contains(const std::string& name) const { return tensors_.contains(name); }

  const Tensor& take(const std::string& name, Dtype dtype, IntArrayRef sizes) {
    const Tensor* const found = tensors_.find(name);
    if (found == nullptr || !found->defined()) refuse(name, "is missing");
    if (found->scalar_type() != dtype)
      refuse(name, "has dtype ", found->scalar_type(), " where ", dtype, " is expected");
    if (found->sizes() != sizes) refuse(name, "has shape ", found->sizes(), " where ", sizes, " is expected");
    taken_.insert(name);
    return *found;
  }

  // A number of steps: a limit that leaves room to count on.
  int64_t take_count(const std::string& name) {
    const int64_t count = take(name, kLong, {}).item<int64_t>();
    if (count < 0 || count > int64_t{1} << 62) refuse(name, "is ", count, ", which is no number of steps");
    return count;
  }

  // To be called last: what was not taken has no place.
  void check_all_taken() const {
    for (const auto& item : tensors_)
      if (!taken_.contains(item.key())) refuse(item.key(), "has no counterpart in what is loaded");
  }

 private:
  const StateDict& tensors_;
  std::string origin_, prefix_;
  std::set<std::string> taken_;
};

// ---- optimisers ----

// What options and states are made of, as tensors.
class FieldWriter : public optim::Fields {
 public:
  FieldWriter(StateDict& tensors, std::string prefix) : tensors_(tensors), prefix_(std::move(prefix)) {}

  void operator()(const char* name, bool& value) override { put(name, full({}, value, kBool)); }
  void operator()(const char* name, int64_t& value) override { put(name, full({}, value, kLong)); }
  void operator()(const char* name, double& value) override { put(name, full({}, value, kDouble)); }
  void operator()(const char* name, std::tuple<double, double>& value) override {
    put(name, tensor({std::get<0>(value), std::get<1>(value)}, kDouble));
  }
  void operator()(const char* name, Tensor& value, bool) override {
    if (value.defined()) put(name, value);
  }

 private:
  void put(const char* name, const Tensor& value) { tensors_.insert(prefix_ + name, value); }

  StateDict& tensors_;
  std::string prefix_;
};

// The way back. A tensor is copied, so that optimisers share none.
class FieldReader : public optim::Fields {
 public:
  FieldReader(Source& source, std::string prefix, Tensor parameter = {})
      : source_(source), prefix_(std::move(prefix)), parameter_(std::move(parameter)) {}

  void operator()(const char* name, bool& value) override {
    value = source_.take(prefix_ + name, kBool, {}).item<bool>();
  }
  void operator()(const char* name, int64_t& value) override { value = source_.take_count(prefix_ + name); }
  void operator()(const char* name, double& value) override {
    value = source_.take(prefix_ + name, kDouble, {}).item<double>();
  }
  void operator()(const char* name, std::tuple<double, double>& value) override {
    const Tensor& pair = source_.take(prefix_ + name, kDouble, {2});
    value = {pair[0].item<double>(), pair[1].item<double>()};
  }
  void operator()(const char* name, Tensor& value, bool required) override {
    value = Tensor();
    if (!required && !source_.contains(prefix_ + name)) return;
    value = source_.take(prefix_ + name, parameter_.scalar_type(), parameter_.sizes()).detach().clone();
  }

 private:
  Source& source_;
  std::string prefix_;
  Tensor parameter_;
};

std::string options_prefix(const optim::Optimizer& optimizer, size_t group) {
  return "groups." + std::to_string(group) + "." + optimizer.name() + ".";
}

std::string state_prefix(size_t parameter) { return "state." + std::to_string(parameter) + "."; }

// What stands before the second dot of each name, with it: of "state.3.exp_avg" that is "state.3.".
std::set<std::string> first_two_parts(const StateDict& tensors) {
  std::set<std::string> prefixes;
  for (const auto& item : tensors) {
    const std::string& name = item.key();
    prefixes.insert(name.substr(0, name.find('.', name.find('.') + 1) + 1));
  }
  return prefixes;
}

// The parameters of all groups, each once, in the order in which they are numbered.
std::vector<Tensor> numbered_parameters(const optim::Optimizer& optimizer) {
  std::vector<Tensor> parameters;
  std::set<const void*> seen;
  for (const optim::OptimizerParamGroup& group : optimizer.param_groups())
    for (const Tensor& parameter : group.params())
      if (seen.insert(parameter.impl()).second) parameters.push_back(parameter);
  return parameters;
}

// ---- check all, then copy all ----

Commit prepare(nn::Module& module, const StateDict& tensors, const std::string& origin,
               const std::string& prefix) {
  const NoGradGuard guard;
  Source source(tensors, origin, prefix);
  std::vector<std::pair<Tensor, Tensor>> copies;
  for (const auto& named : {module.named_parameters(), module.named_buffers()})
    for (const auto& item : named) {
      const Tensor& target = item.value();
      check_in_place(target, "load", /*is_recorded=*/false);
      copies.emplace_back(target, source.take(item.key(), target.scalar_type(), target.sizes()).detach());
    }
  source.check_all_taken();
  return [copies] {
    const NoGradGuard no_grad;
    for (const auto& [target, values] : copies) target.copy_(values);
  };
}

Commit prepare(optim::Optimizer& optimizer, const StateDict& tensors, const std::string& origin,
               const std::string& prefix) {
  const NoGradGuard guard;
  Source source(tensors, origin, prefix);
  std::vector<optim::OptimizerParamGroup>& groups = optimizer.param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    const std::unique_ptr<optim::OptimizerOptions> trial = groups[i].options().clone();
    FieldReader reader(source, options_prefix(optimizer, i));
    trial->visit(reader);
    try {
      trial->check_values(optimizer.name());
    } catch (const Error& error) {
      fail("load", origin, "the options ", safetensors::quoted(prefix + options_prefix(optimizer, i) + "*"),
           " are refused: ", error.what());
    }
  }
  const auto states = std::make_shared<optim::Optimizer::States>();
  const std::vector<Tensor> parameters = numbered_parameters(optimizer);
  const std::set<std::string> places = first_two_parts(tensors);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const std::string place = state_prefix(i);
    if (!places.contains(place)) continue;
    std::unique_ptr<optim::OptimizerParamState> state = optimizer.make_state();
    FieldReader reader(source, place, parameters[i]);
    state->visit(reader);
    states->emplace(parameters[i].impl(), std::move(state));
  }
  source.check_all_taken();
  return [&optimizer, tensors, states] {
    // The options stay where they are: programs hold references to them.
    Source again(tensors, "", "");
    for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
      FieldReader reader(again, options_prefix(optimizer, i));
      optimizer.param_groups()[i].options().visit(reader);
    }
    optimizer.state() = std::move(*states);
  };
}

Commit prepare(optim::LRScheduler& scheduler, const StateDict& tensors, const std::string& origin,
               const std::string& prefix) {
  Source source(tensors, origin, prefix);
  const int64_t count = source.take_count("step_count");
  source.check_all_taken();
  return [&scheduler, count] { scheduler.set_step_count(count); };
}

Commit prepare(Generator& generator, const StateDict& tensors, const std::string& origin,
               const std::string& prefix) {
  Source source(tensors, origin, prefix);
  Generator trial;
  const Tensor state = source.take("state", kLong, trial.get_state().sizes());
  try {
    trial.set_state(state);
  } catch (const Error& error) {
    source.refuse("state", "is no state of a generator: ", error.what());
  }
  source.check_all_taken();
  return [&generator, state] {
    const std::lock_guard lock(generator.mutex());
    generator.set_state(state);
  };
}

void write(const std::string& path, StateDict tensors) { safetensors::write(path, {std::move(tensors), {}}); }

template <class Thing>
void load_thing(Thing& thing, const std::string& path) {
  prepare(thing, safetensors::read(path).tensors, path + ": ", "")();
}

}  // namespace

// ---- state dicts ----

StateDict state_dict(const nn::Module& module) {
  StateDict tensors("Tensor");
  for (const auto& named : {module.named_parameters(), module.named_buffers()})
    for (const auto& item : named) tensors.insert(item.key(), item.value().detach());
  return tensors;
}

StateDict state_dict(const optim::Optimizer& optimizer) {
  StateDict tensors("Tensor");
  // Visiting is one function for reading and writing; a copy takes the place of what is only read here.
  for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    FieldWriter writer(tensors, options_prefix(optimizer, i));
    optimizer.param_groups()[i].options().clone()->visit(writer);
  }
  const std::vector<Tensor> parameters = numbered_parameters(optimizer);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto state = optimizer.state().find(parameters[i].impl());
    if (state == optimizer.state().end()) continue;
    FieldWriter writer(tensors, state_prefix(i));
    state->second->clone()->visit(writer);
  }
  return tensors;
}

StateDict state_dict(const optim::LRScheduler& scheduler) {
  return {{"step_count", full({}, scheduler.step_count(), kLong)}};
}

StateDict state_dict(Generator& generator) {
  const std::lock_guard lock(generator.mutex());
  return {{"state", generator.get_state()}};
}

void load_state_dict(nn::Module& module, const StateDict& tensors) { prepare(module, tensors, "", "")(); }
void load_state_dict(optim::Optimizer& optimizer, const StateDict& tensors) {
  prepare(optimizer, tensors, "", "")();
}
void load_state_dict(optim::LRScheduler& scheduler, const StateDict& tensors) {
  prepare(scheduler, tensors, "", "")();
}
void load_state_dict(Generator& generator, const StateDict& tensors) {
  prepare(generator, tensors, "", "")();
}

// ---- files ----

void save(const nn::Module& module, const std::string& path) { write(path, state_dict(module)); }
void save(const optim::Optimizer& optimizer, const std::string& path) { write(path, state_dict(optimizer)); }
void save(const Tensor& tensor, const std::string& path) { save(std::vector<Tensor>{tensor}, path); }

void save(const std::vector<Tensor>& tensors, const std::string& path) {
  StateDict named("Tensor");
  for (size_t i = 0; i < tensors.size(); ++i) named.insert(std::to_string(i), tensors[i]);
  write(path, std::move(named));
}

void load(nn::Module& module, const std::string& path) { load_thing(module, path); }
void load(optim::Optimizer& optimizer, const std::string& path) { load_thing(optimizer, path); }

void load(Tensor& tensor, const std::string& path) {
  std::vector<Tensor> tensors;
  load(tensors, path);
  check(tensors.size() == 1, "load", path, ": has ", tensors.size(), " tensors where one is expected");
  if (tensor.defined())
    tensor.set_data(tensors[0]);
  else
    tensor = tensors[0];
}

static std::string some_names(const StateDict& tensors) {
  constexpr size_t most = 4;
  std::string names;
  for (size_t i = 0; i < std::min(tensors.size(), most); ++i)
    names += (i == 0 ? "" : ", ") + safetensors::quoted(tensors[i].key());
  return names + (tensors.size() > most ? ", …" : "");
}

void load(std::vector<Tensor>& tensors, const std::string& path) {
  const StateDict named = safetensors::read(path).tensors;
  std::vector<Tensor> loaded;
  for (size_t i = 0; i < named.size(); ++i) {
    const Tensor* const found = named.find(std::to_string(i));
    if (found == nullptr)
      fail("load", path, ": is no saved tensor or list of tensors: it has no '", i, "' among its ",
           named.size(), " names ", some_names(named));
    loaded.push_back(*found);
  }
  tensors.insert(tensors.end(), loaded.begin(), loaded.end());
}

// ---- several things in one file ----

template <class Thing>
void Checkpoint::add_part(std::string name, std::shared_ptr<Thing> thing) {
  check(thing != nullptr, "Checkpoint", "'", name, "' is null");
  check(!name.empty() && name.find('.') == std::string::npos, "Checkpoint",
        "a name must not be empty, nor contain a dot (got '", name, "')");
  check(!parts_.contains(name), "Checkpoint", "Part '", name, "' already defined");
  Part part;
  part.tensors = [thing] { return state_dict(*thing); };
  part.prepare = [thing, name](const StateDict& tensors, const std::string& path) {
    return frost::prepare(*thing, tensors, path + ": ", name + ".");
  };
  parts_.insert(std::move(name), std::move(part));
}

// A handle on what belongs to the caller.
template <class Thing>
static std::shared_ptr<Thing> borrowed(Thing& thing) {
  return {std::shared_ptr<void>(), &thing};
}

void Checkpoint::add(std::string name, nn::Module& module) { add_part(std::move(name), borrowed(module)); }
void Checkpoint::add(std::string name, std::shared_ptr<nn::Module> module) {
  add_part(std::move(name), std::move(module));
}
void Checkpoint::add(std::string name, optim::Optimizer& optimizer) {
  add_part(std::move(name), borrowed(optimizer));
}
void Checkpoint::add(std::string name, optim::LRScheduler& scheduler) {
  add_part(std::move(name), borrowed(scheduler));
}
void Checkpoint::add(std::string name, Generator& generator) {
  add_part(std::move(name), borrowed(generator));
}

void Checkpoint::save(const std::string& path) const {
  safetensors::Contents contents;
  contents.metadata = metadata;
  for (const auto& part : parts_)
    for (const auto& item : part.value().tensors())
      contents.tensors.insert(part.key() + "." + item.key(), item.value());
  safetensors::write(path, contents);
}

void Checkpoint::load(const std::string& path) {
  safetensors::Contents contents = safetensors::read(path);
  std::map<std::string, StateDict> of_parts;
  for (const auto& item : contents.tensors) {
    const size_t dot = item.key().find('.');
    const std::string part = item.key().substr(0, dot);
    if (dot == std::string::npos || !parts_.contains(part))
      fail("load", path, ": tensor ", safetensors::quoted(item.key()),
           " belongs to no part of this checkpoint");
    of_parts[part].insert(item.key().substr(dot + 1), item.value());
  }
  std::vector<Commit> commits;
  for (const auto& part : parts_) commits.push_back(part.value().prepare(of_parts[part.key()], path));
  for (const Commit& commit : commits) commit();
  metadata = std::move(contents.metadata);
}

}  // namespace frost
