// Layers to make bad calls with.
#pragma once

#include "bad_input.hpp"

#include <frost/nn.hpp>

#include <vector>

namespace frost::tests {

// Layers whose parameters must stay as they are, too.
struct Layers : Operands {
  nn::Linear linear{3, 2};
  nn::Embedding embedding{4, 2};
  nn::LayerNorm layer_norm{std::vector<int64_t>{3}};
  nn::GRU gru{3, 2};
  nn::LSTM lstm{3, 2};
  nn::RNNCell cell{3, 2};
  nn::LSTMCell lstm_cell{3, 2};
  nn::MultiheadAttention heads{4, 2};
  nn::AdditiveScore additive{3, 4, 5};
  nn::DotScore dot{};
  nn::AttentionPooling pooling{4, 2};
  nn::Sequential sequence{nn::Linear(3, 2), nn::ReLU()};
  nn::ModuleList list{nn::Linear(3, 2)};
  nn::Linear nothing{nullptr};
  Tensor steps = zeros({2, 3, 3});         // [T, B, E] of the recurrent layers
  Tensor lengths = tensor({1, 2, 2});      // of its three sequences
  Tensor key_mask = zeros({3, 2}, kBool);  // [B, S]
  Tensor query = zeros({2, 3, 4});         // [L, B, E] of the attention

  std::vector<Tensor> all() const {
    std::vector<Tensor> tensors = Operands::all();
    for (const std::vector<Tensor>& more :
         {linear->parameters(), embedding->parameters(), layer_norm->parameters(), gru->parameters(),
          lstm->parameters(), cell->parameters(), heads->parameters(), pooling->parameters()})
      tensors.insert(tensors.end(), more.begin(), more.end());
    tensors.insert(tensors.end(), {steps, lengths, key_mask, query});
    return tensors;
  }
};

}  // namespace frost::tests
