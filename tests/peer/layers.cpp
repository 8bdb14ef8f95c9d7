// Layers, losses, initialisation, containers and utilities: values, gradients, names, printed forms, errors.
#include "peer.hpp"

#include <cmath>
#include <limits>
#include <sstream>

namespace {

namespace F = fw::nn::functional;
namespace nn = fw::nn;
using fw::Tensor;

// Values without rounding, of both signs, none of them 0.
Tensor values(fw::IntArrayRef sizes, fw::Dtype dtype = fw::kDouble) {
  return (fw::arange(fw::ones(sizes).numel(), dtype).view(sizes) * 7.0).sin() * 2 + 0.125;
}
Tensor trainable(fw::IntArrayRef sizes, fw::Dtype dtype = fw::kDouble) {
  return values(sizes, dtype).detach().requires_grad_();
}

std::vector<Tensor> show_gradients(const std::string& name, const Tensor& y,
                                   const std::vector<Tensor>& inputs) {
  peer::show(name, y);
  const Tensor grad_out = (fw::arange(y.numel(), y.scalar_type()) + 1).view(y.sizes());
  const std::vector<Tensor> grads = fw::autograd::grad({y}, inputs, {grad_out}, true, true);
  for (const Tensor& grad : grads) peer::show_values("  grad", grad);
  return grads;
}

// y, and the first and second derivatives of an uneven loss of it. What is zero by structure may be absent.
void show_all(const std::string& name, const Tensor& y, const std::vector<Tensor>& inputs) {
  Tensor loss = fw::zeros({}, fw::dtype(fw::kDouble).requires_grad(true));
  for (const Tensor& grad : show_gradients(name, y, inputs)) loss = loss + grad.square().sum();
  const std::vector<Tensor> seconds = fw::autograd::grad({loss}, inputs, {}, fw::nullopt, false, true);
  for (size_t i = 0; i < inputs.size(); ++i)
    peer::show_values("  second", seconds[i].defined() ? seconds[i] : fw::zeros_like(inputs[i]));
}

template <class M>
std::string printed(const M& module) {
  std::ostringstream out;
  out << module;
  std::string text = out.str(), line;
  for (const char c : text) line += c == '\n' ? '|' : c;
  return line;
}

void show_names(const nn::Module& module) {
  for (const auto& parameter : module.named_parameters()) peer::show(parameter.key(), parameter.value());
  for (const auto& buffer : module.named_buffers()) peer::show(buffer.key(), buffer.value());
}

// ---- layers ----

const peer::Section embedding("layers/embedding", [] {
  const Tensor index = fw::tensor({{1, 3, 1}, {0, 3, 3}});
  const Tensor weight = trainable({4, 2});
  show_all("embedding", F::embedding(index, weight), {weight});
  show_all("of a vector", F::embedding(index[0], weight), {weight});
  show_all("of a number", F::embedding(index[0][1], weight), {weight});
  show_all("padding 3", F::embedding(index, weight, F::EmbeddingFuncOptions().padding_idx(3)), {weight});
  show_all("padding -4", F::embedding(index, weight, F::EmbeddingFuncOptions().padding_idx(-4)), {weight});
  show_all("of nothing", F::embedding(index.slice(0, 0, 0), weight), {weight});
  show_all("squared", F::embedding(index, weight).square(), {weight});

  fw::manual_seed(3);
  nn::Embedding padded(nn::EmbeddingOptions(10, 3).padding_idx(-2)), plain(5, 4);
  show_names(*padded);
  show_names(*plain);
  peer::show("padding_idx", *padded->options.padding_idx());
  peer::show("forward", padded(fw::tensor({{8, 1}})));
  peer::show("padded", printed(padded));
  peer::show("plain", printed(plain));
  nn::Embedding frozen = nn::Embedding::from_pretrained(values({3, 2}));
  show_names(*frozen);
  show_names(*nn::Embedding::from_pretrained(
      values({3, 2}), nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(1)));

  peer::show_error("index out of range in self", [&] { F::embedding(fw::tensor({0, 4}), weight); });
  peer::show_error("index out of range in self", [&] { F::embedding(fw::tensor({{-1}}), weight); });
  peer::show_error("Expected tensor for argument #1 'indices' to have",
                   [&] { F::embedding(fw::tensor({0.5}), weight); });
  peer::show_error("'weight' must be 2-D", [&] { F::embedding(index, weight[0]); });
  peer::show_error("Padding_idx must be within num_embeddings",
                   [&] { F::embedding(index, weight, F::EmbeddingFuncOptions().padding_idx(4)); });
  peer::show_error("Padding_idx must be within num_embedding",
                   [] { nn::Embedding(nn::EmbeddingOptions(3, 2).padding_idx(-4)); });
  peer::show_error("Shape of _weight does not match num_embeddings and embedding_dim", [] {
    nn::Embedding(nn::EmbeddingOptions(3, 2)._weight(fw::ones({2, 3})));
  });
  peer::show_error("Embeddings parameter is expected to be 2-dimensional",
                   [] { nn::Embedding::from_pretrained(fw::ones({2})); });
});

const peer::Section layer_norm("layers/layer_norm", [] {
  const Tensor x = trainable({4, 2, 3}), weight = trainable({2, 3}), bias = trainable({2, 3});
  const auto options = [&] { return F::LayerNormFuncOptions({2, 3}).eps(0.01); };
  show_all("plain", F::layer_norm(x, options()), {x});
  show_all("last dim", F::layer_norm(x, F::LayerNormFuncOptions({3})), {x});
  show_all("affine", F::layer_norm(x, options().weight(weight).bias(bias)), {x, weight, bias});
  show_all("scaled", F::layer_norm(x, options().weight(weight)), {x, weight});
  show_gradients("shifted", F::layer_norm(x, options().bias(bias)), {x, bias});
  const Tensor flat = trainable({3, 8}, fw::kFloat);
  peer::show("Float", F::layer_norm(flat, F::LayerNormFuncOptions({8})));
  peer::show("constant", F::layer_norm(fw::ones({2, 3}), F::LayerNormFuncOptions({3})));
  peer::show("far from 0", F::layer_norm(values({2, 8}) + 1e6, F::LayerNormFuncOptions({8})));
  peer::show("no rows", F::layer_norm(fw::zeros({0, 3}), F::LayerNormFuncOptions({3})));

  nn::LayerNorm norm(nn::LayerNormOptions({2, 3}).eps(0.001)), one(std::vector<int64_t>{3});
  nn::LayerNorm bare(nn::LayerNormOptions({3}).elementwise_affine(false));
  show_names(*norm);
  peer::show("norm", printed(norm));
  peer::show("one", printed(one));
  peer::show("bare", printed(bare));
  peer::show("parameters of bare", bare->named_parameters().size());
  peer::show("forward", one(values({2, 3}, fw::kFloat)));
  peer::show_error("Given normalized_shape=[2], expected input with shape [*, 2], but got input of size",
                   [&] { F::layer_norm(x, F::LayerNormFuncOptions({2})); });
  peer::show_error("Expected normalized_shape to be at least 1-dimensional",
                   [&] { F::layer_norm(x, F::LayerNormFuncOptions(std::vector<int64_t>())); });
  peer::show_error("Expected weight to be of same shape as normalized_shape, but got weight of shape [3]",
                   [&] { F::layer_norm(x, options().weight(weight[0])); });
  peer::show_error("Expected bias to be of same shape as normalized_shape, but got bias of shape [3]",
                   [&] { F::layer_norm(x, options().bias(bias[0])); });
  peer::show_error("\"LayerNormKernelImpl\" not implemented for 'Long'",
                   [&] { F::layer_norm(x.to(fw::kLong), options()); });
});

const peer::Section dropout("layers/dropout", [] {
  fw::manual_seed(11);
  const Tensor x = trainable({5, 7}, fw::kFloat), y = trainable({5, 7});
  show_all("half", F::dropout(x), {x});
  show_all("Double", F::dropout(y, F::DropoutFuncOptions().p(0.2)), {y});
  peer::show_values("transposed", F::dropout(x.t(), F::DropoutFuncOptions().p(0.3)));
  peer::show("not training", F::dropout(x, F::DropoutFuncOptions().training(false)));
  peer::show("p 0", F::dropout(x, F::DropoutFuncOptions().p(0)));
  show_all("p 1", F::dropout(y, F::DropoutFuncOptions().p(1)), {y});
  peer::show("p 1 of inf", F::dropout(fw::full({2}, INFINITY), F::DropoutFuncOptions().p(1)));
  peer::show("empty", F::dropout(fw::zeros({0, 2})));
  peer::show("what is drawn next", fw::rand({3}));
  for (const fw::Dtype dtype : {fw::kLong, fw::kBool}) {
    const Tensor z = fw::ones({2, 3}, dtype);
    peer::show_error("result type Float can't be cast to the desired output type", [&] { F::dropout(z); });
    for (const double p : {0.0, 1.0})
      peer::show("of integers, p " + std::to_string(p), F::dropout(z, F::DropoutFuncOptions().p(p)));
    peer::show("of integers, not training", F::dropout(z, F::DropoutFuncOptions().training(false)));
    peer::show("of no integers", F::dropout(z.narrow(0, 0, 0)));
  }
  fw::manual_seed(12);  // libtorch has drawn a number before it finds that it can't use it
  nn::Dropout layer(0.25), standard, set(nn::DropoutOptions().p(0.75));
  peer::show("training", layer(x));
  layer->eval();
  peer::show("evaluating", layer(x));
  for (const nn::Dropout& each : {layer, standard, set}) peer::show("printed", printed(each));
  peer::show_error("dropout probability has to be between 0 and 1, but got 1.5", [] { nn::Dropout(1.5); });
  peer::show_error("dropout probability has to be between 0 and 1, but got -1",
                   [&] { F::dropout(x, F::DropoutFuncOptions().p(-1)); });
});

const peer::Section activations("layers/activations", [] {
  const Tensor x = trainable({3, 4});
  show_all("ReLU", nn::ReLU()(x), {x});
  show_all("Tanh", nn::Tanh()(x), {x});
  show_all("Sigmoid", nn::Sigmoid()(x), {x});
  show_all("GELU", nn::GELU()(x), {x});
  peer::show_values("GELU by tanh", nn::GELU(nn::GELUOptions().approximate("tanh"))(x));
  show_all("Softmax", nn::Softmax(0)(x), {x});
  show_all("LogSoftmax", nn::LogSoftmax(nn::LogSoftmaxOptions(-1))(x), {x});
  show_all("F::softmax", F::softmax(x, 1), {x});
  peer::show_values("F::softmax, Float", F::softmax(x, F::SoftmaxFuncOptions(1).dtype(fw::kFloat)));
  show_all("F::log_softmax", F::log_softmax(x, 1), {x});
  peer::show_values("F::log_softmax, Float",
                    F::log_softmax(x, F::LogSoftmaxFuncOptions(1).dtype(fw::kFloat)));
  show_all("F::relu", F::relu(x), {x});
  show_all("F::gelu", F::gelu(x), {x});
  peer::show("ReLU", printed(nn::ReLU()));
  peer::show("Tanh", printed(nn::Tanh()));
  peer::show("Sigmoid", printed(nn::Sigmoid()));
  peer::show("GELU", printed(nn::GELU()));
  peer::show("Softmax", printed(nn::Softmax(-2)));
  peer::show("LogSoftmax", printed(nn::LogSoftmax(1)));
});

// ---- losses ----

const peer::Section elementwise_losses("layers/elementwise losses", [] {
  const Tensor x = trainable({2, 3}), target = trainable({2, 3}) * 0.5 + 0.25;
  const Tensor y = target.detach().requires_grad_(), row = trainable({3});
  show_all("mse mean", F::mse_loss(x, y), {x, y});
  show_all("mse sum", F::mse_loss(x, y, fw::kSum), {x, y});
  show_all("mse none", F::mse_loss(x, y, F::MSELossFuncOptions(fw::kNone)), {x, y});
  show_all("l1 mean", F::l1_loss(x, y), {x, y});
  show_all("l1 sum", F::l1_loss(x, y, F::L1LossFuncOptions().reduction(fw::kSum)), {x, y});
  show_all("l1 none", F::l1_loss(x, y, fw::kNone), {x, y});
  peer::show_values("mse broadcast", F::mse_loss(x, row));
  peer::show_values("l1 broadcast", F::l1_loss(x, row));
  peer::show("mse of two dtypes", F::mse_loss(x, y.to(fw::kFloat)));
  peer::show("mse of nothing", F::mse_loss(fw::zeros({0}), fw::zeros({0})));
  peer::show_error("not implemented for 'Long'",
                   [] { F::mse_loss(fw::ones({2}, fw::kLong), fw::ones({2}, fw::kLong)); });
  peer::show_error("must match the size", [] { F::mse_loss(fw::ones({2}), fw::ones({3})); });

  const auto options = [] { return F::BinaryCrossEntropyWithLogitsFuncOptions(); };
  const Tensor weight = fw::tensor({0.5, 1.0, 2.0}, fw::kDouble);
  const Tensor pos_weight = fw::tensor({{3.0}, {0.25}}, fw::kDouble);
  for (const Tensor& w : {Tensor(), weight})
    for (const Tensor& p : {Tensor(), pos_weight}) {
      const auto weighted = [&] { return options().weight(w).pos_weight(p); };
      show_all("bce mean", F::binary_cross_entropy_with_logits(x, y, weighted()), {x, y});
      show_all("bce sum", F::binary_cross_entropy_with_logits(x, y, weighted().reduction(fw::kSum)), {x, y});
      show_all("bce none", F::binary_cross_entropy_with_logits(x, y, weighted().reduction(fw::kNone)),
               {x, y});
    }
  const Tensor large = fw::tensor({100.0, -100.0, 30.0, -30.0}, fw::kDouble).requires_grad_();
  show_all("bce of large scores", F::binary_cross_entropy_with_logits(large, fw::ones({4}, fw::kDouble) / 4),
           {large});
  peer::show_error("must be the same as input size",
                   [&] { F::binary_cross_entropy_with_logits(x, row, options()); });
  peer::show_error("is not differentiable with respect to argument 'pos_weight'",
                   [&] { F::binary_cross_entropy_with_logits(x, y, options().pos_weight(row)); });
});

void show_class_losses(const std::string& name, const Tensor& x, const Tensor& target,
                       const F::CrossEntropyFuncOptions& given) {
  peer::show("--", name);
  F::CrossEntropyFuncOptions options = given;
  show_all("mean", F::cross_entropy(x, target, options.reduction(fw::kMean)), {x});
  show_all("sum", F::cross_entropy(x, target, options.reduction(fw::kSum)), {x});
  const Tensor none = F::cross_entropy(x, target, options.reduction(fw::kNone));
  show_all("none", none.clone(), {x});
}

const peer::Section class_losses("layers/class losses", [] {
  const Tensor x = trainable({4, 3}), target = fw::tensor({2, 0, 1, 2});
  const Tensor weight = fw::tensor({0.5, 2.0, 0.75}, fw::kDouble);
  const auto options = [] { return F::CrossEntropyFuncOptions(); };
  show_class_losses("plain", x, target, options());
  show_class_losses("weight", x, target, options().weight(weight));
  show_class_losses("ignore_index", x, target, options().ignore_index(2));
  show_class_losses("ignore_index, weight", x, target, options().ignore_index(0).weight(weight));
  show_class_losses("smoothing", x, target, options().label_smoothing(0.1));
  show_class_losses("smoothing, weight, ignored", x, target,
                    options().label_smoothing(0.3).weight(weight).ignore_index(2));
  show_class_losses("wholly smooth", x, target, options().label_smoothing(1));
  show_class_losses("1-dim", trainable({3}), fw::tensor(1), options());
  show_class_losses("3-dim", trainable({2, 3, 4}), fw::tensor({{0, 1, 2, 1}, {1, 1, 0, -100}}), options());
  show_class_losses("3-dim, smoothing, weight", trainable({2, 3, 4}),
                    fw::tensor({{0, 1, 2, 1}, {1, 1, 0, -100}}),
                    options().label_smoothing(0.2).weight(weight));
  show_class_losses("4-dim", trainable({1, 3, 2, 2}), fw::tensor({{{0, 1}, {2, 2}}}),
                    options().weight(weight));
  show_class_losses("5-dim", trainable({1, 3, 2, 1, 2}), fw::tensor({{{{0, 1}}, {{2, -100}}}}), options());
  const Tensor probabilities = fw::softmax(values({4, 3}) * 2, 1);
  show_class_losses("probabilities", x, probabilities, options());
  show_class_losses("probabilities, weight, smoothing", x, probabilities,
                    options().weight(weight).label_smoothing(0.2));
  show_class_losses("probabilities, 3-dim", trainable({2, 3, 4}), fw::softmax(values({2, 3, 4}), 1),
                    options());

  peer::show("grad_fn", F::cross_entropy(x, target));
  peer::show("grad_fn below", F::cross_entropy(x, target).grad_fn()->next_edge(0).function->name());
  peer::show("grad_fn, 3-dim", F::cross_entropy(trainable({1, 3, 2}), fw::tensor({{0, 1}})));
  peer::show("all ignored", F::cross_entropy(x, fw::full({4}, -100, fw::kLong)));
  show_all("all ignored, sum",
           F::cross_entropy(x, fw::full({4}, -100, fw::kLong), options().reduction(fw::kSum)), {x});
  peer::show("of no examples", F::cross_entropy(fw::zeros({0, 3}), fw::zeros({0}, fw::kLong)));
  peer::show("Float", F::cross_entropy(values({4, 3}, fw::kFloat) * 50, target));
  show_all("nll", F::nll_loss(x, target), {x});
  show_all(
      "nll, options",
      F::nll_loss(x, target, F::NLLLossFuncOptions().weight(weight).ignore_index(1).reduction(fw::kNone)),
      {x});

  const auto fails = [&](const char* phrase, const Tensor& scores, const Tensor& goal) {
    peer::show_error(phrase, [&] { F::cross_entropy(scores, goal); });
  };
  fails("Target 3 is out of bounds.", x, fw::tensor({0, 1, 3, 2}));
  fails("Target -1 is out of bounds.", x, fw::tensor({0, 1, -1, 2}));
  fails("Expected input batch_size (4) to match target batch_size (3).", x, fw::tensor({0, 1, 2}));
  fails("expected scalar type Long but found Float", x, fw::tensor({0.0, 1.0, 2.0, 0.0}));
  fails("multi-target not supported", x, fw::zeros({4, 2}, fw::kLong));
  fails("Expected target size [2, 4], got [2, 3]", fw::zeros({2, 3, 4}), fw::zeros({2, 3}, fw::kLong));
  fails("size mismatch (got input: [1, 3, 2, 2]", fw::zeros({1, 3, 2, 2}), fw::zeros({1, 2, 3}, fw::kLong));
  fails("Expected floating point type for target with class probabilities", x, fw::zeros({4, 3}, fw::kLong));
  fails("not implemented for 'Long'", fw::zeros({4, 3}, fw::kLong), target);
  const auto refuses = [&](const char* phrase, const F::CrossEntropyFuncOptions& bad) {
    peer::show_error(phrase, [&] { F::cross_entropy(x, target, bad); });
  };
  refuses("weight tensor should be defined either for all 3 classes or no classes",
          options().weight(fw::ones({2}, fw::kDouble)));
  refuses("expected scalar type Double but found Float", options().weight(fw::ones({3})));
  refuses("is not differentiable with respect to argument 'weight'", options().weight(trainable({3})));
  refuses("label_smoothing must be between 0.0 and 1.0. Got: 1.5", options().label_smoothing(1.5));
  peer::show_error("ignore_index is not supported for floating point target",
                   [&] { F::cross_entropy(x, probabilities, options().ignore_index(0)); });
  peer::show_error("Expected 2 or more dimensions (got 1)", [&] { F::nll_loss(x[0], target[0]); });
});

const peer::Section loss_modules("layers/loss modules", [] {
  const Tensor x = trainable({4, 3}), target = fw::tensor({2, 0, 1, 2});
  const Tensor weight = fw::tensor({0.5, 2.0, 0.75}, fw::kDouble);
  nn::CrossEntropyLoss cross_entropy(nn::CrossEntropyLossOptions().weight(weight).ignore_index(1));
  nn::NLLLoss nll(nn::NLLLossOptions().weight(weight).reduction(fw::kSum));
  nn::BCEWithLogitsLoss bce(nn::BCEWithLogitsLossOptions().pos_weight(weight));
  nn::MSELoss mse(nn::MSELossOptions().reduction(fw::kSum));
  nn::L1Loss l1;
  peer::show("CrossEntropyLoss", cross_entropy(x, target));
  peer::show("NLLLoss", nll(x, target));
  peer::show("BCEWithLogitsLoss", bce(x, fw::ones({4, 3}, fw::kDouble)));
  peer::show("MSELoss", mse(x, values({4, 3}) + 1));
  peer::show("L1Loss", l1(x, values({4, 3}) + 1));
  show_names(*cross_entropy);
  show_names(*nll);
  show_names(*bce);
  peer::show("CrossEntropyLoss", printed(cross_entropy));
  peer::show("NLLLoss", printed(nll));
  peer::show("BCEWithLogitsLoss", printed(bce));
  peer::show("MSELoss", printed(mse));
  peer::show("L1Loss", printed(l1));
});

// ---- containers ----

struct WeightedImpl : nn::Module {
  Tensor forward(const Tensor& x, double weight, const Tensor& shift = {}) {
    return shift.defined() ? x * weight + shift : x * weight;
  }

 protected:
  FORWARD_HAS_DEFAULT_ARGS({2, nn::AnyValue(Tensor())})
};
TORCH_MODULE(Weighted);

struct PairImpl : nn::Module {
  std::tuple<Tensor, Tensor> forward(Tensor x) { return {x, x * 2}; }
};
TORCH_MODULE(Pair);

struct SecondImpl : nn::Module {
  Tensor forward(std::tuple<Tensor, Tensor> both) { return std::get<1>(both); }
};
TORCH_MODULE(Second);

const peer::Section sequential("layers/Sequential", [] {
  fw::manual_seed(4);
  nn::Sequential net(nn::Linear(3, 4), nn::Functional(fw::tanh), nn::Dropout(0.5),
                     nn::Linear(nn::LinearOptions(4, 2).bias(false)), nn::LogSoftmax(1));
  const Tensor x = values({5, 3}, fw::kFloat);
  show_names(*net);
  peer::show("forward", net->forward(x));
  peer::show("again", net->forward(x));
  net->eval();
  peer::show("evaluating", net->forward<Tensor>(x));
  peer::show("size", net->size());
  peer::show("weight", net->at<nn::LinearImpl>(0).weight);
  peer::show("ptr", net->ptr<nn::LinearImpl>(3)->weight);
  peer::show("[]", net[0]->as<nn::Linear>()->bias);
  for (auto& module : *net) peer::show("printed", printed(*module.ptr()));
  peer::show("whole", printed(net));

  nn::Sequential named({{"hidden", nn::Linear(3, 4)}, {"act", nn::ReLU()}});
  named->push_back("out", nn::Linear(4, 1));
  named->push_back(nn::Sigmoid());
  named->push_back(std::make_shared<nn::TanhImpl>());
  named->push_back(nn::SoftmaxImpl(-1));
  show_names(*named);
  peer::show("named", printed(named));
  peer::show("forward", named->forward(x));
  net->extend(*named);
  peer::show("extended", printed(net));

  nn::Sequential many(Weighted{}, Pair{}, Second{});
  peer::show("two arguments", many->forward(x, 3.0));
  peer::show("three arguments", many->forward(x, 3.0, x));
  peer::show("tuple", std::get<1>(nn::Sequential(Pair{})->forward<std::tuple<Tensor, Tensor>>(x)));
  nn::AnyModule any(nn::Linear(3, 1));
  peer::show_values("AnyModule", any.forward(x));
  peer::show("get", any.get<nn::Linear>()->weight);
  peer::show("empty", printed(nn::Sequential()));
  peer::show_error("Cannot call forward() on an empty Sequential", [&] { nn::Sequential()->forward(x); });
  peer::show_error("forward() method expects", [&] { many->forward(x); });
  peer::show_error("Expected argument #1 to be of type double, but received value of type int",
                   [&] { many->forward(x, 3); });
  peer::show_error("The type of the return value is", [&] { nn::Sequential(Pair{})->forward(x); });
  peer::show_error("Index out of range", [&] { net->ptr(99); });
  peer::show_error("Attempted to cast module of type", [&] { net->at<nn::ReLUImpl>(0); });
  peer::show_error("'act' already defined", [&] { named->push_back("act", nn::ReLU()); });
});

const peer::Section module_list("layers/ModuleList", [] {
  fw::manual_seed(5);
  nn::ModuleList list(nn::Linear(2, 3), nn::ReLU());
  list->push_back(nn::Linear(3, 1));
  list->insert(2, nn::LayerNorm(nn::LayerNormOptions({3})));
  show_names(*list);
  peer::show("printed", printed(list));
  Tensor x = values({4, 2}, fw::kFloat);
  for (const auto& module : *list) {
    if (module->as<nn::Linear>()) x = module->as<nn::Linear>()->forward(x);
    if (module->as<nn::ReLU>()) x = module->as<nn::ReLU>()->forward(x);
    if (auto* norm = module->as<nn::LayerNorm>()) x = norm->forward(x);
  }
  peer::show_values("forward", x);
  peer::show("at", list->at<nn::LinearImpl>(0).weight);
  peer::show("[]", printed(*list[2]));
  peer::show("not one", list->ptr<nn::LinearImpl>(1) == nullptr);
  peer::show_error("Index out of range", [&] { list->ptr(4); });
  peer::show_error("Index out of range", [&] { list->insert(6, nn::ReLU()); });
});

struct BlockImpl : nn::Cloneable<BlockImpl> {
  explicit BlockImpl(int64_t size) : size_(size) { reset(); }
  void reset() override {
    gate = register_parameter("gate", fw::randn({size_}));
    steps = register_buffer("steps", fw::zeros({1}));
    body = register_module("body", nn::Sequential(nn::Linear(size_, size_), nn::Tanh()));
    norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({size_})));
  }
  Tensor forward(const Tensor& x) { return norm(body->forward(x)) * gate + steps; }

  int64_t size_;
  Tensor gate, steps;
  nn::Sequential body{nullptr};
  nn::LayerNorm norm{nullptr};
};
TORCH_MODULE(Block);

struct NetImpl : nn::Cloneable<NetImpl> {
  NetImpl() { reset(); }
  void reset() override {
    blocks = register_module("blocks", nn::ModuleList());
    for (int64_t i = 0; i < 2; ++i) blocks->push_back(Block(2));
    out = register_module("out", nn::Linear(2, 1));
    bias = register_parameter("bias", fw::zeros({1}));
  }
  Tensor forward(Tensor x) {
    for (const auto& block : *blocks) x = block->as<Block>()->forward(x);
    return out(x) + bias;
  }

  nn::ModuleList blocks{nullptr};
  nn::Linear out{nullptr};
  Tensor bias;
};
TORCH_MODULE(Net);

const peer::Section modules("layers/modules in modules", [] {
  fw::manual_seed(6);
  Net net;
  show_names(*net);
  std::string text = printed(net);
  for (size_t at; (at = text.find("(anonymous namespace)::")) != std::string::npos;) text.erase(at, 23);
  peer::show("printed", text);
  const Tensor x = values({3, 2}, fw::kFloat);
  net(x).sum().backward();
  for (const auto& parameter : net->named_parameters()) peer::show("grad", parameter.value().grad());
  for (const auto& module : net->named_modules()) peer::show("module", module.key());
  for (const auto& module : net->named_modules("net")) peer::show("module", module.key());
  for (const auto& child : net->named_children()) peer::show("child", child.key());
  peer::show("count", net->modules().size());
  net->apply([](const std::string& name, nn::Module& module) {
    peer::show(name, module.as<nn::Linear>() != nullptr);
  });
  net->apply([](const std::string& name, const std::shared_ptr<nn::Module>&) { peer::show("visited", name); },
             "net");
  net->apply([](nn::Module& module) { peer::show("parameters", module.parameters(false).size()); });
  net->apply(
      [](const std::shared_ptr<nn::Module>& module) { peer::show("children", module->children().size()); });

  fw::manual_seed(7);
  net->eval();
  const std::shared_ptr<nn::Module> clone = net->clone();
  auto* const copy = clone->as<Net>();
  show_names(*copy);
  peer::show("forward of the copy", copy->forward(x));
  peer::show("grad of the copy", copy->bias.grad());
  peer::show("training", copy->out->is_training());
  {
    fw::NoGradGuard guard;
    for (Tensor& parameter : net->parameters()) parameter.zero_();
  }
  peer::show("forward of the copy", copy->forward(x));
  peer::show("what is drawn next", fw::rand({2}));
  peer::show_error("clone() has not been implemented for", [] { PairImpl().clone(); });
});

// ---- initialisation and utilities ----

const peer::Section init("layers/init", [] {
  namespace init = fw::nn::init;
  fw::manual_seed(8);
  const auto matrix = [] { return fw::empty({4, 6}); };
  const auto stack = [] { return fw::empty({4, 3, 2, 5}); };
  peer::show("uniform", init::uniform_(matrix(), -2, 3));
  peer::show("normal", init::normal_(matrix(), 1, 0.1));
  peer::show("constant", init::constant_(matrix(), 2.5));
  peer::show("ones", init::ones_(matrix()));
  peer::show("zeros", init::zeros_(matrix()));
  peer::show("eye", init::eye_(matrix()));
  peer::show("xavier_uniform", init::xavier_uniform_(stack(), 2));
  peer::show("xavier_normal", init::xavier_normal_(matrix()));
  peer::show("kaiming_uniform", init::kaiming_uniform_(matrix()));
  peer::show("kaiming_uniform, fan out", init::kaiming_uniform_(stack(), 0.3, fw::kFanOut));
  peer::show("kaiming_uniform, ReLU", init::kaiming_uniform_(matrix(), 0, fw::kFanIn, fw::kReLU));
  peer::show("kaiming_normal", init::kaiming_normal_(stack(), 1, fw::kFanOut, fw::kTanh));
  peer::show_values("orthogonal, wide", init::orthogonal_(matrix()));
  peer::show_values("orthogonal, tall", init::orthogonal_(fw::empty({5, 2}), 3));
  peer::show_values("orthogonal, stacked", init::orthogonal_(stack()));
  peer::show_values("orthogonal, Double", init::orthogonal_(fw::empty({3, 3}, fw::kDouble)));
  peer::show("what is drawn next", fw::rand({2}));
  peer::show("of a parameter", init::ones_(fw::zeros({2}, fw::requires_grad())));
  peer::show("linear", init::calculate_gain(fw::kLinear));
  peer::show("sigmoid", init::calculate_gain(fw::kSigmoid));
  peer::show("tanh", init::calculate_gain(fw::kTanh));
  peer::show("relu", init::calculate_gain(fw::kReLU));
  peer::show("leaky relu", init::calculate_gain(fw::kLeakyReLU));
  peer::show("leaky relu 0.2", init::calculate_gain(fw::kLeakyReLU, 0.2));
  const auto [fan_in, fan_out] = init::_calculate_fan_in_and_fan_out(stack());
  peer::show("fan in", fan_in);
  peer::show("fan out", fan_out);
  peer::show_error("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions",
                   [] { init::kaiming_normal_(fw::empty({2})); });
  peer::show_error("Only tensors with 2 dimensions are supported", [] { init::eye_(fw::empty({2})); });
  peer::show_error("Only tensors with 2 or more dimensions are supported",
                   [] { init::orthogonal_(fw::empty({2})); });
});

const peer::Section utils("layers/utils", [] {
  namespace utils = fw::nn::utils;
  const auto with_grad = [](const Tensor& grad) {
    const Tensor x = fw::zeros(grad.sizes(), fw::requires_grad());
    x.mutable_grad() = grad;
    return x;
  };
  for (const double order : {2.0, 1.0, 3.0, 0.0, std::numeric_limits<double>::infinity()})
    for (const double max_norm : {0.5, 100.0}) {
      const Tensor x = with_grad(values({2, 3}, fw::kFloat)), y = with_grad(values({4}, fw::kFloat) * 2);
      const Tensor absent = fw::zeros({2}, fw::requires_grad());
      peer::show("norm", static_cast<float>(utils::clip_grad_norm_({x, absent, y}, max_norm, order)));
      peer::show("x", x.grad());
      peer::show("y", y.grad());
      peer::show("absent", absent.grad());
      peer::show("of one", static_cast<float>(utils::clip_grad_norm_(x, max_norm / 10, order)));
      peer::show("x", x.grad());
    }
  peer::show("of nothing", utils::clip_grad_norm_(std::vector<Tensor>{}, 1));
  const Tensor infinite = with_grad(fw::full({2}, INFINITY));
  peer::show_error("for gradients from `parameters` is non-finite, so it cannot be clipped",
                   [&] { utils::clip_grad_norm_(infinite, 1, 2, true); });
  const Tensor z = with_grad(values({2, 3}, fw::kFloat));
  utils::clip_grad_value_(z, 1.5);
  peer::show("clipped", z.grad());
  utils::clip_grad_value_({z, infinite}, 0.5);
  peer::show("clipped", z.grad());
  peer::show("clipped", infinite.grad());

  const Tensor a = trainable({2, 2}, fw::kFloat), b = trainable({3}, fw::kFloat);
  const Tensor vector = utils::parameters_to_vector({a, b});
  peer::show("vector", vector);
  utils::vector_to_parameters(vector * 2, {a, b});
  peer::show("a", a);
  peer::show("b", b);
});

}  // namespace
