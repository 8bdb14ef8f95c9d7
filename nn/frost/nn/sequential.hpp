// Sequential: modules one after the other; Functional: a function as one of them.
//
//   nn::Sequential net(nn::Linear(3, 8), nn::Functional(frost::tanh), nn::Linear(8, 1));
//   nn::Sequential named({{"hidden", nn::Linear(3, 8)}, {"act", nn::ReLU()}});
#pragma once

#include <frost/nn/any_module.hpp>
#include <frost/nn/cloneable.hpp>

#include <initializer_list>

namespace frost::nn {

// forward(x…): the first module's forward takes the arguments, each other the result of the one before. The
// modules are registered as "0", "1", … unless they are given names. One Sequential in another is an error of
// the compiler, as in libtorch: its forward takes arguments of any type.
class SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;

  SequentialImpl() = default;
  template <class... Modules>
  requires(sizeof...(Modules) > 0 && (std::is_constructible_v<AnyModule, Modules> &&
                                      ...)) explicit SequentialImpl(Modules&&... modules) {
    (push_back(AnyModule(std::forward<Modules>(modules))), ...);
  }
  explicit SequentialImpl(OrderedDict<std::string, AnyModule>&& modules);
  explicit SequentialImpl(std::initializer_list<NamedAnyModule> modules);

  void reset() override {}
  std::shared_ptr<Module> clone() const override;
  void pretty_print(std::ostream& out) const override;

  template <class Result = Tensor, class... Arguments>
  Result forward(Arguments&&... arguments) const {
    check(!is_empty(), "Sequential", "Cannot call forward() on an empty Sequential");
    std::any value = modules_[0].any_forward(std::forward<Arguments>(arguments)...);
    for (size_t i = 1; i < modules_.size(); ++i) value = modules_[i].any_forward(std::move(value));
    return AnyModule::result<Result>(std::move(value));
  }

  void push_back(AnyModule module) { push_back(std::to_string(size()), std::move(module)); }
  void push_back(std::string name, AnyModule module);
  template <class M>
  requires std::is_constructible_v<AnyModule, M>
  void push_back(M&& module) { push_back(AnyModule(std::forward<M>(module))); }
  template <class M>
  requires std::is_constructible_v<AnyModule, M>
  void push_back(std::string name, M&& module) {
    push_back(std::move(name), AnyModule(std::forward<M>(module)));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

  // The module at a place; with M, as what it is. Errors: no such place, or no M.
  template <IsModule M>
  M& at(size_t index) const {
    return module(index).get<M>();
  }
  std::shared_ptr<Module> ptr(size_t index) const { return module(index).ptr(); }
  template <IsModule M>
  std::shared_ptr<M> ptr(size_t index) const {
    return module(index).ptr<M>();
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }

 private:
  const AnyModule& module(size_t index) const {
    check(index < size(), "Sequential", "Index out of range: ", index, " of ", size(), " modules");
    return modules_[index];
  }

  std::vector<AnyModule> modules_;
};

class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;

  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}
};

// f(x), or f(x, arguments…) with arguments that stay.
class FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  using Function = std::function<Tensor(Tensor)>;

  explicit FunctionalImpl(Function function) : function_(std::move(function)) {}
  template <class F, class... Arguments>
  requires(sizeof...(Arguments) > 0) explicit FunctionalImpl(F function, Arguments... arguments)
      : function_([function, arguments...](const Tensor& x) { return function(x, arguments...); }) {}
  void reset() override {}
  Tensor forward(const Tensor& x) const { return function_(x); }
  void pretty_print(std::ostream& out) const override;

 private:
  Function function_;
};
TORCH_MODULE(Functional);

}  // namespace frost::nn
