#include <frost/nn/module.hpp>

#include <frost/grad_mode.hpp>
#include <frost/nn/zero_grad.hpp>
#include <frost/ops.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <map>
#include <mutex>
#include <ostream>
#include <typeindex>
#include <typeinfo>

namespace frost::nn {

std::string detail::class_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? demangled.get() : type.name();
}

namespace {

void check_name(const std::string& name, const char* what, const char* function) {
  check(!name.empty(), function, what, " name must not be empty");
  check(name.find('.') == std::string::npos, function, what, " name must not contain a dot (got '", name,
        "')");
}

std::string joined(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

// The modules below `module`, with the path of each, parents before their children.
void collect(const std::string& prefix, const std::shared_ptr<Module>& module,
             OrderedDict<std::string, std::shared_ptr<Module>>& found) {
  for (const auto& child : module->named_children()) {
    const std::string path = joined(prefix, child.key());
    found.insert(path, child.value());
    collect(path, child.value(), found);
  }
}

void print_indented(std::ostream& out, const Module& module, const std::string& indentation) {
  module.pretty_print(out);
  if (module.children().empty()) return;
  out << "(\n";
  for (const auto& child : module.named_children()) {
    out << indentation << "  (" << child.key() << "): ";
    print_indented(out, *child.value(), indentation + "  ");
    out << '\n';
  }
  out << indentation << ")";
}

}  // namespace

const std::string& Module::name() const {
  if (!name_.empty()) return name_;
  // For all threads: modules that they share are asked for their names, too.
  static std::mutex mutex;
  static std::map<std::type_index, std::string> names;
  const std::lock_guard<std::mutex> lock(mutex);
  std::string& name = names[typeid(*this)];
  if (name.empty()) name = detail::class_name(typeid(*this));
  return name;
}

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> found("Parameter");
  for (const auto& parameter : parameters_)
    if (parameter.value().defined()) found.insert(parameter.key(), parameter.value());
  if (!recurse) return found;
  for (const auto& child : children_)
    for (const auto& parameter : child.value()->named_parameters())
      found.insert(joined(child.key(), parameter.key()), parameter.value());
  return found;
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> found("Buffer");
  for (const auto& buffer : buffers_)
    if (buffer.value().defined()) found.insert(buffer.key(), buffer.value());
  if (!recurse) return found;
  for (const auto& child : children_)
    for (const auto& buffer : child.value()->named_buffers())
      found.insert(joined(child.key(), buffer.key()), buffer.value());
  return found;
}

std::vector<Tensor> Module::parameters(bool recurse) const { return named_parameters(recurse).values(); }
std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }
std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const { return children_; }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(const std::string& name_prefix,
                                                                        bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> found("Module");
  if (include_self) {
    const std::shared_ptr<const Module> self = weak_from_this().lock();
    check(
        self != nullptr, "named_modules",
        "It looks like you attempted to retrieve your top-level module as a shared_ptr, but it is not stored "
        "in a shared_ptr. Use std::make_shared<Net>() instead of creating your module on the stack.");
    found.insert(name_prefix, std::const_pointer_cast<Module>(self));
  }
  for (const auto& child : children_) {
    const std::string path = joined(name_prefix, child.key());
    found.insert(path, child.value());
    collect(path, child.value(), found);
  }
  return found;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules("", include_self).values();
}

void Module::apply(const std::function<void(Module&)>& f) {
  f(*this);
  for (const auto& child : children_) child.value()->apply(f);
}
void Module::apply(const std::function<void(const Module&)>& f) const {
  f(*this);
  for (const auto& child : children_) std::as_const(*child.value()).apply(f);
}
void Module::apply(const std::function<void(const std::shared_ptr<Module>&)>& f) const {
  for (const auto& module : modules()) f(module);
}
void Module::apply(const std::function<void(const std::string&, Module&)>& f,
                   const std::string& name_prefix) {
  f(name_prefix, *this);
  for (const auto& child : children_) child.value()->apply(f, joined(name_prefix, child.key()));
}
void Module::apply(const std::function<void(const std::string&, const std::shared_ptr<Module>&)>& f,
                   const std::string& name_prefix) const {
  for (const auto& module : named_modules(name_prefix)) f(module.key(), module.value());
}

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name(name, "Parameter", "register_parameter");
  check(!parameters_.contains(name), "register_parameter", "Parameter '", name, "' already defined");
  if (tensor.defined()) {
    tensor.set_requires_grad(requires_grad);
    if (tensor.name().empty()) tensor.set_name(path_ + name);
  }
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name(name, "Buffer", "register_buffer");
  return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::register_child(std::string name, std::shared_ptr<Module> module) {
  check_name(name, "Submodule", "register_module");
  check(module != nullptr, "register_module", "submodule '", name, "' is null");
  const std::string path = path_ + name + ".";
  Module& child = *children_.insert(std::move(name), std::move(module));
  if (child.path_.empty()) child.move_to(path);
}

void Module::replace_child(const std::string& name, std::shared_ptr<Module> module) {
  check(module != nullptr, "replace_module", "what is to replace submodule '", name, "' is null");
  const std::string path = path_ + name + ".";
  std::shared_ptr<Module>& place = children_[name];
  if (place->path_ == path) place->move_to("");
  place = std::move(module);
  place->move_to(path);
}

void Module::move_to(const std::string& path) {
  for (const auto& parameter : parameters_)
    if (parameter->defined() && parameter->name() == path_ + parameter.key())
      parameter->set_name(path + parameter.key());
  for (const auto& child : children_)
    if (child.value()->path_ == path_ + child.key() + ".") child.value()->move_to(path + child.key() + ".");
  path_ = path;
}

void Module::train(bool on) {
  for (const auto& child : children_) child.value()->train(on);
  is_training_ = on;
}

void Module::zero_grad(bool set_to_none) { nn::zero_grad(parameters(), set_to_none); }

void Module::to(Dtype dtype) {
  check(frost::is_floating_point(dtype), "to",
        "parameters and buffers of floating point can't be converted to ", dtype);
  const NoGradGuard guard;
  // The tensors stay who they are, since the module's members hold handles on them too.
  for (const std::vector<Tensor>& tensors : {parameters(), buffers()})
    for (const Tensor& tensor : tensors)
      if (tensor.is_floating_point()) tensor.set_data(tensor.to(dtype));
}

void Module::set_requires_grad(bool required) {
  for (const Tensor& parameter : parameters()) {
    parameter.requires_grad_(required);
    // An optimiser moves whatever has a grad, one left over from before included.
    if (!required) parameter.mutable_grad().reset();
  }
}

std::shared_ptr<Module> Module::clone() const {
  fail("clone", "clone() has not been implemented for ", name(), ". Subclass frost::nn::Cloneable<", name(),
       "> instead of frost::nn::Module to inherit the ability to clone.");
}

void Module::forget_members() {
  path_.clear();
  parameters_.clear();
  buffers_.clear();
  children_.clear();
}

void Module::copy_members(const Module& original) {
  const auto check_count = [](size_t mine, size_t theirs, const char* what, const char* registered_by) {
    check(mine == theirs, "clone", "The cloned module does not have the same number of ", what,
          " as the original module after calling reset(). Are you sure you called ", registered_by,
          "() inside reset() and not the constructor?");
  };
  check_count(parameters_.size(), original.parameters_.size(), "parameters", "register_parameter");
  check_count(buffers_.size(), original.buffers_.size(), "buffers", "register_buffer");
  check_count(children_.size(), original.children_.size(), "child modules", "register_module");
  for (const auto& parameter : original.named_parameters(/*recurse=*/false)) {
    const Tensor& copy = parameters_[parameter.key()];
    copy.set_data(parameter->clone());
    copy.set_requires_grad(parameter->requires_grad());
    const bool is_own = parameter->name() != original.path_ + parameter.key();
    copy.set_name(is_own ? parameter->name() : path_ + parameter.key());
  }
  for (const auto& buffer : original.named_buffers(/*recurse=*/false)) {
    const Tensor& copy = buffers_[buffer.key()];
    copy.set_data(buffer->clone());
    copy.set_name(buffer->name());
  }
  for (const auto& child : original.children_) children_[child.key()]->become_clone_of(*child.value());
}

void Module::become_clone_of(const Module&) { clone(); }  // which says that there can be none

void Module::pretty_print(std::ostream& out) const { out << name(); }

std::ostream& operator<<(std::ostream& out, const Module& module) {
  print_indented(out, module, "");
  return out;
}

}  // namespace frost::nn
