// peer_frost, peer_torch: run the sections whose names begin with the arguments given, or all of them.
#include "peer.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>

namespace peer {

namespace {

std::map<std::string, std::function<void()>>& sections() {
  static std::map<std::string, std::function<void()>> all;
  return all;
}

std::map<std::string, std::function<int(const std::vector<std::string>&)>>& commands() {
  static std::map<std::string, std::function<int(const std::vector<std::string>&)>> all;
  return all;
}

template <class T>
std::string text_of(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

template <class T>
std::string element_text(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return peer::text_of(static_cast<double>(value), std::is_same_v<T, float> ? 9 : 17);
  else
    return std::to_string(static_cast<int64_t>(value));
}

template <class T>
std::string elements_text(const fw::Tensor& x) {
  std::string text;
  const T* values = x.data_ptr<T>();
  for (int64_t i = 0; i < x.numel(); ++i) text += (i == 0 ? "" : ", ") + element_text(values[i]);
  return text;
}

std::string values_text(const fw::Tensor& x) {
  const fw::NoGradGuard guard;
  const fw::Tensor flat = dense(x);
  switch (flat.scalar_type()) {
    case fw::kBool:
      return elements_text<bool>(flat);
    case fw::kLong:
      return elements_text<int64_t>(flat);
    case fw::kFloat:
      return elements_text<float>(flat);
    case fw::kDouble:
      return elements_text<double>(flat);
    default:
      return "!! a dtype that frost does not have: " + text_of(flat.scalar_type());
  }
}

void line(const std::string& name, const std::string& text) { std::cout << name << ": " << text << '\n'; }

}  // namespace

Section::Section(std::string name, std::function<void()> run) {
  if (!sections().emplace(name, std::move(run)).second) {
    std::cerr << "two sections are named " << name << '\n';
    std::abort();
  }
}

Command::Command(std::string name, std::function<int(const std::vector<std::string>&)> run) {
  commands().emplace(std::move(name), std::move(run));
}

std::string text_of(double value, int digits) {
  if (std::isnan(value)) return "nan";
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
  std::string text = buffer;
  if (text.find_first_of(".ein") == std::string::npos) text += '.';
  return text;
}

std::string first_line(const std::exception& error) {
  const std::string message = error.what();  // libtorch's goes on with where it was raised, and a backtrace
  return message.substr(0, message.find('\n'));
}

fw::Tensor dense(const fw::Tensor& x) {
#ifdef FROST_PEER_TORCH
  if (x._is_zerotensor()) return fw::zeros(x.sizes(), x.options());
#endif
  return x.detach().contiguous();
}

std::string grad_fn_name(const fw::Tensor& x) { return x.grad_fn() ? x.grad_fn()->name() : "none"; }

void show(const std::string& name, const fw::Tensor& x) {
  if (!x.defined()) return line(name, "undefined");
  line(name, text_of(x.scalar_type()) + text_of(x.sizes()) + " requires_grad=" +
                 (x.requires_grad() ? "1" : "0") + " is_leaf=" + (x.is_leaf() ? "1" : "0") +
                 " grad_fn=" + grad_fn_name(x) + " {" + values_text(x) + "}");
}

void show_values(const std::string& name, const fw::Tensor& x) {
  if (!x.defined()) return line(name, "undefined");
  line(name, text_of(x.scalar_type()) + text_of(x.sizes()) + " {" + values_text(x) + "}");
}

void show(const std::string& name, const std::vector<fw::Tensor>& xs) {
  line(name, std::to_string(xs.size()) + " tensors");
  for (size_t i = 0; i < xs.size(); ++i) show(name + "[" + std::to_string(i) + "]", xs[i]);
}

void show(const std::string& name, double value) { line(name, text_of(value, 17)); }
void show(const std::string& name, int64_t value) { line(name, std::to_string(value)); }
void show(const std::string& name, bool value) { line(name, value ? "true" : "false"); }
void show(const std::string& name, const std::string& value) { line(name, value); }
void show(const std::string& name, fw::IntArrayRef values) { line(name, text_of(values)); }
void show(const std::string& name, fw::Dtype dtype) { line(name, text_of(dtype)); }

void show_error(const std::string& phrase, const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& error) {
    const std::string message = error.what();
    if (message.find(phrase) != std::string::npos)
      line("error", phrase);
    else
      line("error", "!! expected \"" + phrase + "\", got \"" + first_line(error) + "\"");
    return;
  }
  line("error", "!! expected \"" + phrase + "\", but nothing was thrown");
}

void show_whether_throws(const std::string& name, const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception&) {
    return line(name, "throws");
  }
  line(name, "does not throw");
}

void attempt(const std::string& name, const std::function<fw::Tensor()>& f) {
  fw::Tensor result;
  try {
    result = f();
  } catch (const std::exception&) {
    return line(name, "throws");
  }
  show_values(name, result);
}

}  // namespace peer

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    if (!arguments.empty() && peer::commands().count(arguments[0]) != 0)
      return peer::commands()[arguments[0]]({arguments.begin() + 1, arguments.end()});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  for (const auto& [name, run] : peer::sections()) {
    bool chosen = arguments.empty();
    for (const std::string& prefix : arguments) chosen |= name.compare(0, prefix.size(), prefix) == 0;
    if (!chosen) continue;
    std::cout << "== " << name << '\n';
    try {
      run();
    } catch (const std::exception& error) {
      std::cout << "!! left by an exception: " << peer::first_line(error) << '\n';
    }
    std::cout.flush();
  }
  return 0;
}
