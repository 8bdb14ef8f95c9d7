#include <frost/nn/module_list.hpp>

#include <ostream>

namespace frost::nn {

std::shared_ptr<Module> ModuleListImpl::clone() const {
  const auto copy = std::make_shared<ModuleListImpl>();
  for (const std::shared_ptr<Module>& module : modules_) copy->push_back(module->clone());
  copy->train(is_training());
  return copy;
}

void ModuleListImpl::pretty_print(std::ostream& out) const { out << "torch::nn::ModuleList"; }

void ModuleListImpl::insert(size_t index, std::shared_ptr<Module> module) {
  check(index <= size(), "ModuleList", "Index out of range: ", index, " of ", size(), " modules");
  register_module(std::to_string(size()), module);
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  for (size_t i = index; i < size(); ++i) replace_module(std::to_string(i), modules_[i]);
}

}  // namespace frost::nn
