// Saving and loading by libtorch's names. Each engine reads its own files, of its own format.
#include "peer.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

using fw::Tensor;

struct NetImpl : fw::nn::Module {
  NetImpl() {
    fc = register_module("fc", fw::nn::Linear(3, 2));
    seen = register_buffer("seen", fw::zeros({2}, fw::kLong));
  }
  fw::nn::Linear fc{nullptr};
  Tensor seen;
};
TORCH_MODULE(Net);

// A file that is gone at the end of a section.
struct File {
  std::string path = (std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") + std::string("/frost-peer-") +
                     std::to_string(reinterpret_cast<uintptr_t>(this));
  ~File() { std::remove(path.c_str()); }
};

const peer::Section modules("serialize/modules", [] {
  const File file;
  fw::manual_seed(1);
  Net net;
  net->seen.fill_(3);
  fw::save(net, file.path);
  Net holder;
  const Tensor weight = holder->fc->weight;
  fw::load(holder, file.path);
  peer::show("weight", weight);
  peer::show("bias", holder->fc->bias);
  peer::show("seen", holder->seen);
  auto shared = std::make_shared<NetImpl>();
  fw::load(shared, file.path);
  fw::save(shared, file.path);
  peer::show("weight", shared->fc->weight);
  fw::nn::Linear other(2, 2);
  peer::show_whether_throws("into another module", [&] { fw::load(other, file.path); });
  peer::show_whether_throws("a file that is not there", [&] { fw::load(holder, file.path + "-"); });
});

const peer::Section tensors("serialize/tensors", [] {
  const File one, many;
  fw::save(fw::arange(6).view({2, 3}), one.path);
  Tensor x;
  fw::load(x, one.path);
  peer::show("x", x);
  fw::save(std::vector<Tensor>{fw::ones({2}), fw::tensor({true, false}), fw::tensor({0.5}, fw::kDouble)},
           many.path);
  std::vector<Tensor> xs{fw::zeros({1})};
  fw::load(xs, many.path);
  peer::show("appended", xs);
});

const peer::Section optimizers("serialize/optimizers", [] {
  const File file;
  const Tensor x = fw::ones({2}, fw::requires_grad()), y = fw::full({2}, 3., fw::requires_grad());
  const auto options = fw::optim::AdamOptions(0.1).amsgrad(true).weight_decay(0.1);
  fw::optim::Adam saved(std::vector<Tensor>{x, y}, options);
  for (int i = 0; i < 3; ++i) {
    saved.zero_grad();
    (x * x).sum().backward();
    saved.step();
  }
  fw::save(saved, file.path);
  fw::optim::Adam loaded(std::vector<Tensor>{x, y}, options);
  fw::load(loaded, file.path);
  peer::show("states", loaded.state().size());
  loaded.step();
  peer::show("x", x);
});

}  // namespace
