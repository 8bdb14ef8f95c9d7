// ModuleList: modules in a list, for a forward that is written out.
//
//   for (const auto& layer : *layers) x = layer->as<nn::Linear>()->forward(x);
#pragma once

#include <frost/nn/any_module.hpp>
#include <frost/nn/cloneable.hpp>

namespace frost::nn {

// Registered as "0", "1", …
class ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl() = default;
  template <class First, class... Rest>
  requires(!(sizeof...(Rest) == 0 &&
             std::is_base_of_v<ModuleListImpl,
                               std::remove_cvref_t<First>>)) explicit ModuleListImpl(First&& first,
                                                                                     Rest&&... rest) {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }

  void reset() override {}
  std::shared_ptr<Module> clone() const override;
  void pretty_print(std::ostream& out) const override;

  void push_back(std::shared_ptr<Module> module) { insert(size(), std::move(module)); }
  template <IsModule M>
  void push_back(M&& module) {
    insert(size(), std::forward<M>(module));
  }
  template <class Impl>
  void push_back(const ModuleHolder<Impl>& holder) {
    insert(size(), holder);
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }
  // Before the one at this place; those after it move up, in their names too.
  void insert(size_t index, std::shared_ptr<Module> module);
  template <IsModule M>
  void insert(size_t index, M&& module) {
    insert(index, std::shared_ptr<Module>(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(module))));
  }
  template <class Impl>
  void insert(size_t index, const ModuleHolder<Impl>& holder) {
    insert(index, std::shared_ptr<Module>(holder.ptr()));
  }

  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

  // The module at a place; with M, as what it is: at is an error, ptr is null where it is no M.
  template <IsModule M>
  M& at(size_t index) const {
    const std::shared_ptr<M> module = ptr<M>(index);
    check(module != nullptr, "ModuleList", "the module at ", index, " is a ", ptr(index)->name());
    return *module;
  }
  std::shared_ptr<Module> ptr(size_t index) const {
    check(index < size(), "ModuleList", "Index out of range: ", index, " of ", size(), " modules");
    return modules_[index];
  }
  template <IsModule M>
  std::shared_ptr<M> ptr(size_t index) const {
    return std::dynamic_pointer_cast<M>(ptr(index));
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};
TORCH_MODULE(ModuleList);

}  // namespace frost::nn
