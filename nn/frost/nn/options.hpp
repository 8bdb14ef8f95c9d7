// What the options of layers and optimisers share: libtorch's chained setters.
#pragma once

#include <utility>

namespace frost::nn {

// A setter is one line, and so is its getter:
//
//   struct GRUOptions : OptionsOf<GRUOptions> {
//     GRUOptions& num_layers(int64_t layers) { return set(num_layers_, layers); }
//     int64_t num_layers() const { return num_layers_; }
//     …
//   };
//   GRUOptions(64, 128).num_layers(2).bidirectional(true)
template <class Options>
class OptionsOf {
 protected:
  template <class Field, class Value>
  Options& set(Field& field, Value&& value) {
    field = std::forward<Value>(value);
    return static_cast<Options&>(*this);
  }
};

}  // namespace frost::nn
