// Dropout, while training.
#pragma once

#include <frost/nn/cloneable.hpp>
#include <frost/nn/options.hpp>

namespace frost::nn {

struct DropoutOptions : OptionsOf<DropoutOptions> {
  DropoutOptions(double p = 0.5) : p_(p) {}
  DropoutOptions& p(double p) { return set(p_, p); }
  double p() const { return p_; }

 private:
  double p_;
};

// functional::dropout while is_training(), else x itself.
class DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  explicit DropoutImpl(double p) : DropoutImpl(DropoutOptions(p)) {}
  explicit DropoutImpl(const DropoutOptions& options = {});
  void reset() override;
  Tensor forward(const Tensor& x) const;
  void pretty_print(std::ostream& out) const override;

  DropoutOptions options;
};
TORCH_MODULE(Dropout);

}  // namespace frost::nn
