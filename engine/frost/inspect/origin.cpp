#include <frost/inspect/origin.hpp>

#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/structure.hpp>
#include <frost/inspect/tangent.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace frost::inspect {

namespace {

// The place in a key: of what a rule made, and from which on the nodes of the trace are counted.
constexpr int64_t kRule = 1, kFirstNode = 2;

void raise(Tensor& to, const Tensor& key) { to = to.defined() ? maximum(to, key) : key; }

}  // namespace

Origins::Origins(const Trace& trace, const Uses& uses)
    : trace_(trace), uses_(uses), span_(static_cast<int64_t>(trace.nodes().size()) + kFirstNode) {}

std::vector<double> Origins::keys_of(const Tensor& answer) {
  const NoGradGuard guard;
  std::map<const Node*, Keys> recorded;  // by the rule
  const Edge last = gradient_edge(answer);
  Tensor passed;
  if (last.is_valid()) {
    for (Node* const node : unknown_behind(last)) {
      const std::optional<size_t> index = trace_.find_node(node);
      std::vector<Tensor> inputs;
      for (const Edge& edge : node->next_edges()) {
        inputs.emplace_back();
        if (!edge.is_valid()) continue;
        const auto at = recorded.find(edge.function.get());
        inputs.back() = (at != recorded.end() ? at->second : known_.at(edge.function.get()))[edge.input_nr];
      }
      Keys keys = passed_on(*node, inputs);
      if (index) keep_known(*index, keys);
      (index ? known_[node] : recorded[node]) = std::move(keys);
    }
    const auto at = recorded.find(last.function.get());
    passed = (at != recorded.end() ? at->second : known_.at(last.function.get()))[last.input_nr];
  }
  const Tensor keys = among(answer.detach(), passed, kRule);
  return keys.defined() ? numbers(keys) : std::vector<double>(static_cast<size_t>(answer.numel()));
}

std::optional<Origin> Origins::origin(double key) const {
  const auto kind = static_cast<Kind>(static_cast<int64_t>(key) / span_);
  const int64_t place = static_cast<int64_t>(key) % span_;
  if (place == kRule) return std::nullopt;
  return Origin{static_cast<size_t>(place - kFirstNode), kind};
}

// What the answer was made of, and of which nothing was worked out yet: what was made first stands first.
std::vector<Node*> Origins::unknown_behind(const Edge& last) const {
  std::set<std::pair<uint64_t, Node*>> found;
  std::vector<Node*> open{last.function.get()};
  while (!open.empty()) {
    Node* const node = open.back();
    open.pop_back();
    if (known_.contains(node) || !found.insert({node->sequence_nr(), node}).second) continue;
    for (const Edge& edge : node->next_edges())
      if (edge.is_valid()) open.push_back(edge.function.get());
  }
  std::vector<Node*> nodes;
  for (const auto& [number, node] : found) nodes.push_back(node);
  return nodes;
}

// The keys of a node's outputs, as far as they come from its inputs.
Origins::Keys Origins::passed_on(Node& node, const std::vector<Tensor>& inputs) const {
  Keys keys(node.num_inputs());
  std::set<double> all;
  for (const Tensor& input : inputs)
    if (input.defined())
      for (const double key : numbers(input)) all.insert(key);
  all.erase(0);
  if (all.empty()) return keys;
  const Node::Output& output = node.output(0);
  if (is_product(node)) {  // 0 says nothing: it may be the other factor that is 0
    for (const Tensor& input : inputs)
      if (input.defined())
        raise(keys[0], node.name().starts_with("Mul") || node.name().starts_with("Div")
                           ? input.expand(output.sizes)
                           : full(output.sizes, *all.rbegin(), kDouble));
    return keys;
  }
  std::vector<Tensor> grad_outs(keys.size());
  for (size_t k = 0; k < keys.size(); ++k)
    if (is_floating_point(node.output(k).dtype))
      grad_outs[k] = generic(node.output(k).sizes, node.output(k).dtype);
  for (const double key : all) {
    std::vector<Tensor> directions(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) continue;
      const Edge& edge = node.next_edge(i);
      directions[i] = generic(inputs[i].sizes(), edge.function->output(edge.input_nr).dtype)
                          .masked_fill(inputs[i] != key, 0);
    }
    const std::vector<Tensor> changes = changes_along(node, grad_outs, directions);
    for (size_t k = 0; k < keys.size(); ++k)
      if (has_any(changes[k])) raise(keys[k], (changes[k] != 0).to(kDouble) * key);
  }
  return keys;
}

// What is known of the values says more: what is finite has no origin, and what comes of nothing is its own.
void Origins::keep_known(size_t i, Keys& keys) const {
  const int64_t place = static_cast<int64_t>(i) + kFirstNode;
  for (uint32_t k = 0; k < keys.size(); ++k)
    if (const Tensor values = values_of({i, k}); values.defined()) keys[k] = among(values, keys[k], place);
  const Node& node = *trace_.nodes()[i].node;
  if (!keys[0].defined() || !has_rows(node) || !node.saved_output().defined()) return;
  const Tensor made = nan_rows(node).logical_and(keys[0] == key(Kind::nan, place));
  keys[0] = keys[0].masked_fill(made, key(Kind::nan_row, place));
  keys[0] = keys[0].masked_fill(empty_rows(node), key(Kind::empty_row, place));
}

// The keys of these values: what is not finite has that from what was passed on, or else from this place.
Tensor Origins::among(const Tensor& values, const Tensor& passed, int64_t place) const {
  const Tensor bad = is_nonfinite(values), is_nan = isnan(values);
  if (!has_any(bad)) return {};
  const Tensor own = where(is_nan, key(Kind::nan, place), key(Kind::infinite, place)).to(kDouble);
  if (!passed.defined()) return where(bad, own, 0);
  const Tensor made_nan = is_nan.logical_and(passed < key(Kind::nan_of_infinities, 0));
  const Tensor inherited = where(made_nan, passed + static_cast<double>(span_), passed);
  return where(bad, where(passed > 0, inherited, own), 0);
}

double Origins::key(Kind kind, int64_t place) const {
  return static_cast<double>(static_cast<int64_t>(kind) * span_ + place);
}

Tensor Origins::values_of(const Trace::Place& place) const {
  const TracedNode& node = trace_.nodes()[place.node];
  if (const auto* const leaf = dynamic_cast<const AccumulateGrad*>(node.node.get()))
    return leaf->variable().detach();
  if (const Tensor output = node.node->saved_output(); output.defined()) return output.detach();
  for (const Use& use : uses_.of(place))
    for (const Tensor& saved : trace_.nodes()[use.node].node->saved_tensors())
      if (saved.grad_fn().get() == node.node.get() && saved.output_nr() == place.output_nr)
        return saved.detach();
  return {};
}

bool has_rows(const Node& node) { return is_softmax(node) || node.name() == "LogSoftmaxBackward0"; }

Tensor nan_rows(const Node& node) {
  const Tensor is_nan = isnan(node.saved_output().detach());
  return all(is_nan, softmax_dim(node), /*keepdim=*/true).expand(is_nan.sizes());
}

Tensor empty_rows(const Node& node) {
  const Tensor is_muted = muted_scores(node, /*for_good=*/false);
  return nan_rows(node).logical_and(all(is_muted, softmax_dim(node), /*keepdim=*/true));
}

Tensor is_nonfinite(const Tensor& x) {
  const NoGradGuard guard;
  return isfinite(x.detach()).logical_not();
}

std::optional<int64_t> first_of(const Tensor& mask) {
  const std::vector<double> values = numbers(mask);
  const auto found = std::find(values.begin(), values.end(), 1.0);
  return found == values.end() ? std::nullopt : std::optional<int64_t>(found - values.begin());
}

}  // namespace frost::inspect
