#include "graphs.hpp"

#include <frost/inspect/recording.hpp>
#include <frost/inspect/stepper.hpp>
#include <frost/inspect/twin.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>

namespace side_by_side {

using namespace frost;
using inspect::GradientState;
using inspect::TwinDifference;
using inspect::TwinPart;
using Kind = TwinDifference::Kind;

namespace {

constexpr int64_t kElements = 60'000;  // of the tensors of one graph, or else the largest are left out

// What a method calls its scores, before it puts something in the padding's place, and its weights.
void set_names(const std::vector<Tensor>& outputs) {
  std::unordered_map<const Node*, const Tensor*> made_by;
  for (const Tensor& output : outputs) made_by.emplace(output.grad_fn().get(), &output);
  for (const Tensor& output : outputs) {
    const Ref<Node> node = output.grad_fn();
    if (node->name() == "IndexSelectBackward0") output.set_name("tokens");
    if (node->name() == "TanhBackward0") output.set_name("hidden");
    if (node->name() == "SoftmaxBackward0") output.set_name("weights");
    if (node->name() == "MaskedFillBackward0" || node->name() == "CatBackward0") {
      output.set_name("muted scores");
      const auto scores = made_by.find(node->next_edge(0).function.get());
      if (scores != made_by.end()) scores->second->set_name("scores");
    }
  }
}

// What freezing has for each example: "weights" becomes "weights[0]", "weights[1]", …
void number_names(const std::vector<Tensor>& outputs) {
  std::map<std::string, int64_t> next{{"hidden", 0}, {"scores", 0}, {"muted scores", 0}, {"weights", 0}};
  for (const Tensor& output : outputs)
    if (const auto at = next.find(output.name()); at != next.end())
      output.set_name(fmt::format("{}[{}]", output.name(), at->second++));
}

// A forward pass, whose tensors have names.
struct Named {
  Tensor loss;
  std::vector<Tensor> outputs;  // of all ops
};
Named named(const Muting& muting, const Model& model, const Batch& batch) {
  model.embedding.set_name("embedding");
  model.target.set_name("target");
  model.pooling->hidden->weight.set_name("W");
  model.pooling->hidden->bias.set_name("b");
  model.pooling->score->weight.set_name("v");
  for (const Tensor& parameter : model.parameters()) parameter.mutable_grad().reset();
  const inspect::Recording recording;
  const Model::Pass pass = model.forward(muting, batch);
  set_names(recording.outputs());
  pass.attended.context.set_name("context");
  pass.loss.set_name("loss");
  return {pass.loss, recording.outputs()};
}

// So that the page stays small: the most that a tensor may hold for it to be shown.
int64_t shown_elements(const Tensor& loss) {
  const inspect::Trace trace(loss, {.max_elements = 0});
  for (const int64_t most : {4096, 2048, 1024, 512, 256, 128}) {
    int64_t sum = 0;
    for (const inspect::TracedNode& node : trace.nodes())
      for (const inspect::TracedOutput& output : node.outputs)
        if (const int64_t count = numel(output.tensor.sizes); count <= most) sum += count;
    if (sum <= kElements) return most;
  }
  return 64;
}

// ---- name by name ----

// Of all parts of a name: what there is to say of the worst, and what the first method has alone.
struct Verdict {
  Kind kind = Kind::equal;
  double largest = 0;
  bool is_absent = true;
  int64_t left_over = 0;
  bool is_left_over_zero = true;

  void add(const TwinDifference& found) {
    const auto rank = [](Kind one) {
      return one == Kind::equal || one == Kind::rounding ? 0 : one == Kind::different ? 2 : 1;
    };
    if (rank(found.kind) > rank(kind)) kind = found.kind;
    largest = std::max(largest, found.largest);
    is_absent = is_absent && found.first == GradientState::absent && found.second == GradientState::absent;
    left_over += found.left_over;
    is_left_over_zero = is_left_over_zero && found.left_over_state != GradientState::number;
  }

  std::string text() const {
    if (kind == Kind::different && largest > 0)
      return "different, by up to " + examples::small_number(largest);
    if (kind == Kind::only_first) return "only in method 1";
    if (kind == Kind::only_second) return "only in method 2";
    return is_absent ? "absent in both" : std::string(to_text(kind));
  }
};

examples::Cells row_of(const inspect::Twin& twin, const inspect::TwinStop& stop) {
  Verdict values, gradients;
  for (const TwinPart& part : stop.parts) {
    values.add(twin.compare_values(part));
    gradients.add(twin.compare(part));
  }
  examples::Cells row{stop.name, values.text(), gradients.text()};
  if (gradients.kind == Kind::only_first || gradients.kind == Kind::only_second) {
    const TwinDifference found = twin.compare(stop.parts[0]);
    row[2] = to_text(gradients.kind == Kind::only_first ? found.first : found.second);
  } else if (gradients.left_over > 0) {
    row[1] += fmt::format("; method 1 has {} more, at the padding", gradients.left_over);
    row[2] += gradients.is_left_over_zero ? "; there they are zero" : "; there they are not zero";
  }
  return row;
}

}  // namespace

inspect::Trace traced(const Muting& muting, const Model& model, const Batch& batch) {
  const Named pass = named(muting, model, batch);
  inspect::Stepper stepper(pass.loss,
                           {.trace = {.max_elements = shown_elements(pass.loss), .outputs = pass.outputs}});
  stepper.run();
  return stepper.trace();
}

std::vector<examples::Cells> compared_by_name(const Muting& whole, const Muting& by_example,
                                              const Model& model, const Batch& batch) {
  const Named first = named(whole, model, batch), second = named(by_example, model, batch);
  number_names(second.outputs);
  std::vector<Tensor> outputs = first.outputs;
  outputs.insert(outputs.end(), second.outputs.begin(), second.outputs.end());
  inspect::Twin twin(first.loss, second.loss,
                     {.max_elements = std::numeric_limits<int64_t>::max(), .outputs = outputs});
  twin.run();
  std::vector<examples::Cells> rows;
  for (const inspect::TwinStop& stop : twin.stops())
    if (std::any_of(stop.parts.begin(), stop.parts.end(), [](const TwinPart& part) {
          return part.first || part.second || !part.is_in_first || !part.is_in_second;
        }))
      rows.push_back(row_of(twin, stop));
  return rows;
}

}  // namespace side_by_side
