// Cloneable: modules that can be copied whole.
//
//   struct NetImpl : frost::nn::Cloneable<NetImpl> {
//     NetImpl() { reset(); }
//     void reset() override { fc = register_module("fc", frost::nn::Linear(3, 1)); }
//     frost::nn::Linear fc{nullptr};
//   };
#pragma once

#include <frost/grad_mode.hpp>
#include <frost/nn/module.hpp>

namespace frost::nn {

// Base is what Derived shares with other modules.
template <class Derived, class Base>
class Cloneable : public Base {
 public:
  using Base::Base;

  // Registers the parameters, buffers and modules, and fills them. The constructor calls it, and so does
  // clone, which needs others than the original's.
  virtual void reset() = 0;

  std::shared_ptr<Module> clone() const override {
    const NoGradGuard guard;
    const auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    copy->forget_members();
    copy->reset();
    copy->copy_members(*this);
    return copy;
  }

 private:
  void become_clone_of(const Module& original) override {
    const auto copy = std::dynamic_pointer_cast<Derived>(original.clone());
    check(
        copy != nullptr, "clone",
        "Attempted to clone submodule, but it is of a different type than the submodule it was to be cloned "
        "into");
    const std::string path = this->path_;
    static_cast<Derived&>(*this) = std::move(*copy);
    this->move_to(path);
  }
};

}  // namespace frost::nn
