// Embedding: a table of vectors, looked up by number.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/options.hpp>

namespace frost::nn {

// padding_idx: the row of the padding token. It starts as zeros and its gradient is exactly 0.
struct EmbeddingOptions : OptionsOf<EmbeddingOptions> {
  EmbeddingOptions(int64_t num_embeddings, int64_t embedding_dim)
      : num_embeddings_(num_embeddings), embedding_dim_(embedding_dim) {}
  EmbeddingOptions& padding_idx(optional<int64_t> index) { return set(padding_idx_, index); }
  EmbeddingOptions& _weight(const Tensor& weight) { return set(weight_, weight); }
  int64_t num_embeddings() const { return num_embeddings_; }
  int64_t embedding_dim() const { return embedding_dim_; }
  optional<int64_t> padding_idx() const { return padding_idx_; }
  const Tensor& _weight() const { return weight_; }

 private:
  int64_t num_embeddings_, embedding_dim_;
  optional<int64_t> padding_idx_;
  Tensor weight_;
};

struct EmbeddingFromPretrainedOptions : OptionsOf<EmbeddingFromPretrainedOptions> {
  EmbeddingFromPretrainedOptions& freeze(bool on) { return set(freeze_, on); }
  EmbeddingFromPretrainedOptions& padding_idx(optional<int64_t> index) { return set(padding_idx_, index); }
  bool freeze() const { return freeze_; }
  optional<int64_t> padding_idx() const { return padding_idx_; }

 private:
  bool freeze_ = true;
  optional<int64_t> padding_idx_;
};

// [*] Long → [*, embedding_dim]; weight [num_embeddings, embedding_dim], at first normal(0, 1), or _weight.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
 public:
  EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
      : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}
  explicit EmbeddingImpl(const EmbeddingOptions& options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& input) const;
  void pretty_print(std::ostream& out) const override;

  EmbeddingOptions options;
  Tensor weight;
};

class Embedding : public ModuleHolder<EmbeddingImpl> {
 public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using Impl = EmbeddingImpl;

  // Of a given table [num_embeddings, embedding_dim], frozen unless options say otherwise.
  static Embedding from_pretrained(const Tensor& embeddings,
                                   const EmbeddingFromPretrainedOptions& options = {});
};

}  // namespace frost::nn
