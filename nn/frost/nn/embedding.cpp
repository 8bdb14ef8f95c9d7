#include <frost/nn/embedding.hpp>

#include <frost/grad_mode.hpp>
#include <frost/nn/functional/embedding.hpp>
#include <frost/nn/init.hpp>
#include <frost/ops.hpp>
#include <frost/tensor_impl.hpp>

#include <ostream>

namespace frost::nn {

EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions& embedding_options) : options(embedding_options) {
  options.padding_idx(functional::wrap_padding_idx(options.padding_idx(), options.num_embeddings()));
  reset();
}

void EmbeddingImpl::reset() {
  if (options._weight().defined()) {
    check(options._weight().sizes() == IntArrayRef({options.num_embeddings(), options.embedding_dim()}),
          "Embedding", "Shape of _weight does not match num_embeddings and embedding_dim: got ",
          options._weight().sizes(), " for ", options.num_embeddings(), " and ", options.embedding_dim());
    weight = register_parameter("weight", options._weight());
    options._weight({});  // a clone is to have a table of its own
  } else {
    weight = register_parameter("weight", empty({options.num_embeddings(), options.embedding_dim()}));
    reset_parameters();
  }
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (!options.padding_idx()) return;
  const NoGradGuard guard;
  weight.select(0, *options.padding_idx()).zero_();
}

Tensor EmbeddingImpl::forward(const Tensor& input) const {
  return functional::embedding(input, weight,
                               functional::EmbeddingFuncOptions().padding_idx(options.padding_idx()));
}

void EmbeddingImpl::pretty_print(std::ostream& out) const {
  out << "torch::nn::Embedding(num_embeddings=" << options.num_embeddings()
      << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) out << ", padding_idx=" << *options.padding_idx();
  out << ")";
}

Embedding Embedding::from_pretrained(const Tensor& embeddings,
                                     const EmbeddingFromPretrainedOptions& options) {
  check_defined(embeddings, "from_pretrained", "embeddings");
  check(embeddings.dim() == 2, "from_pretrained",
        "Embeddings parameter is expected to be 2-dimensional, got sizes ", embeddings.sizes());
  const Embedding embedding(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                                ._weight(embeddings)
                                .padding_idx(options.padding_idx()));
  embedding->weight.set_requires_grad(!options.freeze());
  return embedding;
}

}  // namespace frost::nn
