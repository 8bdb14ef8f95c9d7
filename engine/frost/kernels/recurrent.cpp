#include <frost/kernels/packed.hpp>
#include <frost/kernels/parallel.hpp>
#include <frost/kernels/recurrent.hpp>
#include <frost/kernels/rows.hpp>

#include <algorithm>
#include <vector>

namespace frost::kernels {
namespace {

// Sequences that are taken through all steps together: enough that each part of W_hh that was read is used
// often.
constexpr int64_t kMostSequences = 32;
// A block is of whole groups of these, as the product takes them.
constexpr int64_t kFewestSequences = 8;
constexpr int64_t kWantedBlocks = 4;
// Multiplications below which a share of work is not worth handing to another thread.
constexpr int64_t kGrainOfWork = int64_t{1} << 19;

template <class T>
const T* at(const void* data, int64_t i) {
  return data == nullptr ? nullptr : static_cast<const T*>(data) + i;
}
template <class T>
T* at(void* data, int64_t i) {
  return data == nullptr ? nullptr : static_cast<T*>(data) + i;
}

// The rows of a step: as many as sequences still run.
struct Step {
  int64_t first_row, count;
};

std::vector<Step> steps_of(ArrayRef<int64_t> batch_sizes) {
  std::vector<Step> steps;
  steps.reserve(batch_sizes.size());
  int64_t row = 0;
  for (const int64_t count : batch_sizes) {
    steps.push_back({row, count});
    row += count;
  }
  return steps;
}

// f(direction, first sequence, count) for each block of the sequences in each direction, among threads: no
// sequence depends on another.
template <class F>
void for_blocks(const RecurrentLayer& layer, size_t number_of_directions, const F& f) {
  const int64_t batch = layer.batch, directions = static_cast<int64_t>(number_of_directions);
  if (batch == 0) return;
  const int64_t even = (directions * batch + kWantedBlocks - 1) / kWantedBlocks;
  const int64_t size =
      std::min((even + kFewestSequences - 1) / kFewestSequences * kFewestSequences, kMostSequences);
  const int64_t blocks = (batch + size - 1) / size;
  const int64_t steps = static_cast<int64_t>(layer.batch_sizes.size());
  const int64_t weights = gate_count(layer.kind) * layer.hidden_size * layer.hidden_size;
  const int64_t work = std::max<int64_t>(1, size * steps * weights);
  parallel_for(directions * blocks, std::max<int64_t>(1, kGrainOfWork / work),
               [&](int64_t begin, int64_t end) {
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t first = unit % blocks * size;
                   f(static_cast<size_t>(unit / blocks), first, std::min(size, batch - first));
                 }
               });
}

// Sequences `first` to `first + count` through all steps. gates_h: a row for each of them.
template <class T>
void run_forward(const RecurrentLayer& layer, const RecurrentForward& d, const std::vector<Step>& steps,
                 const PackedMatrix<T>& weight, T* gates_h, int64_t first, int64_t count) {
  const Rows& table = rows();
  const auto forward_row = table.recurrent_forward[index_of(layer.kind)][index_of(layer.dtype)];
  const int64_t size = layer.hidden_size, width = gate_count(layer.kind) * size;
  T *const h = static_cast<T*>(d.h) + first * size, *const c = at<T>(d.c, first * size);
  for (size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[d.reverse ? steps.size() - 1 - i : i];
    const int64_t running = std::min(count, step.count - first);
    if (running <= 0) continue;
    weight.multiply(running, gates_h, width, /*accumulate=*/false, h, size, 1);
    for (int64_t b = 0; b < running; ++b) {
      const int64_t row = step.first_row + first + b;
      forward_row(size,
                  {gates_h + b * width, d.bias_x, d.bias_h, at<T>(d.gates, row * width), h + b * size,
                   at<T>(c, b * size), at<T>(d.output, row * d.output_stride), at<T>(d.before_h, row * size),
                   at<T>(d.before_c, row * size), at<T>(d.inner, row * size)});
    }
  }
}

template <class T>
void run_backward(const RecurrentLayer& layer, const RecurrentBackward& d, const std::vector<Step>& steps,
                  const PackedMatrix<T>& weight, int64_t first, int64_t count) {
  const Rows& table = rows();
  const auto backward_row = table.recurrent_backward[index_of(layer.kind)][index_of(layer.dtype)];
  const int64_t size = layer.hidden_size, width = gate_count(layer.kind) * size;
  T *const grad_h = static_cast<T*>(d.grad_h) + first * size, *const grad_c = at<T>(d.grad_c, first * size);
  for (size_t i = steps.size(); i-- > 0;) {
    const Step& step = steps[d.reverse ? steps.size() - 1 - i : i];
    const int64_t running = std::min(count, step.count - first);
    if (running <= 0) continue;
    for (int64_t b = 0; b < running; ++b) {
      const int64_t row = step.first_row + first + b;
      backward_row(
          size,
          {at<T>(d.gates, row * width), at<T>(d.before_h, row * size), at<T>(d.before_c, row * size),
           at<T>(d.inner, row * size), at<T>(d.grad_output, row * d.grad_output_stride), grad_h + b * size,
           at<T>(grad_c, b * size), at<T>(d.grad_gates_x, row * width), at<T>(d.grad_gates_h, row * width)});
    }
    if (i == 0 && !d.wants_initial) continue;
    weight.multiply(running, grad_h, size, /*accumulate=*/true,
                    static_cast<const T*>(d.grad_gates_h) + (step.first_row + first) * width, width, 1);
  }
}

}  // namespace

void recurrent_forward(const RecurrentLayer& layer, ArrayRef<RecurrentForward> directions) {
  const std::vector<Step> steps = steps_of(layer.batch_sizes);
  const int64_t size = layer.hidden_size, width = gate_count(layer.kind) * size;
  visit_floating(layer.dtype, [&]<class T>() {
    std::vector<PackedMatrix<T>> weights;  // W_hh, transposed
    for (const RecurrentForward& d : directions)
      weights.emplace_back(size, width, static_cast<const T*>(d.weight), 1, size);
    const Buffer<T> gates_h(static_cast<int64_t>(directions.size()) * layer.batch * width);
    for_blocks(layer, directions.size(), [&](size_t d, int64_t first, int64_t count) {
      run_forward(layer, directions[d], steps, weights[d],
                  gates_h.data() + (static_cast<int64_t>(d) * layer.batch + first) * width, first, count);
    });
  });
}

void recurrent_backward(const RecurrentLayer& layer, ArrayRef<RecurrentBackward> directions) {
  const std::vector<Step> steps = steps_of(layer.batch_sizes);
  const int64_t size = layer.hidden_size, width = gate_count(layer.kind) * size;
  visit_floating(layer.dtype, [&]<class T>() {
    std::vector<PackedMatrix<T>> weights;  // W_hh
    for (const RecurrentBackward& d : directions)
      weights.emplace_back(width, size, static_cast<const T*>(d.weight), size, 1);
    for_blocks(layer, directions.size(), [&](size_t d, int64_t first, int64_t count) {
      run_backward(layer, directions[d], steps, weights[d], first, count);
    });
  });
}

}  // namespace frost::kernels
