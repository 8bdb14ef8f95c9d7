// Memory that runs out at each request of a training step, in turn. What arrives is an error; what was there
// before is as it was, or as the step leaves it; and the next step goes as if nothing had been.
#include <frost/frost.hpp>

#include "faults/faults.hpp"
#include "nn/files.hpp"

using namespace frost;
using namespace frost::tests;

namespace {

struct ClassifierImpl : nn::Cloneable<ClassifierImpl> {
  ClassifierImpl() { reset(); }
  void reset() override {
    embedding = register_module("embedding", nn::Embedding(nn::EmbeddingOptions(6, 3).padding_idx(0)));
    gru = register_module("gru", nn::GRU(nn::GRUOptions(3, 2).batch_first(true).bidirectional(true)));
    norm = register_module("norm", nn::LayerNorm(std::vector<int64_t>{4}));
    score = register_module("score", nn::Linear(4, 1));
    head = register_module("head", nn::Linear(4, 2));
  }
  Tensor forward(const Tensor& tokens, const Tensor& lengths) const {
    const Tensor states = norm(std::get<0>(gru->forward_with_lengths(embedding(tokens), lengths)));
    const Tensor mask = nn::padding_mask(lengths, tokens.size(1));
    const Tensor weights = score(states).squeeze(-1).masked_fill(mask, -INFINITY).softmax(-1);
    return head(nn::functional::dropout(matmul(weights.unsqueeze(1), states).squeeze(1)));
  }
  nn::Embedding embedding{nullptr};
  nn::GRU gru{nullptr};
  nn::LayerNorm norm{nullptr};
  nn::Linear score{nullptr}, head{nullptr};
};
TORCH_MODULE(Classifier);

// A training that can be put back to where it was.
struct Training {
  Classifier model;
  optim::AdamW optimizer{model->parameters(), optim::AdamWOptions(0.1).amsgrad(true)};
  Tensor tokens = tensor({{1, 2, 3}, {4, 5, 0}}), lengths = tensor({3, 2}), classes = tensor({0, 1});
  StateDict model_before, optimizer_before;
  Tensor generator_before;

  Training() {
    manual_seed(0);
    step();
    remember();
  }
  double step() {
    optimizer.zero_grad(/*set_to_none=*/true);
    const Tensor loss = nn::functional::cross_entropy(model(tokens, lengths), classes);
    loss.backward();
    nn::utils::clip_grad_norm_(model->parameters(), 1);
    optimizer.step();
    return loss.item<double>();
  }
  void remember() {
    for (const auto& item : state_dict(model)) model_before.insert(item.key(), item->clone());
    for (const auto& item : state_dict(optimizer)) optimizer_before.insert(item.key(), item->clone());
    generator_before = default_generator().get_state();
  }
  void put_back() {
    optimizer.zero_grad(/*set_to_none=*/true);
    load_state_dict(model, model_before);
    load_state_dict(optimizer, optimizer_before);
    default_generator().set_state(generator_before);
  }
};

bool same_tensors(const StateDict& a, const StateDict& b) {
  bool same = a.size() == b.size();
  for (size_t i = 0; same && i < a.size(); ++i) same = a[i].key() == b[i].key() && equal(*a[i], *b[i]);
  return same;
}

}  // namespace

TEST_CASE("faults: a training step that runs out of memory anywhere can be taken again", "[faults]") {
  Training training;
  const double loss = training.step();
  const StateDict after = [&training] {
    StateDict copies;
    for (const auto& item : state_dict(training.model)) copies.insert(item.key(), item->clone());
    return copies;
  }();
  training.put_back();
  const int64_t memory = memory_allocated();
  int64_t faults = 0;
  with_each_fault([&training] { training.step(); },
                  [&](bool arrived) {
                    CHECK(GradMode::is_enabled());
                    training.put_back();
                    CHECK(memory_allocated() == memory);
                    CHECK(training.step() == loss);
                    CHECK(same_tensors(state_dict(training.model), after));
                    training.put_back();
                    faults += arrived;
                  });
  CHECK(faults > 500);
}

TEST_CASE("faults: the first step, which makes the optimiser's state, can be taken again", "[faults]") {
  const auto first_step = [] {
    manual_seed(1);
    nn::Linear model(2, 1);
    optim::Adam adam(model->parameters(), optim::AdamOptions(0.1));
    model(ones({3, 2})).sum().backward();
    adam.step();
    return model->weight.detach();
  };
  const Tensor expected = first_step();
  const int64_t memory = memory_allocated();
  with_each_fault([&first_step] { first_step(); },
                  [&](bool) {
                    CHECK(memory_allocated() == memory);
                    CHECK(equal(first_step(), expected));
                  });
}

TEST_CASE("faults: a checkpoint that can't be saved leaves the old one, and loads whole or not at all",
          "[faults]") {
  Training training;
  const TemporaryFolder folder;
  const std::string path = folder / "run.safetensors";
  Checkpoint checkpoint;
  checkpoint.add("model", training.model);
  checkpoint.add("optimizer", training.optimizer);
  checkpoint.add("generator", default_generator());
  checkpoint.save(path);
  const std::string bytes = read_bytes(path);
  with_each_fault([&] { checkpoint.save(path); },
                  [&](bool) {
                    CHECK(read_bytes(path) == bytes);
                    CHECK(folder.count() == 1);
                  });
  training.step();
  const StateDict trained = [&training] {
    StateDict copies;
    for (const auto& item : state_dict(training.model)) copies.insert(item.key(), item->clone());
    return copies;
  }();
  with_each_fault(
      [&] {
        checkpoint.load(path);
        load_state_dict(training.model, trained);
      },
      [&](bool) {
        const StateDict now = state_dict(training.model);
        CHECK((same_tensors(now, trained) || same_tensors(now, training.model_before)));
        load_state_dict(training.model, trained);
      });
}
