#include "programs.hpp"

#include <frost/frost.hpp>

#include <cmath>

namespace step {

using namespace frost;

namespace {

Tensor doubles(const std::vector<double>& values) { return tensor(values, dtype(kDouble)); }

// Three sentences of three, two and one tokens, padded to three; each token is two features.
const std::vector<int64_t> kLengths{3, 2, 1};

Tensor tokens_of_batch() {
  return doubles({0.5, 1.0, -1.0, 0.5, 1.5, -0.5,   //
                  1.0, 1.0, -0.5, 2.0, 0.25, 0.25,  //
                  2.0, -1.0, 0.25, 0.25, 0.25, 0.25})
      .view({3, 3, 2});
}

std::string part(const char* name, size_t b) { return std::string(name) + "[" + std::to_string(b) + "]"; }

Program masking() {
  Program program{"method 1: masking",
                  {{"query", "query   = {0.8, -0.4}, requires_grad"},
                   {"scores", "scores  = matmul(tokens, query)"},
                   {"muted", "muted   = scores.masked_fill(pads, -inf)"},
                   {"weights", "weights = softmax(muted, 1)"},
                   {"context", "context = (weights.unsqueeze(2) * tokens).sum(1)"},
                   {"loss", "loss    = matmul(context, target).mean()"}}};
  const Tensor tokens = program.keep("tokens", tokens_of_batch());
  const Tensor query = program.keep("query", doubles({0.8, -0.4}).requires_grad_());
  const Tensor target = program.keep("target", doubles({1, -1}));
  const Tensor pads = nn::padding_mask(kLengths, 3);
  const Tensor scores = program.keep("scores", matmul(tokens, query));
  const Tensor muted = program.keep("muted", scores.masked_fill(pads, -INFINITY));
  const Tensor weights = program.keep("weights", softmax(muted, 1));
  const Tensor context = program.keep("context", (weights.unsqueeze(2) * tokens).sum(1));
  program.loss = program.keep("loss", matmul(context, target).mean());
  return program;
}

Program freezing() {
  Program program{"method 2: freezing",
                  {{"query", "query      = {0.8, -0.4}, requires_grad"},
                   {"", "for each sentence b, of n tokens:"},
                   {"scores", "  scores[b]  = matmul(tokens[b, :n], query)"},
                   {"pads", "  pads[b]    = full({3 - n}, -inf), frozen"},
                   {"muted", "  muted[b]   = cat({scores[b], pads[b]})"},
                   {"weights", "  weights[b] = softmax(muted[b], 0)"},
                   {"context", "  context[b] = matmul(weights[b], tokens[b])"},
                   {"loss", "loss       = matmul(stack(context), target).mean()"}}};
  const Tensor tokens = program.keep("tokens", tokens_of_batch());
  const Tensor query = program.keep("query", doubles({0.8, -0.4}).requires_grad_());
  const Tensor target = program.keep("target", doubles({1, -1}));
  std::vector<Tensor> contexts;
  for (size_t b = 0; b < kLengths.size(); ++b) {
    const int64_t n = kLengths[b];
    const Tensor mine = tokens[static_cast<int64_t>(b)].set_name(part("tokens", b));
    const Tensor real = mine.narrow(0, 0, n).set_name(mine.name());
    const Tensor scores = program.keep(part("scores", b), matmul(real, query));
    const Tensor pads = program.keep(part("pads", b), full({3 - n}, -INFINITY, dtype(kDouble)));
    const Tensor muted = program.keep(part("muted", b), cat({scores, pads}));
    const Tensor weights = program.keep(part("weights", b), softmax(muted, 0));
    contexts.push_back(program.keep(part("context", b), matmul(weights, mine)));
  }
  program.loss = program.keep("loss", matmul(stack(contexts), target).mean());
  return program;
}

// Method 1 on a batch in which one sentence is empty.
Program empty_row() {
  Program program{"a row of nothing but padding",
                  {{"scores", "scores  = {{1, 2}, {3, 4}}, requires_grad"},
                   {"values", "values  = {1, 3}, requires_grad"},
                   {"", "pads    = {{false, true}, {true, true}}"},
                   {"muted", "muted   = scores.masked_fill(pads, -inf)"},
                   {"weights", "weights = softmax(muted, 1)"},
                   {"context", "context = matmul(weights, values)"},
                   {"loss", "loss    = context.sum()"}}};
  const Tensor scores = program.keep("scores", doubles({1, 2, 3, 4}).view({2, 2}).requires_grad_());
  const Tensor values = program.keep("values", doubles({1, 3}).requires_grad_());
  const Tensor pads = tensor({{false, true}, {true, true}});
  const Tensor muted = program.keep("muted", scores.masked_fill(pads, -INFINITY));
  const Tensor weights = program.keep("weights", softmax(muted, 1));
  program.loss = program.keep("loss", program.keep("context", matmul(weights, values)).sum());
  return program;
}

Program detached() {
  Program program{"detach in the middle",
                  {{"x", "x       = {1, 2}, requires_grad"},
                   {"w", "w       = {3, 4}, requires_grad"},
                   {"h", "h       = tanh(x)"},
                   {"stopped", "stopped = h.detach()"},
                   {"loss", "loss    = (stopped * w).sum()"}}};
  const Tensor x = program.keep("x", doubles({1, 2}).requires_grad_());
  const Tensor w = program.keep("w", doubles({3, 4}).requires_grad_());
  const Tensor h = program.keep("h", tanh(x));
  const Tensor stopped = program.keep("stopped", h.detach());
  program.loss = program.keep("loss", (stopped * w).sum());
  return program;
}

Program where_after() {
  Program program{"where after log",
                  {{"x", "x    = {0, 1, 4}, requires_grad"},
                   {"logs", "logs = log(x)"},
                   {"safe", "safe = where(x > 0, logs, 0)"},
                   {"loss", "loss = safe.sum()"}}};
  const Tensor x = program.keep("x", doubles({0, 1, 4}).requires_grad_());
  const Tensor logs = program.keep("logs", log(x));
  program.loss = program.keep("loss", program.keep("safe", where(x > 0, logs, 0)).sum());
  return program;
}

Program shared() {
  Program program{"a weight that is used twice",
                  {{"w", "w    = {{1, 2}, {0.5, -1}}, requires_grad"},
                   {"x", "x    = {1, -1}"},
                   {"h", "h    = tanh(matmul(w, x))"},
                   {"y", "y    = matmul(w, h)"},
                   {"loss", "loss = y.sum()"}}};
  const Tensor w = program.keep("w", doubles({1, 2, 0.5, -1}).view({2, 2}).requires_grad_());
  const Tensor x = program.keep("x", doubles({1, -1}));
  const Tensor h = program.keep("h", tanh(matmul(w, x)));
  program.loss = program.keep("loss", program.keep("y", matmul(w, h)).sum());
  return program;
}

std::vector<Subject> make_subjects() {
  return {
      {"1", "method 1, masking: one graph for the batch",
       "Three sentences of 3, 2 and 1 tokens, padded to 3. The padding's scores are -inf before softmax. "
       "What "
       "gradient do they get? Try: continue, then print scores, then explain scores[1, 2].",
       [] { return std::vector<Program>{masking()}; }},
      {"2", "method 2, freezing: a graph for each sentence",
       "The same three sentences. The padding's scores are tensors of their own that do not require grad. "
       "Try: "
       "graph, continue, print pads[1], explain pads[1].",
       [] { return std::vector<Program>{freezing()}; }},
      {"both", "both methods on one batch, in lockstep",
       "Each step goes to the next name in both methods; weights[1] of method 2 is the slice weights[1] of "
       "method 1's. Try: next, twin weights, continue, diff, explain scores[1, 2].",
       [] {
         return std::vector<Program>{masking(), freezing()};
       }},
      {"empty-row", "NaN from a sentence without tokens",
       "In the second row everything is masked. Which gradients turn NaN, and what would prevent it? Try: "
       "break nan, continue, explain values.",
       [] { return std::vector<Program>{empty_row()}; }},
      {"detach", "detach in the middle: why has x no gradient?",
       "Try: continue, print, then explain x and explain stopped.",
       [] { return std::vector<Program>{detached()}; }},
      {"where", "where after log: 0 · inf is NaN",
       "The where keeps log(0) out of the loss, but not out of the gradient. Try: break nan, continue, "
       "explain "
       "x[0].",
       [] { return std::vector<Program>{where_after()}; }},
      {"shared", "a weight that is used twice: two paths",
       "w is used by two matmuls, and its gradient is the sum of both. Try: break w, continue, explain w[0, "
       "1].",
       [] { return std::vector<Program>{shared()}; }},
  };
}

}  // namespace

Tensor Program::keep(const std::string& name, const Tensor& x) {
  tensors.push_back(x.set_name(name));
  return x;
}

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = make_subjects();
  return all;
}

}  // namespace step
