// Saving and loading: tensors, modules, optimisers, or a whole training, as safetensors files
// (<frost/safetensors.hpp>).
//
//   frost::save(net, "net.safetensors");                  one thing, as libtorch spells it
//   frost::load(net, "net.safetensors");
//
//   frost::Checkpoint checkpoint;                         a training, to be resumed bit for bit
//   checkpoint.add("model", net);
//   checkpoint.add("optimizer", optimizer);
//   checkpoint.add("generator", frost::default_generator());
//   checkpoint.metadata["epoch"] = "3";
//   checkpoint.save("run.safetensors");
//   checkpoint.load("run.safetensors");
//
// Saving replaces the file whole, or leaves what was there. Loading checks all, then copies all: where it
// throws, everything is as it was. It is an error where a tensor is missing, is one too many, or has another
// dtype or shape than its place, or where an optimiser's constructor would refuse its options; the message
// names it and the file.
//
// What is under which name:
//   a module         its named_parameters() and named_buffers(): "encoder.fc.weight". Whether a parameter
//                    requires grad is not saved.
//   an optimiser     options, "groups.0.AdamW.lr"; what it remembers of the i-th parameter that it holds,
//                    "state.3.exp_avg"
//   a scheduler      "step_count"
//   a generator      "state", Generator::get_state()
//   a tensor         "0"; of a list of tensors the i-th is "i"
#pragma once

#include <frost/nn/module.hpp>
#include <frost/nn/ordered_dict.hpp>
#include <frost/optim/optimizer.hpp>
#include <frost/optim/step_lr.hpp>
#include <frost/random.hpp>
#include <frost/tensor.hpp>

#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace frost {

using StateDict = OrderedDict<std::string, Tensor>;

// What a thing consists of, by name. The tensors of modules and optimisers are theirs, not copies.
StateDict state_dict(const nn::Module& module);
StateDict state_dict(const optim::Optimizer& optimizer);
StateDict state_dict(const optim::LRScheduler& scheduler);
StateDict state_dict(Generator& generator);

// Copies the values into it.
void load_state_dict(nn::Module& module, const StateDict& tensors);
void load_state_dict(optim::Optimizer& optimizer, const StateDict& tensors);
void load_state_dict(optim::LRScheduler& scheduler, const StateDict& tensors);
void load_state_dict(Generator& generator, const StateDict& tensors);

void save(const nn::Module& module, const std::string& path);
void save(const optim::Optimizer& optimizer, const std::string& path);
void save(const Tensor& tensor, const std::string& path);
void save(const std::vector<Tensor>& tensors, const std::string& path);
void load(nn::Module& module, const std::string& path);
void load(optim::Optimizer& optimizer, const std::string& path);
// A tensor that is defined takes over the values, shape and dtype and stays who it is: handles on it see
// them.
void load(Tensor& tensor, const std::string& path);
void load(std::vector<Tensor>& tensors, const std::string& path);  // appends them

// Several things in one file, and strings of one's own. They are named once; then save() writes what they are
// at the time, and load() puts them back to that. They must outlive the checkpoint, which shares modules that
// are given by holder or shared_ptr.
class Checkpoint {
 public:
  // Each name goes before the names of the part, with a dot. Errors: a name that is empty, has a dot, or is
  // there already.
  void add(std::string name, nn::Module& module);
  void add(std::string name, std::shared_ptr<nn::Module> module);
  void add(std::string name, optim::Optimizer& optimizer);
  void add(std::string name, optim::LRScheduler& scheduler);
  void add(std::string name, Generator& generator);
  template <class Impl>
  void add(std::string name, const nn::ModuleHolder<Impl>& holder) {
    add(std::move(name), std::shared_ptr<nn::Module>(holder.ptr()));
  }

  void save(const std::string& path) const;
  void load(const std::string& path);  // metadata becomes the file's

  std::map<std::string, std::string> metadata;

 private:
  struct Part {
    std::function<StateDict()> tensors;
    // Checks the tensors, named with this prefix in errors about this file; copies them once it is called.
    std::function<std::function<void()>(const StateDict& tensors, const std::string& path)> prepare;
  };
  template <class Thing>
  void add_part(std::string name, std::shared_ptr<Thing> thing);

  OrderedDict<std::string, Part> parts_{"Part"};
};

// The same by holder or shared_ptr.
template <class Impl>
StateDict state_dict(const nn::ModuleHolder<Impl>& holder) {
  return state_dict(static_cast<const nn::Module&>(*holder));
}
template <class Impl>
void load_state_dict(const nn::ModuleHolder<Impl>& holder, const StateDict& tensors) {
  load_state_dict(static_cast<nn::Module&>(*holder), tensors);
}
template <class Impl>
void save(const nn::ModuleHolder<Impl>& holder, const std::string& path) {
  save(static_cast<const nn::Module&>(*holder), path);
}
template <class Impl>
void load(const nn::ModuleHolder<Impl>& holder, const std::string& path) {
  load(static_cast<nn::Module&>(*holder), path);
}
template <std::derived_from<nn::Module> M>
void save(const std::shared_ptr<M>& module, const std::string& path) {
  check(module != nullptr, "save", "the module is null");
  save(static_cast<const nn::Module&>(*module), path);
}
template <std::derived_from<nn::Module> M>
void load(const std::shared_ptr<M>& module, const std::string& path) {
  check(module != nullptr, "load", "the module is null");
  load(static_cast<nn::Module&>(*module), path);
}

}  // namespace frost
