// AnyModule: a module of any class that has a forward, whatever its arguments: what Sequential is made of.
#pragma once

#include <frost/nn/module.hpp>

#include <any>
#include <tuple>

// libtorch's way to name the default arguments of forward in a module class. frost finds them itself.
#ifndef FORWARD_HAS_DEFAULT_ARGS
#define FORWARD_HAS_DEFAULT_ARGS(...)
#endif

namespace frost::nn {

template <class M>
concept IsModule = std::is_base_of_v<Module, std::remove_cvref_t<M>>;

class AnyModule {
 public:
  AnyModule() = default;  // holds nothing yet
  template <IsModule M>
  explicit AnyModule(std::shared_ptr<M> module)
      : module_(std::move(module)), forward_(forward_of<M>(&M::forward)) {}
  template <IsModule M>
  explicit AnyModule(M&& module)
      : AnyModule(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(module))) {}
  template <class Impl>
  explicit AnyModule(const ModuleHolder<Impl>& holder) : AnyModule(holder.ptr()) {}

  // module.forward(arguments…). Errors: arguments of other types or number than forward takes, default
  // arguments allowed for; a result that is no Result.
  template <class... Arguments>
  std::any any_forward(Arguments&&... arguments) const {
    check(!is_empty(), "AnyModule", "Cannot call forward() on an empty AnyModule");
    std::vector<std::any> values;
    (values.emplace_back(std::forward<Arguments>(arguments)), ...);
    return forward_(*module_, values);
  }
  template <class Result = Tensor, class... Arguments>
  Result forward(Arguments&&... arguments) const {
    return result<Result>(any_forward(std::forward<Arguments>(arguments)...));
  }
  // What any_forward returned.
  template <class Result>
  static Result result(std::any value) {
    Result* const found = std::any_cast<Result>(&value);
    check(found != nullptr, "AnyModule", "The type of the return value is ", detail::class_name(value.type()),
          ", but you asked for type ", detail::class_name(typeid(Result)));
    return std::move(*found);
  }

  std::shared_ptr<Module> ptr() const {
    check(!is_empty(), "AnyModule", "Cannot call ptr() on an empty AnyModule");
    return module_;
  }
  template <IsModule M>
  std::shared_ptr<M> ptr() const {
    const std::shared_ptr<M> found = std::dynamic_pointer_cast<M>(ptr());
    check(found != nullptr, "AnyModule", "Attempted to cast module of type ", detail::class_name(type_info()),
          " to type ", detail::class_name(typeid(M)));
    return found;
  }
  template <IsModule M>
  M& get() const {
    return *ptr<M>();
  }
  template <class Holder, class Impl = typename Holder::ContainedType>
  Holder get() const {
    return Holder(ptr<Impl>());
  }
  const std::type_info& type_info() const {
    const Module& module = *ptr();
    return typeid(module);
  }
  bool is_empty() const noexcept { return module_ == nullptr; }

  AnyModule clone() const {
    AnyModule copy = *this;
    if (!is_empty()) copy.module_ = module_->clone();
    return copy;
  }

 private:
  using Forward = std::any (*)(Module& module, std::vector<std::any>& arguments);

  template <class M, class Class, class Result, class... Parameters>
  static Forward forward_of(Result (Class::*)(Parameters...)) {
    return &call<M, Parameters...>;
  }
  template <class M, class Class, class Result, class... Parameters>
  static Forward forward_of(Result (Class::*)(Parameters...) const) {
    return &call<M, Parameters...>;
  }

  template <class M, class... Parameters>
  static std::any call(Module& module, std::vector<std::any>& arguments) {
    return call_with<M, std::tuple<std::decay_t<Parameters>...>>(dynamic_cast<M&>(module), arguments,
                                                                 std::index_sequence_for<Parameters...>());
  }

  // With the first of forward's parameters, where that many arguments were given; else with one less.
  template <class M, class Parameters, size_t... I>
  static std::any call_with(M& module, std::vector<std::any>& arguments, std::index_sequence<I...>) {
    if constexpr (requires { module.forward(std::declval<std::tuple_element_t<I, Parameters>>()...); })
      if (arguments.size() == sizeof...(I))
        return module.forward(argument<std::tuple_element_t<I, Parameters>>(arguments, I)...);
    if constexpr (sizeof...(I) > 0)
      return call_with<M, Parameters>(module, arguments, std::make_index_sequence<sizeof...(I) - 1>());
    else
      fail("AnyModule", detail::class_name(typeid(M)), "'s forward() method expects ",
           std::tuple_size_v<Parameters>, " argument(s), but received ", arguments.size(), ".");
  }

  template <class T>
  static T&& argument(std::vector<std::any>& arguments, size_t place) {
    T* const value = std::any_cast<T>(&arguments[place]);
    check(value != nullptr, "AnyModule", "Expected argument #", place, " to be of type ",
          detail::class_name(typeid(T)), ", but received value of type ",
          detail::class_name(arguments[place].type()));
    return std::move(*value);
  }

  std::shared_ptr<Module> module_;
  Forward forward_ = nullptr;
};

// A module with the name it is to have: {"fc", nn::Linear(2, 3)}.
class NamedAnyModule {
 public:
  NamedAnyModule(std::string name, AnyModule module) : name_(std::move(name)), module_(std::move(module)) {}
  template <class M>
  requires std::is_constructible_v<AnyModule, M> NamedAnyModule(std::string name, M&& module)
      : NamedAnyModule(std::move(name), AnyModule(std::forward<M>(module))) {}

  const std::string& name() const noexcept { return name_; }
  AnyModule& module() noexcept { return module_; }
  const AnyModule& module() const noexcept { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

}  // namespace frost::nn
