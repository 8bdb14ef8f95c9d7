// Views, joins, splits and indexing: what they hold, how they lie in memory, what the tape says of them.
#include "peer.hpp"

namespace {

using fw::Tensor;
using fw::indexing::Ellipsis;
using fw::indexing::None;
using fw::indexing::Slice;
using Index = std::vector<fw::indexing::TensorIndex>;

Tensor trainable(fw::IntArrayRef sizes) {
  return (fw::arange(fw::ones(sizes).numel(), fw::kFloat).view(sizes) / 4 - 0.5).detach().requires_grad_();
}

// Weights that tell every element apart.
Tensor weights_of(const Tensor& x) { return fw::arange(x.numel(), x.scalar_type()).view(x.sizes()) + 1; }

// The names along the first edges: how a result came about.
std::string path_of(const Tensor& x) {
  std::string path;
  for (auto node = x.grad_fn(); node; node = node->num_outputs() > 0 ? node->next_edge(0).function : nullptr)
    path += node->name() + " ";
  return path;
}

void show_view(const std::string& name, const Tensor& x, const Tensor& y) {
  peer::show(name, y);
  peer::show(name + ", is_view", y.is_view());
  if (y.is_view()) peer::show(name + ", strides", y.strides());  // what is no view is contiguous in frost
  peer::show(name + ", offset", y.storage_offset());
  peer::show(name + ", path", path_of(y));
  if (y.numel() > 0) peer::show(name + ", shares memory", y.data_ptr() == x.data_ptr());
}

// Also the gradient of Σ weights·y with respect to the leaf x.
void show_all(const std::string& name, const Tensor& x, const Tensor& y) {
  show_view(name, x, y);
  if (!y.requires_grad()) return;
  x.mutable_grad() = Tensor();
  (y * weights_of(y)).sum().backward();
  peer::show(name + ", grad", x.grad());
}

const peer::Section views("views/views", [] {
  const Tensor x = trainable({2, 3, 4}), one = trainable({1, 3, 1}), v = trainable({3}), s = trainable({});
  show_all("view", x, x.view({4, 6}));
  show_all("view -1", x, x.view({-1, 2}));
  show_all("view of a transpose", x, x.transpose(0, 1).view({3, 2, 2, 2}));
  show_all("reshape", x, x.reshape({4, -1}));
  show_all("reshape to its own sizes", x, x.reshape({2, 3, 4}));
  show_all("reshape of a transpose", x, x.transpose(0, 2).reshape({6, 4}));
  show_all("flatten", x, x.flatten());
  show_all("flatten(1)", x, x.flatten(1));
  show_all("flatten(0, 1)", x, x.flatten(0, 1));
  show_all("flatten(1, 1)", x, x.flatten(1, 1) * 1);
  show_all("flatten of 0-dim", s, s.flatten());
  show_all("squeeze", one, one.squeeze());
  show_all("squeeze(0)", one, one.squeeze(0));
  show_all("squeeze(1)", one, one.squeeze(1));
  show_all("squeeze of 0-dim", s, s.squeeze());
  show_all("unsqueeze(0)", x, x.unsqueeze(0));
  show_all("unsqueeze(1)", x, x.unsqueeze(1));
  show_all("unsqueeze(-1)", x, x.unsqueeze(-1));
  show_all("unsqueeze of a transpose", x, x.transpose(0, 1).unsqueeze(1));
  show_all("transpose", x, x.transpose(0, -1));
  show_all("transpose of 0-dim", s, s.transpose(0, -1));
  show_all("t", x, x.select(0, 1).t());
  show_all("t of 1-dim", v, v.t());
  show_all("permute", x, x.permute({2, 0, -2}));
  show_all("expand", one, one.expand({2, 3, 4}));
  show_all("expand -1", one, one.expand({5, -1, 2}));
  show_all("expand with leading dims", v, v.expand({2, 1, 3}));
  show_all("expand to nothing", one, one.expand({1, 3, 0}));
  show_all("expand of 0-dim", s, s.expand({2, 2}));
  show_all("expand_as", v, v.expand_as(fw::ones({4, 3})));
  show_all("repeat", v, v.repeat({2}));
  show_all("repeat more dims", v, v.repeat({2, 3}));
  show_all("repeat each dim", x, x.repeat({2, 1, 3}));
  show_all("repeat of a transpose", x, x.transpose(0, 2).repeat({1, 2, 1}));
  show_all("repeat no times", v, v.repeat({2, 0}));
  show_all("repeat once", v, v.repeat({1}));
  show_all("repeat of 0-dim", s, s.repeat({2}));
  show_all("flip", x, x.flip({0, -1}));
  show_all("flip nothing", x, x.flip(std::vector<int64_t>{}));
  show_all("flip of a transpose", x, x.transpose(0, 1).flip({0}));
  show_all("flip of 0-dim", s, s.flip({0}));
  show_all("select", x, x.select(1, -1));
  show_all("narrow", x, x.narrow(1, 1, 2));
  show_all("narrow from the end", x, x.narrow(2, -3, 2));
  show_all("narrow to nothing", x, x.narrow(2, 4, 0));
  show_all("slice", x, x.slice(2, 1, 4, 2));
  show_all("slice from the end", x, x.slice(1, -2));
  show_all("slice beyond the ends", x, x.slice(1, -9, 9));
  show_all("slice with a long step", x, x.slice(2, 1, fw::nullopt, 7));
  show_all("slice to nothing", x, x.slice(0, 2, 1));
  show_all("slice to one, with a step", x, x.slice(0, 1, 2, 3));
  show_all("slice to nothing, with a step", x, x.slice(1, 3, 3, 2));
  show_all("x[1]", x, x[1]);
  show_all("x[1][0]", x, x[1][0]);
  show_all("x[tensor]", x, x[fw::tensor(1)]);
});

const peer::Section view_errors("views/errors of views", [] {
  const Tensor x = trainable({2, 3, 4}), s = trainable({}), m = trainable({2, 3});
  peer::show_error(
      "view size is not compatible with input tensor's size and stride (at least one dimension spans "
      "across two contiguous subspaces). Use .reshape(...) instead.",
      [&] { x.transpose(0, 2).view({-1}); });
  peer::show_error("shape '[5, 5]' is invalid for input of size 24", [&] { x.view({5, 5}); });
  peer::show_error("shape '[5, -1]' is invalid for input of size 24", [&] { x.reshape({5, -1}); });
  peer::show_error("only one dimension can be inferred", [&] { x.view({-1, -1}); });
  peer::show_error("invalid shape dimension -2", [&] { x.view({-2, 3}); });
  peer::show_error("flatten() has invalid args: start_dim cannot come after end_dim",
                   [&] { x.flatten(2, 1); });
  peer::show_error("Dimension out of range (expected to be in range of [-3, 2], but got 3)",
                   [&] { x.squeeze(3); });
  peer::show_error("Dimension out of range (expected to be in range of [-4, 3], but got 4)",
                   [&] { x.unsqueeze(4); });
  peer::show_error("Dimension out of range (expected to be in range of [-3, 2], but got -4)",
                   [&] { x.transpose(0, -4); });
  peer::show_error("t() expects a tensor with <= 2 dimensions, but self is 3D", [&] { x.t(); });
  peer::show_error(
      "number of dimensions in the tensor input does not match the length of the desired ordering of "
      "dimensions i.e. input.dim() = 3 is not equal to len(dims) = 2",
      [&] {
        x.permute({0, 1});
      });
  peer::show_error("permute(): duplicate dims are not allowed.", [&] { x.permute({0, 0, 1}); });
  peer::show_error(
      "The expanded size of the tensor (5) must match the existing size (2) at non-singleton dimension 0.  "
      "Target sizes: [5, 3].  Tensor sizes: [2, 3]",
      [&] {
        m.expand({5, 3});
      });
  peer::show_error(
      "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0", [&] {
        m.expand({-1, 2, 3});
      });
  peer::show_error(
      "the number of sizes provided (1) must be greater or equal to the number of dimensions in the "
      "tensor (2)",
      [&] { m.expand({3}); });
  peer::show_error(
      "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
      [&] { x.repeat({2}); });
  peer::show_error("Trying to create tensor with negative dimension -2", [&] { m.repeat({-1, 1}); });
  peer::show_error("start (2) + length (1) exceeds dimension size (2).", [&] { x.narrow(0, 2, 1); });
  peer::show_error("start (0) + length (-1) exceeds dimension size (2).", [&] { x.narrow(0, 0, -1); });
  peer::show_error("narrow() cannot be applied to a 0-dim tensor.", [&] { s.narrow(0, 0, 1); });
  peer::show_error("index 2 out of range for tensor of size [2, 3, 4] at dimension 0",
                   [&] { x.select(0, 2); });
  peer::show_error("index -4 out of range for tensor of size [2, 3, 4] at dimension 1",
                   [&] { x.select(1, -4); });
  peer::show_error("select() cannot be applied to a 0-dim tensor.", [&] { s[0]; });
  peer::show_error("slice step must be positive", [&] { x.slice(0, 0, 1, 0); });
  peer::show_error("slice() cannot be applied to a 0-dim tensor.", [&] { s.slice(); });
  peer::show_error("dim 0 appears multiple times in the list of dims", [&] { x.flip({0, -3}); });
  peer::show_error("Dimension out of range (expected to be in range of [-3, 2], but got 3)",
                   [&] { x.flip({3}); });
  peer::show_error("Can only index with tensors that are scalars (zero-dim)", [&] { x[fw::tensor({1})]; });
  peer::show_error("Can only index tensors with integral scalars", [&] { x[fw::tensor(1.0)]; });
  peer::show_error("Can only index tensors with integral scalars", [&] { x[fw::tensor(true)]; });
  peer::show_error("Can only index with tensors that are defined", [&] { x[Tensor()]; });
});

const peer::Section splits("views/splits", [] {
  const Tensor x = trainable({5, 3}), nothing = fw::zeros({0, 2});
  const auto show_parts = [&x](const std::string& name, const std::vector<Tensor>& parts) {
    peer::show(name, parts);
    Tensor total = fw::zeros({});
    for (size_t i = 0; i < parts.size(); i += 2) {  // every second part stays unused
      peer::show("output_nr", parts[i].output_nr());
      total = total + (parts[i] * weights_of(parts[i])).sum();
    }
    x.mutable_grad() = Tensor();
    if (total.requires_grad()) total.backward();
    peer::show(name + ", grad", x.grad());
  };
  show_parts("split(2)", x.split(2));
  show_parts("split(2, 1)", x.split(2, 1));
  show_parts("split(9)", x.split(9));
  show_parts("split sizes", x.split(std::vector<int64_t>{1, 0, 4}));
  show_parts("split sizes along -1", x.split(std::vector<int64_t>{1, 2}, -1));
  show_parts("chunk(2)", x.chunk(2));
  show_parts("chunk(4)", x.chunk(4));
  show_parts("chunk(3, 1)", x.chunk(3, 1));
  show_parts("unbind", x.unbind());
  show_parts("unbind(-1)", x.unbind(-1));
  peer::show("split of nothing", nothing.split(3));
  peer::show("split by 0", nothing.split(0));
  peer::show("chunk of nothing", nothing.chunk(3));
  peer::show("unbind of nothing", nothing.unbind());
  peer::show_error("split expects split_size be non-negative, but got split_size=-1", [&] { x.split(-1); });
  peer::show_error("split_size can only be 0 if dimension size is 0, but got dimension size of 5",
                   [&] { x.split(0); });
  peer::show_error("split expects at least a 1-dimensional tensor", [] { trainable({}).split(1); });
  peer::show_error(
      "split_with_sizes expects split_sizes to sum exactly to 5 (input tensor's size at dimension 0), but "
      "got split_sizes=[2, 2]",
      [&] {
        x.split(std::vector<int64_t>{2, 2});
      });
  peer::show_error(
      "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=[-1, 6]",
      [&] {
        x.split(std::vector<int64_t>{-1, 6});
      });
  peer::show_error("chunk expects `chunks` to be greater than 0, got: 0", [&] { x.chunk(0); });
  peer::show_error("chunk expects at least a 1-dimensional tensor", [] { trainable({}).chunk(1); });
  peer::show_error("Dimension specified as 0 but tensor has no dimensions", [] { trainable({}).unbind(); });
});

const peer::Section joins("views/joins", [] {
  const Tensor x = trainable({2, 3}), y = trainable({2, 3}), frozen = fw::ones({2, 1}), s = trainable({});
  const Tensor nothing = fw::zeros({0}), doubles = fw::ones({2, 3}, fw::kDouble),
               longs = fw::ones({2, 3}, fw::kLong);
  show_all("cat", x, fw::cat({x, y}));
  show_all("cat along 1", x, fw::cat({frozen, x, y, frozen}, 1));
  show_all("cat along -1", x, fw::cat({x, frozen}, -1));
  show_all("cat of one", x, fw::cat({x}));
  show_all("cat with itself", x, fw::cat({x, x}));
  show_all("cat of transposes", x, fw::cat({x.t(), y.t()}));
  show_all("cat with nothing", x, fw::cat({nothing, x, nothing}, 1));
  peer::show("cat of nothing", fw::cat({nothing, nothing}));
  peer::show("cat of nothing along 1", fw::cat({nothing, nothing}, 1));
  show_all("cat of rows of no columns", x, fw::cat({x, fw::zeros({2, 0})}, 1));
  show_all("cat with Double", x, fw::cat({x, doubles}));
  show_all("cat with Long", x, fw::cat({longs, x}));
  peer::show("cat of Long and Bool", fw::cat({longs, longs == 1}));
  peer::show("edge of a frozen input", fw::cat({frozen, x}, 1).grad_fn()->next_edge(0).is_valid());
  show_all("stack", x, fw::stack({x, y}));
  show_all("stack along 1", x, fw::stack({x, y}, 1));
  show_all("stack along -1", x, fw::stack({y, x, x}, -1));
  show_all("stack of transposes", x, fw::stack({x.t(), y.t()}, 1));
  show_all("stack of 0-dim", s, fw::stack({s, s}));
  show_all("stack with Double", x, fw::stack({x, doubles}));
  show_all("stack of 0-dim with Long", s, fw::stack({s, fw::tensor(2)}));
  peer::show_error("expected a non-empty list of Tensors", [] { fw::cat(std::vector<Tensor>{}); });
  peer::show_error("zero-dimensional tensor (at position 1) cannot be concatenated", [&] {
    fw::cat({x, s});
  });
  peer::show_error(
      "Sizes of tensors must match except in dimension 1. Expected size 2 but got size 3 for tensor "
      "number 1 in the list.",
      [&] {
        fw::cat({x, fw::ones({3, 4})}, 1);
      });
  peer::show_error("Tensors must have same number of dimensions: got 2 and 3", [&] {
    fw::cat({x, fw::ones({2, 3, 1})});
  });
  peer::show_error("Dimension out of range (expected to be in range of [-2, 1], but got 2)", [&] {
    fw::cat({x, y}, 2);
  });
  peer::show_error("stack expects a non-empty TensorList", [] { fw::stack(std::vector<Tensor>{}); });
  peer::show_error(
      "stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3, 2] at entry 1", [&] {
        fw::stack({x, y.t()});
      });
  peer::show_error("Dimension out of range (expected to be in range of [-3, 2], but got 3)", [&] {
    fw::stack({x, y}, 3);
  });
});

// ---- indexing ----

struct Named {
  std::string name;
  Index index;
};

// Into [2, 3, 4].
std::vector<Named> indices() {
  const Tensor i = fw::tensor({0, 1, 0, -1, 1}), j = fw::tensor({{0}, {1}}), none = fw::zeros({0}, fw::kLong);
  const Tensor mask = fw::tensor({true, false}), columns = fw::tensor({true, false, true});
  const Tensor both = fw::tensor({{true, false, true}, {false, false, true}});
  const Tensor all = fw::arange(24).view({2, 3, 4}) > 10, nowhere = fw::zeros({2}, fw::kBool);
  return {
      {"0", {0}},
      {"-1", {-1}},
      {":", {Slice()}},
      {"1:", {Slice(1, None)}},
      {":-1", {Slice(None, -1)}},
      {"::2", {Slice(None, None, 2)}},
      {"0:2 alone", {Slice(0, 2)}},
      {"None", {None}},
      {"...", {Ellipsis}},
      {"\"...\"", {"..."}},
      {"true", {true}},
      {"false", {false}},
      {":, 0", {Slice(), 0}},
      {"0:2, 1", {Slice(0, 2), 1}},
      {"0, 1, 2", {0, 1, 2}},
      {"..., 0", {Ellipsis, 0}},
      {"0, ..., 0", {0, Ellipsis, 0}},
      {"0, 1, ..., 2", {0, 1, Ellipsis, 2}},
      {":1, ::2", {Slice(None, 1), Slice(None, None, 2)}},
      {"None, 0, None", {None, 0, None}},
      {"..., None", {Ellipsis, None}},
      {"i", {i}},
      {"j", {j}},
      {":, i", {Slice(), i}},
      {"..., i", {Ellipsis, i}},
      {"i, i", {i, i}},
      {"j, i", {j, i}},
      {"i, :, i", {i, Slice(), i}},
      {"j, :, i", {j, Slice(), i}},
      {"i, :, j", {i, Slice(), j}},
      {"0, i", {0, i}},
      {"0, :, i", {0, Slice(), i}},
      {"i, 0", {i, 0}},
      {"i, :, 0", {i, Slice(), 0}},
      {":, 0, i", {Slice(), 0, i}},
      {"i, None, i", {i, None, i}},
      {"None, i", {None, i}},
      {"i, ..., i", {i, Ellipsis, i}},
      {"i, 1:, ::2", {i, Slice(1, None), Slice(None, None, 2)}},
      {"::2, i, 1:", {Slice(None, None, 2), i, Slice(1, None)}},
      {"i, i, i", {i, i, i}},
      {"true, i", {true, i}},
      {"i, true", {i, true}},
      {"true, true", {true, true}},
      {"true, false", {true, false}},
      {":, true", {Slice(), true}},
      {"true, 0", {true, 0}},
      {"i, :, true", {i, Slice(), true}},
      {"mask", {mask}},
      {"mask over two dims", {both}},
      {"mask over all dims", {all}},
      {"mask that is nowhere true", {nowhere}},
      {":, mask", {Slice(), columns}},
      {"mask, :, i", {mask, Slice(), fw::tensor({1, 3, 0})}},
      {"mask over two dims, i", {both, fw::tensor({3, 0, 0})}},
      {"mask, mask", {fw::tensor({true, true}), columns}},
      {"0-dim tensor", {fw::tensor(1)}},
      {"0-dim tensor, :, i", {fw::tensor(-1), Slice(), i}},
      {"0-dim true", {fw::tensor(true)}},
      {"0-dim false", {fw::tensor(false)}},
      {"no index", {none}},
      {"no index twice", {none, none}},
      {"no index, 0", {none, 0}},
  };
}

const peer::Section indexing("views/index", [] {
  const Tensor x = trainable({2, 3, 4}), turned = trainable({4, 3, 2});
  for (const auto& [name, index] : indices()) {
    show_all(name, x, x.index(index));
    show_all(name + " of a permutation", turned, turned.permute({2, 1, 0}).index(index));
  }
  const Tensor s = trainable({});
  show_all("0-dim: None", s, s.index({None}));
  show_all("0-dim: ...", s, s.index({Ellipsis}));
  show_all("0-dim: true", s, s.index({true}));
  show_all("0-dim: 0-dim mask", s, s.index({fw::tensor(false)}));
  const Tensor none = fw::zeros({0}, fw::kLong);
  peer::show("no index into nothing", fw::ones({0, 2}).index({none}));
  peer::show("no index into no columns", fw::ones({2, 0}).index({Slice(), none}));
  peer::show("Long", fw::arange(6).view({2, 3}).index({Slice(), fw::tensor({2, -3})}));
  peer::show("Bool", (fw::arange(6) > 2).index({fw::tensor({2, 3})}));
});

const peer::Section index_errors("views/errors of index", [] {
  const Tensor x = trainable({2, 3, 4}), s = trainable({}), i = fw::tensor({0, 1, 0});
  peer::show_error("index 2 is out of bounds for dimension 0 with size 2", [&] { x.index({2}); });
  peer::show_error("index -4 is out of bounds for dimension 1 with size 3", [&] { x.index({Slice(), -4}); });
  peer::show_error("too many indices for tensor of dimension 3", [&] { x.index({0, 0, 0, 0}); });
  peer::show_error("too many indices for tensor of dimension 3", [&] {
    x.index({fw::ones({2, 3, 4, 5}, fw::kBool)});
  });
  peer::show_error("step must be greater than zero", [&] { x.index({Slice(None, None, -1)}); });
  peer::show_error("slice step cannot be zero", [&] { x.index({Slice(None, None, 0)}); });
  peer::show_error("shape mismatch: indexing tensors could not be broadcast together with shapes [3], [2]",
                   [&] {
                     x.index({i, fw::tensor({0, 1})});
                   });
  peer::show_error("shape mismatch: indexing tensors could not be broadcast together with shapes [0], [3]",
                   [&] {
                     x.index({false, i});
                   });
  peer::show_error(
      "The shape of the mask [3, 2] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at "
      "index 0",
      [&] {
        x.index({fw::ones({3, 2}, fw::kBool)});
      });
  peer::show_error(
      "The shape of the mask [2, 4] at index 1 does not match the shape of the indexed tensor [2, 3, 4] at "
      "index 1",
      [&] {
        x.index({fw::ones({2, 4}, fw::kBool)});
      });
  peer::show_error(
      "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at "
      "index 1",
      [&] {
        x.index({Slice(), fw::ones({2}, fw::kBool)});
      });
  peer::show_error("tensors used as indices must be long, byte or bool tensors",
                   [&] { x.index({fw::tensor({1.0})}); });
  peer::show_error("index 2 is out of bounds for dimension 0 with size 2", [&] {
    x.index({fw::tensor({0, 2})});
  });
  peer::show_error("index -3 is out of bounds for dimension 0 with size 2",
                   [&] { x.index({fw::tensor({-3})}); });
  peer::show_error("index is out of bounds for dimension with size 0", [] {
    fw::ones({0, 2}).index({fw::tensor({0})});
  });
  peer::show_error("is not valid syntax", [&] { x.index(Index{}); });
  peer::show_error("invalid index of a 0-dim tensor", [&] { s.index({0}); });
  peer::show_error("slice() cannot be applied to a 0-dim tensor.", [&] { s.index({Slice()}); });
  peer::show_error("too many indices for tensor of dimension 0", [&] { s.index({i}); });
  peer::show_error("Expected \"...\" to represent an ellipsis index, but got \"..\"",
                   [&] { x.index({".."}); });
});

const peer::Section index_put("views/index_put_", [] {
  const Tensor x = trainable({2, 3, 4}), s = trainable({});
  for (const auto& [name, index] : indices()) {
    const Tensor none = fw::tensor({0, 1, 0, -1, 1});
    bool has_duplicates = false;  // whose order libtorch leaves open
    for (const auto& each : index)
      has_duplicates |= each.is_tensor() && each.tensor().dim() > 0 && each.tensor().numel() == 5;
    Tensor y = x * 1;
    y.index_put_(index, s);
    peer::show(name + " = 0-dim", y);
    x.mutable_grad() = Tensor();
    s.mutable_grad() = Tensor();
    if (has_duplicates) continue;
    (y * weights_of(y)).sum().backward();
    peer::show(name + " = 0-dim, grad of x", x.grad());
    peer::show(name + " = 0-dim, grad of the value", s.grad());
    const Tensor values = trainable(x.index(index).sizes());
    Tensor z = x * 1;
    z.index_put_(index, values);
    peer::show(name + " = values", z);
    x.mutable_grad() = Tensor();
    (z * weights_of(z)).sum().backward();
    peer::show(name + " = values, grad of x", x.grad());
    peer::show(name + " = values, grad of the values", values.grad());
    Tensor w = x.detach().clone();
    w.index_put_(index, 2.5);
    peer::show(name + " = 2.5", w);
    Tensor turned = trainable({4, 3, 2}).detach().permute({2, 1, 0});
    turned.index_put_(index, values.detach());
    peer::show(name + " of a permutation", turned);
  }
  Tensor longs = fw::zeros({2, 3}, fw::kLong);
  longs.index_put_({fw::tensor({1})}, 2.7);
  longs.index_put_({0, 1}, -2.7);
  peer::show("2.7 into Long", longs);
  Tensor broadcast = fw::zeros({3, 2, 2});
  broadcast.index_put_({fw::tensor({2, 0})}, fw::tensor({{{{1.0}, {2.0}}}}));
  broadcast.index_put_({1}, fw::tensor({{{{3.0, 4.0}}}}));
  peer::show("with leading ones", broadcast);
  Tensor doubles = fw::zeros({2, 2});
  doubles.index_put_({0}, fw::ones({2}, fw::kDouble));
  peer::show("Double through a view", doubles);
});

const peer::Section index_put_errors("views/errors of index_put_", [] {
  const Tensor x = trainable({2, 3, 4});
  Tensor y = x * 1;
  const Tensor i = fw::tensor({0, 1, 0});
  peer::show_error(
      "Index put requires the source and destination dtypes match, got Float for the destination and Double "
      "for the source.",
      [&] {
        y.index_put_({i}, fw::ones({3, 4}, fw::kDouble));
      });
  peer::show_error(
      "shape mismatch: value tensor of shape [5] cannot be broadcast to indexing result of shape [3, 3, 4]",
      [&] { y.index_put_({i}, fw::ones({5})); });
  peer::show_error(
      "the number of sizes provided (2) must be greater or equal to the number of dimensions in the tensor "
      "(3)",
      [&] {
        y.index_put_({0}, fw::ones({2, 3, 4}));
      });
  peer::show_error(
      "The expanded size of the tensor (4) must match the existing size (5) at non-singleton dimension 1.  "
      "Target sizes: [3, 4].  Tensor sizes: [5]",
      [&] { y.index_put_({0}, fw::ones({5})); });
  peer::show_error("index 7 is out of bounds for dimension 0 with size 2", [&] {
    y.index_put_({fw::tensor({0, 7})}, 1);
  });
  peer::show_error("Passing an empty index list to Tensor::index_put_() is not valid syntax",
                   [&] { y.index_put_(Index{}, 1); });
  peer::show_error("a leaf Variable that requires grad is being used in an in-place operation.",
                   [] { trainable({2}).index_put_({fw::tensor({0})}, 1); });
  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation.",
                   [] { trainable({2}).index_put_({0}, 1); });
});

// ---- index_select, gather, scatter ----

const peer::Section selects("views/index_select, gather, scatter", [] {
  const Tensor x = trainable({3, 4}), s = trainable({}), v = trainable({3});
  const Tensor i = fw::tensor({2, 0, 2}), none = fw::zeros({0}, fw::kLong);
  show_all("index_select 0", x, x.index_select(0, i));
  show_all("index_select 1", x, x.index_select(1, i));
  show_all("index_select of a transpose", x, x.t().index_select(0, i));
  show_all("index_select nothing", x, x.index_select(0, none));
  show_all("index_select by 0-dim", x, x.index_select(-1, fw::tensor(1)));
  show_all("index_select of 0-dim", s, s.index_select(0, fw::tensor({0})));
  const Tensor rows = fw::tensor({{2, 0, 1}, {0, 0, 1}}), columns = fw::tensor({{3, 3}, {0, 1}, {2, 0}});
  show_all("gather 0", x, x.gather(0, rows));
  show_all("gather 1", x, x.gather(1, columns));
  show_all("gather of a transpose", x, x.t().gather(1, rows));
  show_all("gather nothing", x, x.gather(0, none));
  show_all("gather of 0-dim", s, s.gather(0, fw::tensor({0, 0})));
  show_all("gather by 0-dim", v, v.gather(0, fw::tensor(2)));
  show_all("gather by a transpose", x, x.gather(0, columns.clamp(0, 2).t()));
  show_all("scatter a number", x, x.scatter(0, rows, 2.5));
  show_all("scatter a number, 1", x, x.scatter(1, columns, 2));
  const Tensor places = fw::tensor({{2, 0, 1}, {0, 1, 2}});  // no place twice
  const Tensor source = trainable({2, 3}) * 1;
  show_all("scatter, of x", x, x.scatter(0, places, source));
  show_all("scatter, of a transpose", x, x.t().scatter(0, places, source));
  show_all("scatter_add, of x", x, x.scatter_add(0, rows, source));
  const Tensor values = trainable({2, 3});
  show_all("scatter, of the source", values, fw::ones({3, 4}).scatter(0, places, values));
  show_all("scatter_add, of the source", values, fw::ones({3, 4}).scatter_add(0, rows, values));
  show_all("scatter_add 1, of the source", values, fw::ones({2, 4}).scatter_add(1, rows, values));
  show_all("scatter into 0-dim", s, s.scatter(0, fw::tensor(0), fw::tensor(3.0)));
  peer::show("scatter nothing", x.scatter(0, none, values));
  peer::show("scatter_add nothing", x.scatter_add(0, none, values));
  peer::show("scatter the corner of a source", fw::zeros({3, 4}).scatter(0, places, fw::ones({3, 5})));
  peer::show("scatter into Long", fw::zeros({3}, fw::kLong).scatter(0, fw::tensor({1}), 2.7));

  const auto long_zeros = [](fw::IntArrayRef sizes) { return fw::zeros(sizes, fw::kLong); };
  peer::show_error("index_select(): Index is supposed to be a vector", [&] { x.index_select(0, rows); });
  peer::show_error("index_select(): Expected dtype int32 or int64 for index",
                   [&] { x.index_select(0, fw::tensor({1.0})); });
  peer::show_error("index out of range in self", [&] { x.index_select(0, fw::tensor({3})); });
  peer::show_error("index out of range in self", [&] { x.index_select(0, fw::tensor({-1})); });
  peer::show_error("Dimension out of range (expected to be in range of [-2, 1], but got 2)",
                   [&] { x.index_select(2, i); });
  peer::show_error("Index tensor must have the same number of dimensions as input tensor",
                   [&] { x.gather(0, i); });
  peer::show_error("index 3 is out of bounds for dimension 0 with size 3", [&] {
    x.gather(0, fw::tensor({{0, 3}}));
  });
  peer::show_error("index -1 is out of bounds for dimension 1 with size 4", [&] {
    x.gather(1, fw::tensor({{0, -1}}));
  });
  peer::show_error(
      "Size does not match at dimension 1 expected index [1, 5] to be smaller than self [3, 4] apart from "
      "dimension 0",
      [&] {
        x.gather(0, long_zeros({1, 5}));
      });
  peer::show_error("gather(): Expected dtype int64 for index", [&] { x.gather(0, fw::zeros({1, 1})); });
  peer::show_error("scatter(): Expected dtype int64 for index", [&] { x.scatter(0, fw::zeros({1, 1}), x); });
  peer::show_error("scatter(): Expected dtype int64 for index", [&] {
    x.scatter_add(0, fw::zeros({1, 1}), x);
  });
  peer::show_error("scatter(): Expected self.dtype to be equal to src.dtype", [&] {
    x.scatter(0, rows, fw::ones({3, 4}, fw::kDouble));
  });
  peer::show_error("scatter(): Expected self.dtype to be equal to src.dtype", [&] {
    x.scatter_add(0, rows, fw::ones({3, 4}, fw::kDouble));
  });
  peer::show_error("Index tensor must have the same number of dimensions as self tensor",
                   [&] { x.scatter(0, i, x); });
  peer::show_error(
      "Expected index [4, 5] to be smaller than self [3, 4] apart from dimension 0 and to be smaller size "
      "than src [3, 4]",
      [&] {
        x.scatter(0, long_zeros({4, 5}), x);
      });
  peer::show_error(
      "Expected index [4, 5] to be smaller than self [3, 4] apart from dimension 0 and to be smaller size "
      "than src [3, 4]",
      [&] {
        x.scatter_add(0, long_zeros({4, 5}), x);
      });
  peer::show_error("index 3 is out of bounds for dimension 0 with size 3",
                   [&] { x.scatter(0, fw::tensor({{3}}), x); });
  peer::show_error("index 3 is out of bounds for dimension 0 with size 3",
                   [&] { x.scatter(0, fw::tensor({{3}}), 1); });
  peer::show_error("index -1 is out of bounds for dimension 0 with size 3",
                   [&] { x.scatter_add(0, fw::tensor({{-1}}), x); });
});

// ---- written in place ----

const peer::Section written("views/writes through views", [] {
  const Tensor x = trainable({2, 3}), w = trainable({3});
  const auto show_written = [&](const std::string& name, const Tensor& base, const Tensor& view) {
    peer::show(name + ", base", base);
    peer::show(name + ", base's path", path_of(base));
    peer::show(name + ", view", view);
    if (name != "without grad") peer::show(name + ", view's path", path_of(view));
    x.mutable_grad() = Tensor();
    w.mutable_grad() = Tensor();
    ((base * base * weights_of(base)).sum() + (view * weights_of(view)).sum()).backward();
    peer::show(name + ", grad of x", x.grad());
    peer::show(name + ", grad of w", w.grad());
  };
  Tensor y = x * 2, view = y.select(0, 1);
  view.mul_(3);
  show_written("select, mul_(3)", y, view);
  y = x * 2, view = y.select(1, 1);
  view.mul_(w.select(0, 0));
  show_written("select, mul_(w)", y, view);
  y = x * 2, view = y[0];
  y[1] = w;
  show_written("x[1] = w, its sibling", y, view);
  y = x * 2, view = y.view({6});
  view.slice(0, 1, 6, 2).mul_(w);
  show_written("a view of a view", y, view);
  y = x * 2, view = y.t();
  view.select(0, 2).add_(w.slice(0, 1));
  show_written("through a transpose", y, view);
  y = x * 2, view = y.select(0, 0);
  y.mul_(w);
  show_written("the base", y, view);
  y = w * 2, view = y.expand({2, 3});
  y.mul_(3);
  show_written("the base of an expand", y, view);
  y = fw::zeros({2, 3}), view = y[1];
  y[0] = w;
  y[1].index_put_({fw::tensor({2, 0})}, w.slice(0, 0, 2));
  show_written("a constant", y, view);
  y = x * 2, view = y[0];
  y.index_put_({fw::tensor({1, 0})}, w);
  show_written("index_put_", y, view);
  y = x * 2, view = y[0];
  {
    const fw::NoGradGuard no_grad;
    view.mul_(5);
  }
  show_written("without grad", y, view * 1);

  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation.",
                   [&] { x[0].mul_(2); });
  peer::show_error("a view of a leaf Variable that requires grad is being used in an in-place operation.",
                   [&] { x.view({6}).slice(0, 1).mul_(w.sum()); });
  peer::show_error("more than one element of the written-to tensor refers to a single memory location", [&] {
    (w * 1).expand({2, 3}).mul_(2);
  });
  for (const std::vector<Tensor>& parts : {(x * 1).unbind(), (x * 1).split(1), (x * 1).chunk(2)})
    peer::show_error(
        "Output 1 of " + parts[1].grad_fn()->name() +
            " is a view and is being modified inplace. This view is the output of a function that returns "
            "multiple views. Such functions do not allow the output views to be modified inplace.",
        [&] { parts[1].mul_(2); });
  peer::show_error(
      "Output 0 of SelectBackward0 is a view and is being modified inplace. This view is the output of a "
      "function that returns multiple views.",
      [&] { (x * 1).unbind()[1].select(0, 0).mul_(2); });
  y = x * 1, view = y.unbind()[1];
  y.mul_(2);
  peer::show_error(
      "Output 1 of UnbindBackward0 is a view and its base or another view of its base has been modified "
      "inplace.",
      [&] { view * 2; });
  const auto view_without_grad = [](const Tensor& of) {
    const fw::NoGradGuard no_grad;
    return of[0];
  };
  y = x * 1, view = view_without_grad(y);
  peer::show_error("A view was created in no_grad mode and is being modified inplace with grad mode enabled.",
                   [&] { view.mul_(2); });
  y.mul_(2);
  peer::show_error(
      "A view was created in no_grad mode and its base or another view of its base has been modified "
      "inplace with grad mode enabled.",
      [&] { view * 2; });
  y = fw::zeros({2, 3}), view = view_without_grad(y);
  view.mul_(2);
  peer::show_error("A view was created in no_grad mode and is being modified inplace with grad mode enabled.",
                   [&] { view.mul_(w); });
  y = fw::zeros({2, 3});
  y.unbind()[0].add_(1);
  peer::show("a constant through unbind", y);
});

}  // namespace
