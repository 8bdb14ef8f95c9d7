// A random program: tensors, ops drawn by a seed, and what each made, printed. What it draws depends on the
// seed and on shapes and dtypes alone, so that both engines run the same program as long as they agree.
#pragma once

#include "peer.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

namespace peer {

// splitmix64: the same numbers on every machine and in both engines.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  int64_t below(int64_t n) { return static_cast<int64_t>(next() % static_cast<uint64_t>(n)); }
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  bool chance(int percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

using Sizes = std::vector<int64_t>;

// A tensor in the program, and what may be asked of it without asking for noise.
struct Value {
  fw::Tensor x;
  std::string name;
  // Free of rounding in both engines: multiples of a power of two, few bits long. Only these are compared,
  // sorted or put where a function has a kink. `products` counts how far the bits have grown.
  bool exact = true;
  int products = 0;
  // Contiguous in both engines. libtorch's results follow the strides of its operands, frost's are always
  // contiguous; so whether a reshape is a view differs for the others, and they are not reshaped.
  bool plain = true;
  bool distinct = false;  // no two elements are equal
  bool fresh = false;     // just made and not used: writing to it is no error

  Sizes sizes() const { return x.sizes().vec(); }
  int64_t dim() const { return x.dim(); }
  bool floating() const { return x.is_floating_point(); }
};

class Program {
 public:
  explicit Program(uint64_t seed) : random(seed) {}

  Random random;
  std::vector<Value> values;
  std::vector<Value> leaves;
  bool has_written = false;  // in place
  bool is_stale = false;     // in place, over something that may be saved; saved.cpp has what is

  // ---- tensors ----

  Sizes any_sizes(int64_t most = 4) {
    Sizes sizes(static_cast<size_t>(random.below(most + 1)));
    for (int64_t& size : sizes) size = random.chance(4) ? 0 : random.chance(20) ? 1 : random.between(2, 4);
    return sizes;
  }

  fw::Dtype any_floating_dtype() { return random.chance(50) ? fw::kFloat : fw::kDouble; }

  // Multiples of 1/8 in [-2, 2], or distinct ones.
  fw::Tensor numbers(const Sizes& sizes, fw::Dtype dtype, bool distinct = false) {
    int64_t n = 1;
    for (const int64_t size : sizes) n *= size;
    std::vector<double> drawn(static_cast<size_t>(n));
    for (size_t i = 0; i < drawn.size(); ++i)
      drawn[i] = distinct ? (static_cast<double>(i) - static_cast<double>(n / 2)) / 8
                          : static_cast<double>(random.between(-16, 16)) / 8;
    for (size_t i = drawn.size(); i > 1; --i)
      std::swap(drawn[i - 1], drawn[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
    if (dtype == fw::kLong)
      for (double& value : drawn) value = std::floor(value * 4);
    if (dtype == fw::kBool)
      for (double& value : drawn) value = value > 0 ? 1 : 0;
    return fw::tensor(drawn, fw::kDouble).view(sizes).to(dtype);
  }

  fw::Tensor mask(const Sizes& sizes) { return numbers(sizes, fw::kBool); }

  fw::Tensor indices(const Sizes& sizes, int64_t below) {
    int64_t n = 1;
    for (const int64_t size : sizes) n *= size;
    std::vector<int64_t> drawn(static_cast<size_t>(n));
    for (int64_t& index : drawn) index = random.below(std::max<int64_t>(below, 1));
    return fw::tensor(drawn, fw::kLong).view(sizes);
  }

  // A new leaf, three times in four trainable where it can be.
  Value leaf(const Sizes& sizes, fw::Dtype dtype) {
    Value value;
    value.distinct = random.chance(40);
    value.x = numbers(sizes, dtype, value.distinct && dtype != fw::kBool);
    value.distinct = value.distinct && value.floating();
    if (value.floating() && random.chance(75)) value.x = value.x.detach().requires_grad_();
    value.name = "leaf" + std::to_string(leaves.size());
    show(value.name, value.x);
    leaves.push_back(value);
    return value;
  }

  // ---- choosing ----

  // One of the values for which `is_fit` holds; a new leaf if there is none. Later ones are likelier.
  template <class Fit>
  Value pick(const Fit& is_fit) {
    std::vector<size_t> fit;
    for (size_t i = 0; i < values.size(); ++i)
      if (is_fit(values[i])) fit.push_back(i);
    if (fit.empty()) {
      values.push_back(leaf(any_sizes(3), any_floating_dtype()));
      return is_fit(values.back()) ? values.back() : used(values.size() - 1);
    }
    const int64_t n = static_cast<int64_t>(fit.size());
    const int64_t chosen = std::max(random.below(n), random.below(n));
    return used(fit[static_cast<size_t>(chosen)]);
  }
  Value floating() {
    return pick([](const Value& v) { return v.floating(); });
  }
  Value exact_floating() {
    return pick([](const Value& v) { return v.floating() && v.exact; });
  }

  // A dim of x; now and then one that is out of range.
  int64_t dim_of(const Value& value) {
    const int64_t rank = std::max<int64_t>(value.dim(), 1);
    return random.chance(2) ? rank : random.between(-rank, rank - 1);
  }
  static int64_t size_at(const Value& value, int64_t dim) {
    const int64_t rank = value.dim();
    if (dim < 0) dim += rank;
    return dim >= 0 && dim < rank ? value.x.size(dim) : 1;
  }

  // Sizes that broadcast with `sizes`: some leading dims dropped, some sizes 1.
  Sizes broadcastable_with(const Sizes& sizes) {
    Sizes result(sizes.begin() + random.below(static_cast<int64_t>(sizes.size()) + 1), sizes.end());
    for (int64_t& size : result)
      if (random.chance(25)) size = 1;
    return result;
  }
  // Something to combine x with: another value that broadcasts with it, or a new leaf.
  Value partner(const Value& value) {
    std::vector<size_t> fit;
    for (size_t i = 0; i < values.size(); ++i)
      if (values[i].floating() && broadcasts(values[i].sizes(), value.sizes())) fit.push_back(i);
    if (!fit.empty() && random.chance(75))
      return used(fit[static_cast<size_t>(random.below(static_cast<int64_t>(fit.size())))]);
    if (!values.empty() && random.chance(4))
      return used(static_cast<size_t>(random.below(static_cast<int64_t>(values.size()))));
    values.push_back(leaf(broadcastable_with(value.sizes()), any_floating_dtype()));
    return values.back();
  }

  static bool broadcasts(const Sizes& a, const Sizes& b) {
    for (size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
      const int64_t x = a[a.size() - i], y = b[b.size() - i];
      if (x != y && x != 1 && y != 1) return false;
    }
    return true;
  }

  // ---- doing ----

  // Runs an op and prints what it made, or that it threw. `like` carries the marks of the result. Results
  // that grew large or long are printed, but not used again.
  void make(const std::string& text, const Value& like, const std::function<fw::Tensor()>& op) {
    Value made = like;
    made.name = "v" + std::to_string(made_++);
    made.distinct = false;
    made.fresh = true;
    try {
      made.x = op();
    } catch (const std::exception& error) {
      std::cout << text << ": throws\n";
      std::cerr << text << ": " << first_line(error) << '\n';
      return;
    }
    print(made.name + " = " + text, made.x);
    made.exact = made.exact && (!made.floating() || made.products <= 2);
    if (made.x.numel() <= 512 && made.x.dim() <= 6 && largest(made.x) < 1e3) values.push_back(made);
  }

  // Where an in-place op wrote to values[i].
  void rewrite(const std::string& text, size_t i, const Value& like,
               const std::function<void(fw::Tensor&)>& op) {
    has_written = true;
    is_stale = is_stale || !values[i].fresh;
    const bool was_frozen = !values[i].x.requires_grad();
    std::vector<int64_t> versions;
    for (const Value& value : values) versions.push_back(value.x._version());
    try {
      grad_fn_name(values[i].x);  // brings a view up to date, which libtorch's checks do not
      op(values[i].x);
    } catch (const std::exception& error) {
      std::cout << text << ": throws\n";
      std::cerr << text << ": " << first_line(error) << '\n';
      return;
    }
    values[i].exact = like.exact && values[i].exact;
    values[i].products = std::max(values[i].products, like.products);
    values[i].distinct = false;
    print(text, values[i].x);
    std::vector<Value> usable;
    for (size_t k = 0; k < values.size(); ++k) {
      const bool is_large = k == i && !(largest(values[k].x) < 1e3);
      // Of a detached alias: libtorch names the nodes of views on the tape anew, or refuses their use.
      const bool is_written_below = k != i && was_frozen && values[k].x.requires_grad() &&
                                    values[k].x.is_view() && values[k].x._version() != versions[k];
      if (!is_large && !is_written_below) usable.push_back(values[k]);
    }
    values = usable;
  }

  // The marks of what comes of x alone, or of x and y.
  static Value rounded(Value like) {
    like.exact = false;
    return like;
  }
  static Value viewed(Value like) {
    like.plain = false;
    return like;
  }
  static Value packed(Value like) {
    like.plain = true;
    return like;
  }
  static Value joined(Value x, const Value& y) {
    x.exact = x.exact && y.exact;
    x.plain = x.plain && y.plain;
    x.products = std::max(x.products, y.products);
    return x;
  }
  static Value multiplied(Value x, const Value& y) {
    x = joined(x, y);
    ++x.products;
    return x;
  }

  // A few elements, the sum and the sum of squares stand for all of a large tensor.
  static void print(const std::string& name, const fw::Tensor& x) {
    const fw::NoGradGuard guard;
    std::ostringstream text;
    const std::string made_by = grad_fn_name(x);  // asked first: it brings a view up to date
    text << name << ": " << x.scalar_type() << x.sizes() << " requires_grad=" << x.requires_grad()
         << " is_leaf=" << x.is_leaf() << " grad_fn=" << made_by << " {";
    const std::vector<double> all = elements(x);
    double sum = 0, squares = 0;
    for (const double value : all) {
      sum += value;
      squares += value * value;
    }
    const size_t step = std::max<size_t>(1, all.size() / 6);
    for (size_t i = 0; i < all.size(); i += step) text << (i == 0 ? "" : ", ") << text_of(all[i]);
    text << "} sum " << text_of(sum) << " root of squares " << text_of(std::sqrt(squares)) << '\n';
    std::cout << text.str();
  }

 private:
  Value used(size_t i) {
    values[i].fresh = false;
    return values[i];
  }

  static std::vector<double> elements(const fw::Tensor& x) {
    const fw::Tensor flat = dense(x).to(fw::kDouble);
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
  }

  static double largest(const fw::Tensor& x) {
    double result = 0;
    for (const double value : elements(x))
      if (std::isfinite(value)) result = std::max(result, std::fabs(value));
    return result;
  }

  int made_ = 0;
};

// libtorch saves the input of some ops that need no more of it than its shape: a copy of it, so that a write
// to x before backward is an error in neither engine.
inline fw::Tensor kept(const fw::Tensor& x) { return x.clone(); }

}  // namespace peer
