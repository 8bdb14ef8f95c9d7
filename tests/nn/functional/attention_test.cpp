#include <frost/nn/functional/attention.hpp>

#include "gradients.hpp"

#include <frost/kernels/parallel.hpp>
#include <frost/memory.hpp>

#include <cmath>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using nn::padding_mask;
using nn::functional::EmptyRow;
using nn::functional::masked_attention;
using nn::functional::masked_softmax;

namespace {

// The definition, from whole weights. x: [B, H, T, D], mask: [B, S].
Tensor defined(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask, bool causal) {
  Tensor muted = mask.reshape({mask.size(0), 1, 1, mask.size(1)});
  if (causal) muted = logical_or(muted, triu(ones({q.size(2), k.size(2)}, kBool), 1));
  const Tensor scores = matmul(q, transpose(k, 2, 3)) / std::sqrt(static_cast<double>(q.size(3)));
  return matmul(masked_softmax(scores, muted), v);
}

struct Inputs {
  Tensor q, k, v, grad_out;
  Inputs(int64_t batch, int64_t heads, int64_t queries, int64_t keys, int64_t features, int64_t values,
         Dtype dtype)
      : q(randn({batch, heads, queries, features}, dtype).requires_grad_()),
        k(randn({batch, heads, keys, features}, dtype).requires_grad_()),
        v(randn({batch, heads, keys, values}, dtype).requires_grad_()),
        grad_out(randn({batch, heads, queries, values}, dtype)) {}
};

void check_agrees(const Inputs& x, const Tensor& mask, bool causal, double tolerance) {
  const Tensor y = masked_attention(x.q, x.k, x.v, mask, causal), want = defined(x.q, x.k, x.v, mask, causal);
  CHECK(allclose(y, want, tolerance, tolerance));
  const std::vector<Tensor> grads = autograd::grad({y}, {x.q, x.k, x.v}, {x.grad_out}),
                            wanted = autograd::grad({want}, {x.q, x.k, x.v}, {x.grad_out});
  for (size_t i = 0; i < 3; ++i) {
    INFO("gradient of input " << i);
    CHECK(allclose(grads[i], wanted[i], tolerance, tolerance));
  }
}

}  // namespace

TEST_CASE("masked_attention: is bmm, masked_softmax and bmm", "[nn][attention]") {
  manual_seed(1);
  for (const bool causal : {false, true}) {
    INFO("causal " << causal);
    // Fewer queries and keys than a tile has, as many, and more; and several chunks of queries.
    for (const auto& [queries, keys] :
         {std::pair<int64_t, int64_t>{3, 5}, {1, 1}, {64, 96}, {130, 200}, {200, 130}, {1100, 97}}) {
      INFO("queries " << queries << ", keys " << keys);
      const Tensor prefix = padding_mask({keys, std::max<int64_t>(1, keys / 3)}, keys);
      Tensor holes = rand({2, keys}) > 0.5;
      holes.select(1, 0).fill_(false);  // a key for every query, if causal too
      for (const Tensor& mask : {prefix, holes, zeros({2, keys}, kBool)}) {
        check_agrees(Inputs(2, 3, queries, keys, 8, 5, kDouble), mask, causal, 1e-10);
        check_agrees(Inputs(2, 1, queries, keys, 64, 64, kFloat), mask, causal, 2e-4);
      }
    }
  }
}

TEST_CASE("masked_attention: without heads, without a mask, and through any strides", "[nn][attention]") {
  manual_seed(2);
  const Tensor q = randn({2, 3, 7, 4}, kDouble), k = randn({2, 3, 9, 4}, kDouble),
               v = randn({2, 3, 9, 6}, kDouble);
  const Tensor mask = padding_mask({9, 4}), y = masked_attention(q, k, v, mask);
  CHECK(same(masked_attention(q.select(1, 1), k.select(1, 1), v.select(1, 1), mask), y.select(1, 1)));
  CHECK(same(masked_attention(q, k, v), masked_attention(q, k, v, zeros({2, 9}, kBool))));
  const auto strided = [](const Tensor& x) {
    return x.permute({3, 2, 1, 0}).contiguous().permute({3, 2, 1, 0});
  };
  CHECK(same(masked_attention(strided(q), strided(k), strided(v), mask.t().contiguous().t()), y));
}

TEST_CASE("masked_attention: first and second derivatives", "[nn][attention]") {
  manual_seed(3);
  const Tensor mask = tensor({{false, true, false, false}, {false, false, true, true}});
  for (const bool causal : {false, true})
    check_gradients(
        [&](const std::vector<Tensor>& xs) { return masked_attention(xs[0], xs[1], xs[2], mask, causal); },
        {trainable({2, 2, 3, 2}), trainable({2, 2, 4, 2}), trainable({2, 2, 4, 3})});
  check_gradients([](const std::vector<Tensor>& xs) { return masked_attention(xs[0], xs[1], xs[2]); },
                  {trainable_strided({2, 3, 2}), trainable_strided({2, 4, 2}), trainable_strided({2, 4, 3})});
  const Tensor all_padded = tensor({{true, true, true, true}, {false, false, true, true}});
  for (const EmptyRow policy : {EmptyRow::Zeros, EmptyRow::Uniform})
    check_gradients(
        [&](const std::vector<Tensor>& xs) {
          return masked_attention(xs[0], xs[1], xs[2], all_padded, false, policy);
        },
        {trainable({2, 3, 2}), trainable({2, 4, 2}), trainable({2, 4, 3})});
  for (const std::vector<int64_t>& sizes : {std::vector<int64_t>{2, 0, 3}, {0, 3, 3}})
    check_gradients([](const std::vector<Tensor>& xs) { return masked_attention(xs[0], xs[1], xs[2]); },
                    {trainable({sizes[0], 2, 3}), trainable(sizes), trainable(sizes)});
}

TEST_CASE("masked_attention: what a query gets that has no key to attend to", "[nn][attention]") {
  manual_seed(4);
  const Tensor q = randn({2, 3, 4}), k = randn({2, 5, 4}), v = randn({2, 5, 4});
  const Tensor mask = padding_mask({0, 5});
  const auto row = [&](EmptyRow policy) { return masked_attention(q, k, v, mask, false, policy); };
  CHECK(same(row(EmptyRow::Zeros)[0], zeros({3, 4})));
  CHECK(row(EmptyRow::NaN)[0].isnan().all().item<bool>());
  CHECK(allclose(row(EmptyRow::Uniform)[0], v[0].mean(0).expand({3, 4}), 1e-5, 1e-6));
  CHECK_THROWS_WITH(row(EmptyRow::Error), Contains("no key to attend to"));
  for (const EmptyRow policy : {EmptyRow::NaN, EmptyRow::Uniform})
    CHECK(allclose(row(policy)[1], row(EmptyRow::Zeros)[1], 1e-5, 1e-6));
  // If causal, a query whose keys so far are all padding.
  const Tensor first = tensor({{true, false, false, false, false}, {false, false, false, false, true}});
  CHECK(same(masked_attention(q, k, v, first, true)[0][0], zeros({4})));
  CHECK_THROWS_WITH(masked_attention(q, k, v, first, true, EmptyRow::Error), Contains("no key"));
  CHECK(masked_attention(q, k, v, first, false, EmptyRow::Error).defined());
  const Tensor no_keys = k.narrow(1, 0, 0);
  CHECK(same(masked_attention(q, no_keys, no_keys), zeros({2, 3, 4})));
  CHECK(masked_attention(q, no_keys, no_keys, {}, false, EmptyRow::NaN).isnan().all().item<bool>());
}

TEST_CASE("masked_attention: padded keys and values are never read, and get zero gradients",
          "[nn][attention]") {
  manual_seed(5);
  const Tensor mask = tensor({{false, true, false, false, true}});
  const Tensor pads = mask.unsqueeze(-1);
  const Tensor q = randn({1, 3, 4}, requires_grad()), k = randn({1, 5, 4}), v = randn({1, 5, 4});
  const auto run = [&](double filling, bool create_graph) {
    const Tensor keys = k.masked_fill(pads, filling).requires_grad_(),
                 values = v.masked_fill(pads, filling).requires_grad_();
    const Tensor y = masked_attention(q, keys, values, mask);
    std::vector<Tensor> all =
        autograd::grad({y}, {q, keys, values}, {arange(12, kFloat).view({1, 3, 4})}, nullopt, create_graph);
    all.push_back(y);
    for (Tensor& x : all) x = x.detach();
    return all;
  };
  for (const bool create_graph : {false, true}) {
    const std::vector<Tensor> clean = run(0, create_graph), dirty = run(NAN, create_graph);
    for (size_t i = 0; i < clean.size(); ++i) CHECK(same(clean[i], dirty[i]));
    for (const size_t i : {1, 2}) CHECK(same(clean[i].masked_select(pads), zeros({8})));
  }
}

TEST_CASE(
    "masked_attention: keeps no matrix of weights, and no more for longer sequences than these are longer",
    "[nn][attention]") {
  const auto peak = [](int64_t length) {
    const Inputs x(1, 1, length, length, 16, 16, kFloat);
    const int64_t before = memory_allocated();
    reset_peak_memory_stats();
    masked_attention(x.q, x.k, x.v).backward(x.grad_out);
    return max_memory_allocated() - before;
  };
  CHECK(peak(1024) < 1024 * 1024 * 4 / 4);
  CHECK(peak(1024) <= 2.2 * peak(512));
  const Inputs x(1, 1, 6, 6, 4, 4, kFloat);
  const Tensor y = masked_attention(x.q, x.k, x.v);
  CHECK(y.grad_fn()->name() == "MaskedAttentionBackward0");
  for (const Tensor& saved : y.grad_fn()->saved_tensors()) CHECK(saved.numel() <= 6 * 4);
}

TEST_CASE("masked_attention: is bitwise the same on any number of threads", "[nn][attention]") {
  manual_seed(6);
  const Inputs x(2, 3, 700, 150, 32, 32, kFloat);
  const Tensor mask = padding_mask({150, 77});
  const int before = get_num_threads();
  const auto run = [&](int threads) {
    set_num_threads(threads);
    const Tensor y = masked_attention(x.q, x.k, x.v, mask, true);
    std::vector<Tensor> all = autograd::grad({y}, {x.q, x.k, x.v}, {x.grad_out});
    all.push_back(y.detach());
    return all;
  };
  const std::vector<Tensor> one = run(1), three = run(3);
  set_num_threads(before);
  for (size_t i = 0; i < one.size(); ++i) CHECK(same(one[i], three[i]));
}

TEST_CASE("masked_attention: great scores neither overflow nor vanish", "[nn][attention]") {
  const Tensor q = full({1, 1, 1}, 1e4), k = tensor({{{1.0}, {1.0}, {-1.0}}}).to(kFloat);
  CHECK(allclose(masked_attention(q, k, tensor({{{1.0}, {3.0}, {100.0}}}).to(kFloat)), full({1, 1, 1}, 2.0)));
  CHECK(allclose(masked_attention(-q * 1e30, -k, tensor({{{1.0}, {3.0}, {100.0}}}).to(kFloat)),
                 full({1, 1, 1}, 2.0)));
}

TEST_CASE("masked_attention: scores that are all -inf give NaN, as softmax does, and no zeros",
          "[nn][attention]") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const bool causal : {false, true}) {
    INFO("causal " << causal);
    const Tensor v = ones({1, 2, 1}, requires_grad()), q = full({1, 1, 1}, 1e30, requires_grad());
    const Tensor overflown = masked_attention(q, full({1, 2, 1}, -1e30), v, {}, causal);
    CHECK(overflown.isnan().all().item<bool>());
    CHECK(masked_attention(q, full({1, 2, 1}, -infinity), v, {}, causal).isnan().all().item<bool>());
    for (const bool create_graph : {false, true}) {
      INFO("create_graph " << create_graph);
      const std::vector<Tensor> grads =
          autograd::grad({overflown}, {q, v}, {ones({1, 1, 1})}, true, create_graph);
      CHECK(grads[0].isnan().all().item<bool>());
      CHECK(grads[1][0][0].isnan().all().item<bool>());
      // The second key comes after the query.
      CHECK(grads[1][0][1].isnan().item<bool>() == !causal);
    }
  }
  // A query with no key is another thing.
  const Tensor first = tensor({{true, false}});
  CHECK(same(masked_attention(ones({1, 2, 1}), full({1, 2, 1}, -infinity), ones({1, 2, 1}), first, true)
                 .isnan()
                 .flatten(),
             tensor({false, true})));
}

TEST_CASE("masked_attention: gradients of great scores are as exact as those of small ones",
          "[nn][attention]") {
  for (const double score : {1.0, 1e3, 1e4, 1e5, 1e6}) {
    INFO("score " << score);
    const Tensor v = randn({1, 7, 1}, requires_grad());
    const Tensor y = masked_attention(ones({1, 1, 4}), full({1, 7, 4}, score / 2), v);
    CHECK(allclose(autograd::grad({y}, {v})[0], full({1, 7, 1}, 1.0 / 7), 1e-6, 0));
  }
}

TEST_CASE("masked_attention: padded keys and values do not reach second derivatives", "[nn][attention]") {
  manual_seed(8);
  const Tensor mask = padding_mask({2}, 3), pads = mask.unsqueeze(-1);
  const Tensor q = randn({1, 2, 2}, requires_grad()), k = randn({1, 3, 2}), v = randn({1, 3, 2});
  const auto run = [&](double filling) {
    const Tensor y = masked_attention(q, k.masked_fill(pads, filling), v.masked_fill(pads, filling), mask);
    const Tensor grad = autograd::grad({y.pow(2).sum()}, {q}, {}, nullopt, true)[0];
    return autograd::grad({grad.pow(2).sum()}, {q})[0];
  };
  CHECK(same(run(0), run(NAN)));
}

TEST_CASE("masked_attention: a query with no key leaves the others as they are", "[nn][attention]") {
  manual_seed(9);
  const Tensor mask = padding_mask({0, 2}, 3);
  const Tensor dirt = tensor({{false, false, false}, {false, false, true}}).unsqueeze(-1);
  const Tensor q = randn({2, 2, 2}, requires_grad()), k = randn({2, 3, 2}), v = randn({2, 3, 2});
  for (const EmptyRow policy : {EmptyRow::Zeros, EmptyRow::NaN, EmptyRow::Uniform}) {
    INFO("policy " << static_cast<int>(policy));
    const auto run = [&](double filling) {
      const Tensor keys = k.masked_fill(dirt, filling).requires_grad_(),
                   values = v.masked_fill(dirt, filling).requires_grad_();
      const Tensor y = masked_attention(q, keys, values, mask, false, policy);
      std::vector<Tensor> all = autograd::grad({y[1].sum()}, {q, keys, values});
      all.push_back(y[1].detach());
      return all;
    };
    const std::vector<Tensor> clean = run(0), dirty = run(NAN);
    for (size_t i = 0; i < clean.size(); ++i) {
      INFO("tensor " << i);
      CHECK(same(clean[i], dirty[i]));
      CHECK_FALSE(clean[i].isnan().any().item<bool>());
    }
  }
  // Neither do the other queries of its own sequence meet it.
  const Tensor values = v.clone().requires_grad_(), first = tensor({{true, false, false}}).expand({2, 3});
  const auto last_row = [&](EmptyRow policy) {
    return autograd::grad({masked_attention(q, k, values, first, true, policy).select(1, 1).sum()},
                          {values})[0];
  };
  for (const EmptyRow policy : {EmptyRow::NaN, EmptyRow::Uniform})
    CHECK(same(last_row(policy), last_row(EmptyRow::Zeros)));
}

TEST_CASE("masked_attention: makes the gradients that are asked for, and no others", "[nn][attention]") {
  manual_seed(10);
  const Inputs x(2, 2, 70, 100, 8, 8, kFloat);
  const std::vector<Tensor> inputs = {x.q, x.k, x.v};
  const Tensor mask = padding_mask({100, 31});
  const auto gradients_of = [&](const std::vector<Tensor>& which, bool create_graph) {
    return autograd::grad({masked_attention(x.q, x.k, x.v, mask, true)}, which, {x.grad_out}, nullopt,
                          create_graph);
  };
  const auto peak = [&](const std::vector<Tensor>& which) {
    const int64_t before = memory_allocated();
    reset_peak_memory_stats();
    gradients_of(which, false);
    return max_memory_allocated() - before;
  };
  for (const bool create_graph : {false, true}) {
    INFO("create_graph " << create_graph);
    const std::vector<Tensor> all = gradients_of(inputs, create_graph);
    for (size_t i = 0; i < 3; ++i) {
      INFO("input " << i);
      CHECK(same(gradients_of({inputs[i]}, create_graph)[0], all[i]));
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    INFO("input " << i);
    const int64_t others = (x.q.numel() + x.k.numel() + x.v.numel() - inputs[i].numel()) * 4;
    CHECK(peak({inputs[i]}) <= peak(inputs) - others);
  }
}

TEST_CASE("masked_attention: errors", "[nn][attention]") {
  const Tensor q = zeros({2, 3, 4}), k = zeros({2, 5, 4});
  CHECK_THROWS_WITH(masked_attention(Tensor(), k, k), Contains("undefined"));
  CHECK_THROWS_WITH(masked_attention(q, k, zeros({2, 6, 4})), Contains("as long"));
  CHECK_THROWS_WITH(masked_attention(q, zeros({2, 5, 3}), k), Contains("as many features"));
  CHECK_THROWS_WITH(masked_attention(q, zeros({1, 5, 4}), k), Contains("one batch"));
  CHECK_THROWS_WITH(masked_attention(q[0], k[0], k[0]), Contains("[B, T, D]"));
  CHECK_THROWS_WITH(masked_attention(q, k.to(kDouble), k), Contains("one floating point dtype"));
  CHECK_THROWS_WITH(masked_attention(zeros({2, 3, 0}), zeros({2, 5, 0}), k), Contains("no features"));
  CHECK_THROWS_WITH(masked_attention(q, k, k, zeros({2, 5})), Contains("must be Bool"));
  CHECK_THROWS_WITH(masked_attention(q, k, k, zeros({5, 2}, kBool)), Contains("must be [2, 5]"));
}
