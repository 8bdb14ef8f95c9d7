// recur: a recurrent layer as one op, forward and backward fused.
#include <frost/nn/recurrence.hpp>

#include <frost/backward.hpp>
#include <frost/ops/common.hpp>
#include <frost/record.hpp>

#include <utility>
#include <vector>

namespace frost::nn {

namespace {

constexpr size_t kMostDirections = 2;

// What backward needs of one direction besides the op's inputs: [N, *], as kernels::RecurrentForward has
// them.
struct Trace {
  Tensor gates, before_h, before_c, inner;
};

// The op's inputs: x, and then these of each direction.
enum Input : size_t { weight_ih, weight_hh, bias_ih, bias_hh, initial_h, initial_c, inputs_per_direction };

size_t place(size_t direction, Input input) { return 1 + direction * inputs_per_direction + input; }

std::vector<Tensor> inputs_of(const Tensor& x, const std::vector<RecurrentDirection>& directions) {
  std::vector<Tensor> inputs = {x};
  for (const RecurrentDirection& d : directions)
    inputs.insert(inputs.end(), {d.weight_ih, d.weight_hh, d.bias_ih, d.bias_hh, d.initial.h, d.initial.c});
  return inputs;
}

// Of an LSTM h and c of each direction, of the others h.
std::vector<Tensor> outputs_of(const Recurred& result) {
  std::vector<Tensor> outputs = {result.output};
  for (const RecurrentState& last : result.last) {
    outputs.push_back(last.h);
    if (last.c.defined()) outputs.push_back(last.c);
  }
  return outputs;
}

void check_inputs(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                  IntArrayRef batch_sizes) {
  check_defined(x, "recur");
  check(x.dim() == 2 && x.is_floating_point(), "recur", "x must be a floating-point [N, input_size], got ",
        x.scalar_type(), " ", x.sizes());
  check(!directions.empty() && directions.size() <= kMostDirections, "recur",
        "expected 1 or 2 directions, got ", directions.size());
  const RecurrentState& first = directions[0].initial;
  check_defined(first.h, "recur", "h");
  check(first.h.dim() == 2, "recur", "h must be [B, hidden_size], got ", first.h.sizes());
  const int64_t batch = first.h.size(0), size = first.h.size(1), rows = gate_count(kind) * size;
  const auto check_tensor = [&x](const Tensor& tensor, IntArrayRef sizes, const char* name) {
    check_defined(tensor, "recur", name);
    check(tensor.sizes() == sizes && tensor.scalar_type() == x.scalar_type(), "recur", name, " must be ",
          x.scalar_type(), " ", sizes, ", got ", tensor.scalar_type(), " ", tensor.sizes());
  };
  for (const RecurrentDirection& d : directions) {
    check_tensor(d.weight_ih, {rows, x.size(1)}, "weight_ih");
    check_tensor(d.weight_hh, {rows, size}, "weight_hh");
    if (d.bias_ih.defined()) check_tensor(d.bias_ih, {rows}, "bias_ih");
    if (d.bias_hh.defined()) check_tensor(d.bias_hh, {rows}, "bias_hh");
    check_tensor(d.initial.h, {batch, size}, "h");
    if (kind == Recurrence::LSTM) check_tensor(d.initial.c, {batch, size}, "c");
  }
  int64_t most = batch, total = 0;
  for (const int64_t running : batch_sizes) {
    check(running >= 0 && running <= most, "recur", "batch sizes must not rise, and be ", batch,
          " at most, got ", batch_sizes);
    most = running;
    total += running;
  }
  check(total == x.size(0), "recur", "batch sizes of ", total, " rows in all do not fit x of ", x.size(0));
}

void* data_of(const Tensor& x) { return x.defined() ? x.impl()->data : nullptr; }
// The d-th of side by side blocks of columns.
void* columns_of(const Tensor& x, size_t d, int64_t columns) {
  return static_cast<char*>(x.impl()->data) +
         d * static_cast<size_t>(columns) * element_size(x.scalar_type());
}

kernels::RecurrentLayer layer_of(Recurrence kind, const Tensor& h, IntArrayRef batch_sizes) {
  return {kind, h.scalar_type(), h.size(1), h.size(0), batch_sizes};
}

// The values of the outputs; and of `traces`, where there are any.
Recurred run_forward(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                     IntArrayRef batch_sizes, std::vector<Trace>* traces) {
  const NoGradGuard guard;
  const Dtype dtype = x.scalar_type();
  const int64_t n = x.size(0), size = directions[0].initial.h.size(1);
  const int64_t columns = static_cast<int64_t>(directions.size()) * size;
  Recurred result;
  result.output = empty_tensor({n, columns}, dtype);
  std::vector<kernels::RecurrentForward> runs;
  std::vector<Tensor> held;  // what the kernel reads
  const auto hold = [&held](const Tensor& tensor) {
    held.push_back(tensor);
    return data_of(tensor);
  };
  const Tensor no_bias = zeros({gate_count(kind) * size}, dtype);
  for (const RecurrentDirection& d : directions) {
    const size_t i = runs.size();
    const Tensor c = kind == Recurrence::LSTM ? ops::values_of(d.initial.c) : Tensor();
    result.last.push_back({ops::values_of(d.initial.h), c});
    Trace trace{mm(x, t(d.weight_ih)), {}, {}, {}};
    if (traces != nullptr) {
      if (kind == Recurrence::GRU || d.weight_hh.requires_grad())
        trace.before_h = empty_tensor({n, size}, dtype);
      if (kind == Recurrence::LSTM) trace.before_c = empty_tensor({n, size}, dtype);
      if (kind == Recurrence::GRU) trace.inner = empty_tensor({n, size}, dtype);
    }
    runs.push_back({.reverse = i > 0,
                    .weight = hold(ops::packed(d.weight_hh)),
                    .bias_x = hold(ops::packed(d.bias_ih.defined() ? d.bias_ih : no_bias)),
                    .bias_h = hold(ops::packed(d.bias_hh.defined() ? d.bias_hh : no_bias)),
                    .gates = hold(trace.gates),
                    .h = data_of(result.last[i].h),
                    .c = data_of(c),
                    .output = columns_of(result.output, i, size),
                    .output_stride = columns,
                    .before_h = data_of(trace.before_h),
                    .before_c = data_of(trace.before_c),
                    .inner = data_of(trace.inner)});
    if (traces != nullptr) traces->push_back(std::move(trace));
  }
  kernels::recurrent_forward(layer_of(kind, directions[0].initial.h, batch_sizes), runs);
  return result;
}

// The gradients that are wanted, as plain numbers.
void run_backward(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                  const std::vector<Trace>& traces, IntArrayRef batch_sizes, ArrayRef<Tensor> grad_outs,
                  Gradients& grads) {
  const bool is_lstm = kind == Recurrence::LSTM, is_gru = kind == Recurrence::GRU;
  const Tensor& any_h = directions[0].initial.h;
  const Dtype dtype = x.scalar_type();
  const int64_t size = any_h.size(1), columns = static_cast<int64_t>(directions.size()) * size;
  const Tensor grad_output = grad_outs[0].defined() ? ops::packed(grad_outs[0]) : Tensor();
  struct Grads {
    Tensor h, c, gates_x, gates_h, weight;
  };
  std::vector<Grads> of;
  std::vector<kernels::RecurrentBackward> runs;
  for (size_t i = 0; i < directions.size(); ++i) {
    const auto start = [&](size_t output) {
      return grad_outs[output].defined() ? ops::values_of(grad_outs[output]) : zeros(any_h.sizes(), dtype);
    };
    Grads g;
    g.h = start(is_lstm ? 1 + 2 * i : 1 + i);
    if (is_lstm) g.c = start(2 + 2 * i);
    g.gates_x = empty_tensor(traces[i].gates.sizes(), dtype);
    g.gates_h = is_gru ? empty_tensor(traces[i].gates.sizes(), dtype) : g.gates_x;
    g.weight = ops::packed(directions[i].weight_hh);
    runs.push_back({.reverse = i > 0,
                    .wants_initial = grads.wanted(place(i, initial_h)),
                    .weight = data_of(g.weight),
                    .gates = data_of(traces[i].gates),
                    .before_h = data_of(traces[i].before_h),
                    .before_c = data_of(traces[i].before_c),
                    .inner = data_of(traces[i].inner),
                    .grad_output = grad_output.defined() ? columns_of(grad_output, i, size) : nullptr,
                    .grad_output_stride = columns,
                    .grad_h = data_of(g.h),
                    .grad_c = data_of(g.c),
                    .grad_gates_x = data_of(g.gates_x),
                    .grad_gates_h = data_of(g.gates_h)});
    of.push_back(std::move(g));
  }
  kernels::recurrent_backward(layer_of(kind, any_h, batch_sizes), runs);

  Tensor grad_x;
  for (size_t i = 0; i < directions.size(); ++i) {
    const Grads& g = of[i];
    const auto wanted = [&grads, i](Input input) { return grads.wanted(place(i, input)); };
    const auto set = [&grads, i](Input input, const Tensor& gradient) {
      grads.set(place(i, input), gradient);
    };
    if (grads.wanted(0)) {
      const Tensor part = mm(g.gates_x, directions[i].weight_ih);
      grad_x = grad_x.defined() ? grad_x.add_(part) : part;
    }
    if (wanted(weight_ih)) set(weight_ih, mm(t(g.gates_x), x));
    if (wanted(weight_hh)) set(weight_hh, mm(t(g.gates_h), traces[i].before_h));
    const Tensor grad_bias = wanted(bias_ih) || (wanted(bias_hh) && !is_gru) ? sum(g.gates_x, 0) : Tensor();
    if (wanted(bias_ih)) set(bias_ih, grad_bias);
    if (wanted(bias_hh)) set(bias_hh, is_gru ? sum(g.gates_h, 0) : grad_bias);
    if (wanted(initial_h)) set(initial_h, g.h);
    if (wanted(initial_c)) set(initial_c, g.c);
  }
  if (grads.wanted(0)) grads.set(0, grad_x);
}

// The same, recorded: the gradients of recur_by_steps. It starts from views of the inputs, as one of them may
// have been made from another.
void differentiate_steps(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
                         IntArrayRef batch_sizes, ArrayRef<Tensor> grad_outs, Gradients& grads) {
  const auto view = [](const Tensor& tensor) { return tensor.defined() ? tensor.view_as(tensor) : tensor; };
  const Tensor x_view = view(x);
  std::vector<RecurrentDirection> views;
  for (const RecurrentDirection& d : directions)
    views.push_back({view(d.weight_ih),
                     view(d.weight_hh),
                     view(d.bias_ih),
                     view(d.bias_hh),
                     {view(d.initial.h), view(d.initial.c)}});
  const std::vector<Tensor> outputs = outputs_of(recur_by_steps(kind, x_view, views, batch_sizes));
  const std::vector<Tensor> inputs = inputs_of(x_view, views);
  std::vector<Tensor> from, gradients, to;
  for (size_t i = 0; i < outputs.size(); ++i)
    if (grad_outs[i].defined() && outputs[i].requires_grad()) {
      from.push_back(outputs[i]);
      gradients.push_back(grad_outs[i]);
    }
  if (from.empty()) return;
  const auto is_wanted = [&grads, &inputs](size_t i) {  // an input may have been frozen since
    return grads.wanted(i) && inputs[i].requires_grad();
  };
  for (size_t i = 0; i < inputs.size(); ++i)
    if (is_wanted(i)) to.push_back(inputs[i]);
  if (to.empty()) return;
  const std::vector<Tensor> results = autograd::grad(from, to, gradients, /*retain_graph=*/true,
                                                     /*create_graph=*/true, /*allow_unused=*/true);
  for (size_t i = 0, result = 0; i < inputs.size(); ++i)
    if (is_wanted(i)) grads.set(i, results[result++]);
}

// One direction as the tape keeps it.
struct SavedDirection {
  SavedDirection(const RecurrentDirection& d, const Trace& trace)
      : weight_ih(d.weight_ih),
        weight_hh(d.weight_hh),
        bias_ih(d.bias_ih),
        bias_hh(d.bias_hh),
        h(d.initial.h),
        c(d.initial.c),
        gates(trace.gates),
        before_h(trace.before_h),
        before_c(trace.before_c),
        inner(trace.inner) {}

  RecurrentDirection direction() const { return {*weight_ih, *weight_hh, *bias_ih, *bias_hh, {*h, *c}}; }
  // Without the biases, whose values no gradient depends on: they may have been written to since.
  RecurrentDirection weights() const { return {*weight_ih, *weight_hh, {}, {}, {*h, *c}}; }
  Trace trace() const { return {*gates, *before_h, *before_c, *inner}; }

  Saved weight_ih, weight_hh, bias_ih, bias_hh, h, c, gates, before_h, before_c, inner;
};

}  // namespace

Recurred recur(Recurrence kind, const Tensor& x, const std::vector<RecurrentDirection>& directions,
               IntArrayRef batch_sizes) {
  check_inputs(kind, x, directions, batch_sizes);
  const std::vector<Tensor> inputs = inputs_of(x, directions);
  bool is_recorded = false;
  for (const Tensor& input : inputs) is_recorded |= input.defined() && input.requires_grad();
  if (!is_recorded || !GradMode::is_enabled()) return run_forward(kind, x, directions, batch_sizes, nullptr);

  std::vector<Trace> traces;
  Recurred result = run_forward(kind, x, directions, batch_sizes, &traces);
  const RecurrentDirection none;
  const Trace no_trace;
  const size_t count = directions.size();
  record_joint("RecurrentLayerBackward0", inputs, outputs_of(result),
               [kind, count, x = Saved(x), first = SavedDirection(directions[0], traces[0]),
                second = SavedDirection(count > 1 ? directions[1] : none, count > 1 ? traces[1] : no_trace),
                sizes = std::vector<int64_t>(batch_sizes.begin(), batch_sizes.end())](
                   ArrayRef<Tensor> grad_outs, Gradients& grads) {
                 std::vector<RecurrentDirection> all;
                 if (GradMode::is_enabled()) {
                   all.push_back(first.direction());
                   if (count > 1) all.push_back(second.direction());
                   return differentiate_steps(kind, *x, all, sizes, grad_outs, grads);
                 }
                 all.push_back(first.weights());
                 if (count > 1) all.push_back(second.weights());
                 std::vector<Trace> kept = {first.trace()};
                 if (count > 1) kept.push_back(second.trace());
                 run_backward(kind, *x, all, kept, sizes, grad_outs, grads);
               });
  return result;
}

}  // namespace frost::nn
