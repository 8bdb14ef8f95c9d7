// A program that draws its ops, and what they are called with, from the bytes of an input.
#pragma once

#include <frost/engine.hpp>

#include "bytes.hpp"

#include <algorithm>
#include <span>
#include <sstream>
#include <tuple>
#include <type_traits>
#include <vector>

namespace frost::fuzz {

// ---- what an op is called with where its type alone does not say it ----

struct Size {
  int64_t value;
  operator int64_t() const { return value; }
};
struct Sizes {
  std::vector<int64_t> all;
  operator IntArrayRef() const { return all; }
};
template <size_t most>
struct Integers {
  std::vector<int64_t> all;
  operator IntArrayRef() const { return all; }
};

class Program;
using Step = void (*)(Program&);
using Family = std::span<const Step>;

class Program {
 public:
  explicit Program(Bytes bytes) : bytes_(bytes) {}

  void run(std::span<const Family> families) {
    manual_seed(bytes_.byte());
    for (size_t i = 0; i < kMostOps && !bytes_.empty(); ++i) try {
        const Family family = families[bytes_.below(families.size())];
        family[bytes_.below(family.size())](*this);
      } catch (const Error&) {
      }
    for (const Tensor& x : tensors_) try {
        std::ostringstream() << x;
      } catch (const Error&) {
      }
    let_go();
  }

  // Calls op with arguments that are drawn in the order of its parameters, and keeps the tensors it returns.
  template <class Op>
  void call(const Op& op) {
    call(op, &Op::operator());
  }

  template <class T>
  T draw() {
    if constexpr (std::is_same_v<T, Tensor>)
      return any();
    else if constexpr (std::is_same_v<T, bool>)
      return bytes_.chance();
    else if constexpr (std::is_same_v<T, uint8_t>)
      return bytes_.byte();
    else if constexpr (std::is_same_v<T, int64_t>)
      return bytes_.integer();
    else if constexpr (std::is_same_v<T, double>)
      return bytes_.number();
    else
      return draw_one(static_cast<T*>(nullptr));
  }

 private:
  static constexpr size_t kMostTensors = 12, kMostOps = 40;
  static constexpr int64_t kMostElements = 256;

  template <class Op, class Result, class... Parameters>
  void call(const Op& op, Result (Op::*)(Parameters...) const) {
    // Braces, since they alone evaluate from left to right.
    const std::tuple<std::decay_t<Parameters>...> arguments{draw<std::decay_t<Parameters>>()...};
    if constexpr (std::is_void_v<Result>)
      std::apply(op, arguments);
    else
      keep(std::apply(op, arguments));
  }

  Tensor any() {
    if (tensors_.empty()) keep(ones({2, 3}, requires_grad()));
    return tensors_[bytes_.below(tensors_.size())];
  }
  Size draw_one(Size*) { return {bytes_.size()}; }
  Sizes draw_one(Sizes*) { return {bytes_.sizes()}; }
  template <size_t most>
  Integers<most> draw_one(Integers<most>*) {
    return {bytes_.integers(most)};
  }
  Dtype draw_one(Dtype*) { return std::array{kFloat, kDouble, kLong, kBool}[bytes_.below(4)]; }
  TensorOptions draw_one(TensorOptions*) {
    const TensorOptions options(draw<Dtype>());
    return options.requires_grad(bytes_.chance());
  }
  Scalar draw_one(Scalar*) {
    switch (bytes_.below(3)) {
      case 0:
        return bytes_.number();
      case 1:
        return bytes_.integer();
      default:
        return bytes_.chance();
    }
  }
  indexing::TensorIndex draw_one(indexing::TensorIndex*) {
    switch (bytes_.below(6)) {
      case 0:
        return indexing::None;
      case 1:
        return indexing::Ellipsis;
      case 2:
        return bytes_.integer();
      case 3:
        return bytes_.chance();
      case 4:
        return indexing::Slice{bytes_.integer(), bytes_.integer(), bytes_.integer()};
      default:
        return any();
    }
  }
  template <class T>
  optional<T> draw_one(optional<T>*) {
    return bytes_.chance() ? optional<T>(draw<T>()) : nullopt;
  }
  template <class T>
  std::vector<T> draw_one(std::vector<T>*) {
    std::vector<T> all;
    for (size_t left = bytes_.below(4); left > 0; --left) all.push_back(draw<T>());
    return all;
  }

  void keep(const Tensor& x) {
    if (x.defined() && x.numel() > kMostElements) return;
    ever_.push_back(x);
    if (tensors_.size() < kMostTensors)
      tensors_.push_back(x);
    else
      tensors_[bytes_.below(kMostTensors)] = x;
  }
  void keep(const std::vector<Tensor>& all) {
    for (size_t i = 0; i < std::min<size_t>(all.size(), 3); ++i) keep(all[i]);
  }
  void keep(const std::tuple<Tensor, Tensor>& both) {
    keep(std::get<0>(both));
    keep(std::get<1>(both));
  }

  // Two things hold themselves, as in libtorch: a grad with a graph that leads to its leaf, and a leaf that
  // was frozen and then written in place by what came from it.
  void let_go() {
    for (const Tensor& x : ever_) {
      if (!x.defined()) continue;
      x.mutable_grad().reset();
      detail::set_grad_fn(x, nullptr);
      if (x.is_view()) detail::set_grad_fn(Tensor(x.impl()->base), nullptr);
    }
  }

  Bytes bytes_;
  std::vector<Tensor> tensors_, ever_;
};

// A step of a program out of a lambda that captures nothing.
template <class Op>
constexpr Step step(Op) {
  return [](Program& program) { program.call(Op()); };
}

// One that writes to its tensors, on the tape or off it.
template <class Op>
constexpr Step write(Op) {
  return [](Program& program) {
    const AutoGradMode mode(program.draw<bool>());
    program.call(Op());
  };
}

}  // namespace frost::fuzz
