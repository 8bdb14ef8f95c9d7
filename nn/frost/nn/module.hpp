// Module: something with parameters, and the holders through which modules are passed around.
//
//   struct NetImpl : frost::nn::Module {
//     NetImpl() : fc(register_module("fc", frost::nn::Linear(3, 1))) {}
//     frost::Tensor forward(const frost::Tensor& x) { return fc(x).tanh(); }
//     frost::nn::Linear fc{nullptr};
//   };
//   TORCH_MODULE(Net);
#pragma once

#include <frost/nn/ordered_dict.hpp>
#include <frost/options.hpp>
#include <frost/tensor.hpp>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace frost::nn {

template <class Impl>
class ModuleHolder;
class Module;
template <class Derived, class Base = Module>
class Cloneable;

namespace detail {
std::string class_name(const std::type_info& type);  // as it stands in the source
}

class Module : public std::enable_shared_from_this<Module> {
 public:
  Module() = default;
  explicit Module(std::string name) : name_(std::move(name)) {}
  virtual ~Module() = default;

  // The class's name unless one was given to the constructor: "LinearImpl".
  const std::string& name() const;

  // ---- what it consists of ----
  // Each of these goes through the module's own first, then, with recurse, through its children in the order
  // of their registration. Names are joined with dots: "encoder.fc.weight".
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(const std::string& name_prefix = "",
                                                                  bool include_self = true) const;
  // Calls f on this module and every one below it, parents first: f(module), with the Module& or the
  // shared_ptr<Module>, or f(name, module).
  void apply(const std::function<void(Module&)>& f);
  void apply(const std::function<void(const Module&)>& f) const;
  void apply(const std::function<void(const std::shared_ptr<Module>&)>& f) const;
  void apply(const std::function<void(const std::string&, Module&)>& f, const std::string& name_prefix = "");
  void apply(const std::function<void(const std::string&, const std::shared_ptr<Module>&)>& f,
             const std::string& name_prefix = "") const;

  // ---- what it is made of: for constructors ----
  // A parameter without a name gets that by which the outermost module knows it, "0.weight", so that what
  // frost says of it can be told from what it says of others. A module in two others has its names from the
  // first.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  Tensor& register_buffer(std::string name, Tensor tensor);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module) {
    register_child(std::move(name), module);
    return module;
  }
  template <class Impl>
  std::shared_ptr<Impl> register_module(std::string name, ModuleHolder<Impl> holder) {
    return register_module(std::move(name), holder.ptr());
  }
  // Puts a module in the place of the one registered under this name.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module) {
    replace_child(name, module);
    return module;
  }
  template <class Impl>
  std::shared_ptr<Impl> replace_module(const std::string& name, ModuleHolder<Impl> holder) {
    return replace_module(name, holder.ptr());
  }

  // ---- how it is used ----
  // Whether dropout drops. On at first.
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }
  // Zeroes the grads of the parameters, or with set_to_none makes them absent.
  virtual void zero_grad(bool set_to_none = false);
  // Converts parameters and buffers of floating point.
  virtual void to(Dtype dtype);
  // Freezes every parameter: requires_grad false and its grad absent, so that optimisers pass it by.
  void freeze() { set_requires_grad(false); }
  void unfreeze() { set_requires_grad(true); }

  // A copy with parameters, buffers and modules of its own, which have the same values and are frozen where
  // these are. An error for a module that is not Cloneable.
  virtual std::shared_ptr<Module> clone() const;

  template <class M>
  auto* as() noexcept {  // the module as an M, or null; M may be the holder or the Impl
    if constexpr (requires { typename M::ContainedType; })
      return dynamic_cast<typename M::ContainedType*>(this);
    else
      return dynamic_cast<M*>(this);
  }

  // One line, as libtorch prints it: "torch::nn::Linear(in_features=3, out_features=1, bias=true)".
  virtual void pretty_print(std::ostream& out) const;

 private:
  template <class Derived, class Base>
  friend class Cloneable;
  // The steps of clone: a copy of the object shares what the original registered; it forgets that, registers
  // its own anew, then takes over the values.
  void forget_members();
  void copy_members(const Module& original);
  virtual void become_clone_of(const Module& original);

  void register_child(std::string name, std::shared_ptr<Module> module);
  void replace_child(const std::string& name, std::shared_ptr<Module> module);
  // Names what is called by its place after another one.
  void move_to(const std::string& path);
  void set_requires_grad(bool required);

  std::string name_;  // empty: that of its class
  std::string path_;  // its place in the outermost module, "encoder.fc.": with this names begin
  bool is_training_ = true;
  OrderedDict<std::string, Tensor> parameters_{"Parameter"};
  OrderedDict<std::string, Tensor> buffers_{"Buffer"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};
};

std::ostream& operator<<(std::ostream& out, const Module& module);  // the module and those below it, indented

// A shared handle on a module: what libtorch programs pass around as nn::Linear, the module itself being
// LinearImpl.
template <class Impl>
class ModuleHolder {
 public:
  using ContainedType = Impl;

  ModuleHolder() : impl_(std::make_shared<Impl>()) {}
  ModuleHolder(std::nullptr_t) {}  // holds nothing yet
  ModuleHolder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  template <class First, class... Rest>
  requires(!(sizeof...(Rest) == 0 &&
             (std::is_base_of_v<ModuleHolder, std::remove_cvref_t<First>> ||
              std::is_convertible_v<First, std::shared_ptr<Impl>>))) explicit ModuleHolder(First&& first,
                                                                                           Rest&&... rest)
      : impl_(std::make_shared<Impl>(std::forward<First>(first), std::forward<Rest>(rest)...)) {}

  explicit operator bool() const noexcept { return impl_ != nullptr; }
  bool is_empty() const noexcept { return impl_ == nullptr; }
  Impl* get() const { return ptr().get(); }
  Impl* operator->() const { return get(); }
  Impl& operator*() const { return *get(); }
  const std::shared_ptr<Impl>& ptr() const {
    check(!is_empty(), "ModuleHolder", "Accessing empty ModuleHolder");
    return impl_;
  }

  template <class... Args>
  auto operator()(Args&&... args) const {
    return get()->forward(std::forward<Args>(args)...);
  }
  template <class Index>
  decltype(auto) operator[](Index&& index) const {
    return (*get())[std::forward<Index>(index)];
  }

 private:
  std::shared_ptr<Impl> impl_;
};

template <class Impl>
std::ostream& operator<<(std::ostream& out, const ModuleHolder<Impl>& holder) {
  return out << static_cast<const Module&>(*holder);
}

}  // namespace frost::nn

// libtorch's way to name the holder of NameImpl: TORCH_MODULE(Name);
#ifndef TORCH_MODULE
#define TORCH_MODULE(Name)                                   \
  class Name : public frost::nn::ModuleHolder<Name##Impl> {  \
   public:                                                   \
    using frost::nn::ModuleHolder<Name##Impl>::ModuleHolder; \
    using Impl = Name##Impl;                                 \
  }
#endif
