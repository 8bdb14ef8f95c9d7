#include <frost/nn.hpp>

#include "gradients.hpp"

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

struct NetImpl : nn::Cloneable<NetImpl> {
  NetImpl() { reset(); }
  void reset() override {
    scale = register_parameter("scale", ones({2}));
    running = register_buffer("running", zeros({2}));
    fc = register_module("fc", nn::Linear(2, 1));
    tail = register_module("tail", nn::Sequential({{"drop", nn::Dropout(0.5)},
                                                   {"norm", nn::LayerNorm(nn::LayerNormOptions({1}))}}));
  }
  Tensor forward(const Tensor& x) { return tail(fc(x * scale + running)); }

  Tensor scale, running;
  nn::Linear fc{nullptr};
  nn::Sequential tail{nullptr};
};
TORCH_MODULE(Net);

struct ViewsImpl : nn::Cloneable<ViewsImpl> {
  ViewsImpl() { reset(); }
  void reset() override {
    weight = register_parameter("weight", zeros({3, 2}).t());
    positions = register_buffer("positions", arange(3.0).unsqueeze(0));
  }
  Tensor weight, positions;
};

struct ForgetfulImpl : nn::Cloneable<ForgetfulImpl> {
  ForgetfulImpl() { register_parameter("scale", ones({2})); }
  void reset() override {}
};

}  // namespace

TEST_CASE("clone: the same values in memory of its own", "[nn][clone]") {
  const Net net;
  const NoGradGuard guard;
  net->scale.fill_(3);
  net->running.fill_(4);
  net->fc->freeze();
  net->eval();
  const std::shared_ptr<nn::Module> clone = net->clone();
  auto& copy = dynamic_cast<NetImpl&>(*clone);

  CHECK(copy.named_parameters().keys() == net->named_parameters().keys());
  const Tensor x = randn({3, 2});
  CHECK(same(copy.forward(x), net(x)));
  CHECK_FALSE(copy.tail->is_training());
  CHECK_FALSE(copy.tail->at<nn::DropoutImpl>(0).is_training());
  CHECK(copy.scale.requires_grad());
  CHECK_FALSE(copy.fc->weight.requires_grad());
  for (const auto& parameter : net->named_parameters()) {
    CHECK(same(copy.named_parameters()[parameter.key()], *parameter));
    copy.named_parameters()[parameter.key()].fill_(7);
    CHECK_FALSE(parameter->eq(7).any().item<bool>());
  }
  copy.running.fill_(8);
  CHECK(same(net->running, full({2}, 4.0)));
  CHECK(same(copy.fc->weight, full({1, 2}, 7.0)));  // members are what is registered
}

TEST_CASE("clone: of parameters and buffers that are views", "[nn][clone]") {
  const auto views = std::make_shared<ViewsImpl>();
  views->weight.data().copy_(tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}));
  const std::shared_ptr<nn::Module> clone = views->clone();
  const auto& copy = dynamic_cast<const ViewsImpl&>(*clone);
  CHECK(same(copy.weight.detach(), views->weight.detach()));
  CHECK(same(copy.positions, views->positions));
  views->weight.data().zero_();
  CHECK(copy.weight[1][2].item<float>() == 6);
}

TEST_CASE("clone: parameters and buffers are called as the original's are", "[nn][clone]") {
  const Net net;
  net->fc->bias.set_name("mine");
  net->running.set_name("average");
  const std::shared_ptr<nn::Module> clone = net->clone();
  for (const auto& parameter : clone->named_parameters())
    CHECK(parameter->name() == net->named_parameters()[parameter.key()].name());
  CHECK(clone->named_parameters()["tail.norm.weight"].name() == "tail.norm.weight");
  CHECK(clone->named_buffers()["running"].name() == "average");

  const nn::ModuleList layers;  // clones of a part, at places of their own
  for (int i = 0; i < 2; ++i) layers->push_back(net->tail->clone());
  for (const auto& parameter : layers->named_parameters()) CHECK(parameter->name() == parameter.key());
}

TEST_CASE("clone: of each layer", "[nn][clone]") {
  const std::vector<std::shared_ptr<nn::Module>> layers = {
      nn::Linear(nn::LinearOptions(2, 3).bias(false)).ptr(),
      nn::Embedding(nn::EmbeddingOptions(3, 2).padding_idx(-1)).ptr(),
      nn::Embedding::from_pretrained(randn({3, 2})).ptr(),
      nn::LayerNorm(nn::LayerNormOptions({2}).elementwise_affine(false)).ptr(),
      nn::Dropout(0.3).ptr(),
      nn::GELU().ptr(),
      nn::Softmax(1).ptr(),
      nn::ModuleList(nn::Linear(2, 3), nn::ReLU()).ptr(),
      nn::Functional(frost::relu).ptr(),
      nn::CrossEntropyLoss().ptr(),
      nn::PartlyFrozen(randn({3, 2}), tensor({false, true})).ptr(),
      nn::AttentionPooling(2, 3).ptr(),
      nn::DotScore(true).ptr(),
      nn::MultiplicativeScore(2, 3).ptr(),
      nn::AdditiveScore(2, 3, 4).ptr()};
  for (const std::shared_ptr<nn::Module>& layer : layers) {
    const std::shared_ptr<nn::Module> copy = layer->clone();
    INFO(layer->name());
    CHECK(copy->name() == layer->name());
    const OrderedDict<std::string, Tensor> parameters = layer->named_parameters();
    CHECK(copy->named_parameters().keys() == parameters.keys());
    for (const auto& parameter : copy->named_parameters()) {
      CHECK(same(*parameter, parameters[parameter.key()]));
      CHECK(parameter->data_ptr() != parameters[parameter.key()].data_ptr());
      CHECK(parameter->requires_grad() == parameters[parameter.key()].requires_grad());
    }
  }
}

TEST_CASE("clone: what can't be cloned says why", "[nn][clone]") {
  CHECK_THROWS_WITH(nn::Module().clone(),
                    Contains("clone() has not been implemented for frost::nn::Module. Subclass "
                             "frost::nn::Cloneable<frost::nn::Module> instead of frost::nn::Module"));
  CHECK_THROWS_WITH(ForgetfulImpl().clone(),
                    Contains("The cloned module does not have the same number of parameters"));
}
