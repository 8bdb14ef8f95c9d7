#include <frost/inspect/paths.hpp>

#include <frost/inspect/numbers.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace frost::inspect {

namespace {

Tensor sum_of(const Tensor& a, const Tensor& b) { return !a.defined() ? b : !b.defined() ? a : a + b; }

// A way that grows from x towards the root.
struct Way {
  std::vector<Use> uses;  // the first is that of x
  Tensor share;           // undefined: a rule returned none
  bool is_whole;          // it starts at the root
};

// All ways together are not longer.
constexpr size_t kMostSteps = 65536;

class Search {
 public:
  Search(const Trace& trace, const Uses& uses, size_t limit) : trace_(trace), uses_(uses), limit_(limit) {}

  std::deque<Way> ways_to(const Trace::Place& place) {
    std::vector<Start> starts;
    add_starts(place, starts);
    for (const Start& start : starts) add({{}, start.gradient, false}, start);
    while (!open_.empty()) {
      Way way = std::move(open_.front());
      open_.pop_front();
      extend(std::move(way));
    }
    return std::move(done_);
  }

 private:
  struct Start {
    uint32_t output_nr;
    std::optional<Use> use;  // none: from outside, where the output is a root
    Tensor gradient;
  };
  // What flows into the outputs of a node.
  void add_starts(const Trace::Place& place, std::vector<Start>& starts) const {
    for (const Trace::Root& root : trace_.roots())
      if (root.node == place.node && root.output_nr == place.output_nr)
        starts.push_back({place.output_nr, std::nullopt, ones(root.tensor.sizes, root.tensor.dtype)});
    for (const Use& use : uses_.of(place)) {
      const Tensor& gradient = trace_.nodes()[use.node].inputs[use.input].gradient.value;
      if (gradient.defined()) starts.push_back({place.output_nr, use, gradient});
    }
  }

  void add(Way way, const Start& start) {
    way.is_whole = !start.use;
    if (start.use) way.uses.push_back(*start.use);
    (way.is_whole ? done_ : open_).push_back(std::move(way));
  }

  // Longer until it forks, and then as many ways as there are; or given up where these would be too many.
  void extend(Way way) {
    std::vector<Start> starts;
    while (true) {
      if (++steps_ > kMostSteps) {
        done_.push_back(std::move(way));
        return;
      }
      starts.clear();
      const size_t top = way.uses.back().node;
      for (uint32_t k = 0; k < trace_.nodes()[top].outputs.size(); ++k) add_starts({top, k}, starts);
      if (starts.size() != 1 || !starts[0].use) break;
      way.uses.push_back(*starts[0].use);
    }
    if (starts.size() == 1) return add(std::move(way), starts[0]);
    if (done_.size() + open_.size() + starts.size() > limit_) {
      done_.push_back(std::move(way));
      return;
    }
    for (const Start& start : starts)
      add({way.uses, passed_along(way.uses, start.output_nr, start.gradient), false}, start);
  }

  // What this gradient of the last node's output becomes at x.
  Tensor passed_along(const std::vector<Use>& uses, uint32_t output_nr, Tensor gradient) const {
    for (size_t i = uses.size(); i-- > 0 && gradient.defined();) {
      const TracedNode& node = trace_.nodes()[uses[i].node];
      std::vector<Tensor> grad_outs(node.outputs.size());
      grad_outs[output_nr] = std::move(gradient);
      gradient = Backward::apply(*node.node, grad_outs)[uses[i].input];
      output_nr = node.inputs[uses[i].input].output_nr;
    }
    return gradient;
  }

  const Trace& trace_;
  const Uses& uses_;
  size_t limit_;
  size_t steps_ = 0;
  std::deque<Way> open_;
  std::deque<Way> done_;
};

}  // namespace

Uses::Uses(const Trace& trace) : uses_(trace.nodes().size()) {
  for (size_t i = 0; i < uses_.size(); ++i) uses_[i].resize(trace.nodes()[i].outputs.size());
  for (size_t i = 0; i < uses_.size(); ++i)
    for (size_t k = 0; k < trace.nodes()[i].inputs.size(); ++k) {
      const TracedInput& input = trace.nodes()[i].inputs[k];
      if (input.node) uses_[*input.node][input.output_nr].push_back({i, k});
    }
}

void run_quietly(Trace& trace) {
  const NoGradGuard guard;
  const std::vector<TracedNode>& nodes = trace.nodes();
  std::vector<std::vector<Tensor>> arrived(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) arrived[i].resize(nodes[i].outputs.size());
  for (const Trace::Root& root : trace.roots())
    if (root.node) {
      Tensor& gradient = arrived[*root.node][root.output_nr];
      gradient = sum_of(gradient, ones(root.tensor.sizes, root.tensor.dtype));
    }
  std::vector<Trace::Step> steps;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const bool is_reached =
        std::any_of(arrived[i].begin(), arrived[i].end(), [](const Tensor& x) { return x.defined(); });
    if (!is_reached || (nodes[i].leaf && !nodes[i].leaf->is_trainable)) continue;
    Trace::Step step{i, arrived[i], Backward::apply(*nodes[i].node, arrived[i]), Tensor(), false};
    if (nodes[i].leaf) step.grad = sum_of(nodes[i].leaf->grad_before.value, arrived[i][0]);
    for (size_t k = 0; k < nodes[i].inputs.size(); ++k) {
      const TracedInput& input = nodes[i].inputs[k];
      if (!input.node || !step.grad_inputs[k].defined()) continue;
      Tensor& total = arrived[*input.node][input.output_nr];
      total = sum_of(total, step.grad_inputs[k]);
    }
    steps.push_back(std::move(step));
  }
  if (!steps.empty()) steps.back().is_last = true;
  for (Trace::Step& step : steps) trace.redo(std::move(step));
}

std::vector<Path> paths_to(const Trace& trace, const Uses& uses, const Trace::Place& place, size_t limit) {
  const NoGradGuard guard;
  std::vector<Path> paths;
  std::map<std::pair<std::vector<size_t>, bool>, size_t> known;
  for (Way& way : Search(trace, uses, limit).ways_to(place)) {
    if (!way.share.defined()) continue;
    Path path{{}, way.is_whole, way.share, 0};
    for (const Use& use : way.uses) path.nodes.push_back(use.node);
    // Two inputs of one op that are one tensor, as of x*x, are one path.
    const auto [at, is_new] = known.try_emplace({path.nodes, path.is_whole}, paths.size());
    if (is_new)
      paths.push_back(std::move(path));
    else
      paths[at->second].share = paths[at->second].share + path.share;
  }
  return paths;
}

}  // namespace frost::inspect
