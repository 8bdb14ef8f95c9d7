#include <frost/testing/gradient_path.hpp>

#include <frost/tape.hpp>
#include <frost/tensor_impl.hpp>
#include <frost/testing/elements.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace frost::testing {

namespace {

constexpr size_t kShownNodes = 12;  // of a longer way the first and the last half of them are shown
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

bool is_same(const Edge& a, const Edge& b) { return a.function == b.function && a.input_nr == b.input_nr; }

std::vector<const Node*> reachable(const Edge& root) {
  std::vector<const Node*> nodes;
  std::unordered_set<const Node*> seen;
  const auto reach = [&nodes, &seen](const Edge& edge) {
    if (edge.is_valid() && seen.insert(edge.function.get()).second) nodes.push_back(edge.function.get());
  };
  reach(root);
  for (size_t i = 0; i < nodes.size(); ++i)
    for (const Edge& edge : nodes[i]->next_edges()) reach(edge);
  return nodes;
}

// How many edges each node is away from the target, along the shortest way.
std::unordered_map<const Node*, int64_t> distances(const Edge& root, const Edge& target) {
  std::vector<const Node*> nodes = reachable(root);
  std::sort(nodes.begin(), nodes.end(),
            [](const Node* a, const Node* b) { return a->sequence_nr() < b->sequence_nr(); });
  std::unordered_map<const Node*, int64_t> distance;
  for (const Node* const node : nodes) {
    int64_t shortest = kNever;
    for (const Edge& edge : node->next_edges()) {
      if (!edge.is_valid()) continue;
      if (is_same(edge, target)) {
        shortest = 1;
      } else if (const auto found = distance.find(edge.function.get());
                 found != distance.end() && found->second != kNever) {
        shortest = std::min(shortest, found->second + 1);
      }
    }
    distance[node] = shortest;
  }
  return distance;
}

std::string node_text(const Node& node, uint32_t output_nr) {
  const std::string& name = node.output_name(output_nr);
  return name.empty() ? node.name() : node.name() + " (" + name + ")";
}

// Where a way is when it has come to an edge; the ways share their beginnings.
struct Stop {
  Edge edge;
  const Stop* before;  // on the side of the root
  int64_t length;      // edges so far
};

std::string path_text(const Stop& last, const std::string& name) {
  std::vector<std::string> nodes;  // from x to the root
  for (const Stop* stop = last.before; stop != nullptr; stop = stop->before)
    nodes.push_back(node_text(*stop->edge.function, stop->edge.input_nr));
  std::string text = name;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.size() > kShownNodes && i == kShownNodes / 2) {
      const size_t left_out = nodes.size() - kShownNodes;
      text += " <- … " + to_text(left_out) + " more … ";
      i += left_out;
      text += "<- " + nodes[i];
      continue;
    }
    text += " <- " + nodes[i];
  }
  return text;
}

std::string root_text(const Tensor& root) {
  const Ref<Node> node = root.grad_fn();
  return node ? node_text(*node, root.output_nr()) : detail::name_of(root);
}

}  // namespace

std::vector<std::string> gradient_paths(const Tensor& root, const Tensor& x, size_t limit) {
  check_defined(root, "gradient_paths", "root");
  check_defined(x, "gradient_paths", "x");
  const Edge start = gradient_edge(root), target = gradient_edge(x);
  std::vector<std::string> paths;
  if (!start.is_valid() || !target.is_valid()) return paths;
  const std::string name = detail::name_of(x, x.is_leaf() ? "leaf" : "tensor");

  // Ways are taken up by the length that they will have when they arrive, which is known; so none is taken up
  // that does not arrive.
  const std::unordered_map<const Node*, int64_t> distance = distances(start, target);
  std::vector<std::unique_ptr<const Stop>> stops;
  using Candidate = std::pair<int64_t, const Stop*>;
  const auto longer = [](const Candidate& a, const Candidate& b) { return a.first > b.first; };
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(longer)> waiting(longer);
  const auto add = [&](const Edge& edge, const Stop* before) {
    const int64_t length = before == nullptr ? 0 : before->length + 1;
    const int64_t rest = is_same(edge, target) ? 0 : distance.at(edge.function.get());
    if (rest == kNever) return;
    stops.push_back(std::make_unique<const Stop>(Stop{edge, before, length}));
    waiting.emplace(length + rest, stops.back().get());
  };
  add(start, nullptr);
  while (!waiting.empty() && paths.size() < limit) {
    const Stop& stop = *waiting.top().second;
    waiting.pop();
    if (is_same(stop.edge, target)) {
      paths.push_back(path_text(stop, name));
      continue;
    }
    for (const Edge& edge : stop.edge.function->next_edges())
      if (edge.is_valid()) add(edge, &stop);
  }
  return paths;
}

std::string describe_gradient_paths(const Tensor& root, const Tensor& x) {
  constexpr size_t kShown = 3;
  const std::vector<std::string> paths = gradient_paths(root, x, kShown + 1);
  if (paths.empty())
    return "no gradient path leads from " + root_text(root) + " to " + detail::name_of(x) +
           (x.requires_grad() ? "" : ", which is frozen (requires_grad is false)");
  std::string text = paths.size() == 1 ? "gradient path: " : "gradient paths: ";
  for (size_t i = 0; i < paths.size(); ++i)
    text += (i == 0 ? "" : "; ") + (i < kShown ? paths[i] : std::string("…"));
  return text;
}

}  // namespace frost::testing
