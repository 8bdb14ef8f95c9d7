#include <frost/inspect/dot.hpp>

#include <frost/inspect/formula.hpp>
#include <frost/inspect/words.hpp>

namespace frost::inspect {

namespace {

// A label says no more than this many elements of a tensor.
constexpr int64_t kFew = 8;

// A quoted string, in which neither quotes nor what Graphviz takes for markup mean anything.
std::string quoted(std::string_view words) {
  std::string text = "\"";
  for (const char c : words) {
    if (c == '\n')
      text += "\\n";
    else if (c == '"' || c == '\\')
      (text += '\\') += c;
    else if (c == '&')
      text += "&amp;";
    else
      text += c;
  }
  return text + '"';
}

std::string values(const TracedTensor& tensor) {
  return tensor.values.defined() ? "\n" + values_text(tensor.values, kFew) : "";
}

std::string_view style(GradientState state) {
  switch (state) {
    case GradientState::pending:
      return "style=dotted";
    case GradientState::absent:
      return "style=dashed, arrowhead=tee";
    case GradientState::zero:
      return "style=solid, arrowhead=empty";
    default:
      return "style=solid";
  }
}

// The label begins with a blank, which keeps it off the line that it stands beside.
std::string edge(const std::string& from, const std::string& to, const TracedGradient& gradient) {
  return "  " + from + " -> " + to + " [label=" + quoted(" " + gradient_text(gradient, kFew)) + ", " +
         std::string(style(gradient.state)) + "];\n";
}

std::string node_name(size_t i) { return "n" + std::to_string(i); }

std::string op(size_t i, const TracedNode& node) {
  std::string label = "#" + std::to_string(i) + " " + printable(node.name);
  if (const std::string_view rule = formula(node.name); !rule.empty()) (label += "\n") += rule;
  for (const TracedOutput& output : node.outputs)
    label += "\n" + tensor_text(output.tensor) + values(output.tensor);
  return "  " + node_name(i) + " [shape=box, label=" + quoted(label) + "];\n";
}

std::string leaf(size_t i, const TracedNode& node) {
  const TracedTensor& tensor = node.outputs[0].tensor;
  const bool is_trainable = node.leaf->is_trainable;
  return "  " + node_name(i) +
         (is_trainable ? " [shape=ellipse, penwidth=2, label=" : " [shape=octagon, style=dashed, label=") +
         quoted(std::string(is_trainable ? "trainable" : "frozen") + "\n" + tensor_text(tensor) +
                values(tensor) + "\n.grad " + gradient_text(node.leaf->grad, kFew)) +
         "];\n";
}

std::string dropped(const std::string& name, const TracedInput& input) {
  if (!input.dropped) return "  " + name + " [shape=plaintext, label=\"constant\"];\n";
  return "  " + name + " [shape=octagon, style=dashed, label=" +
         quoted(std::string(frozen_text(input.unrecorded)) + "\n" + tensor_text(*input.dropped)) + "];\n";
}

}  // namespace

std::string to_dot(const Trace& trace) {
  std::string text =
      "digraph trace {\n  node [fontname=\"monospace\", fontsize=10];\n"
      "  edge [fontname=\"monospace\", fontsize=9];\n";
  for (size_t i = 0; i < trace.nodes().size(); ++i) {
    const TracedNode& node = trace.nodes()[i];
    text += node.leaf ? leaf(i, node) : op(i, node);
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      const TracedInput& input = node.inputs[k];
      const std::string end = input.node ? node_name(*input.node) : node_name(i) + "_" + std::to_string(k);
      if (!input.node) text += dropped(end, input);
      text += edge(node_name(i), end, input.gradient);
    }
  }
  for (size_t i = 0; i < trace.roots().size(); ++i) {
    const Trace::Root& root = trace.roots()[i];
    const std::string name = "root" + std::to_string(i);
    text += "  " + name +
            " [shape=plaintext, label=" + quoted("root\n" + tensor_text(root.tensor) + values(root.tensor)) +
            "];\n";
    if (!root.node) continue;
    const TracedGradient& gradient = trace.nodes()[*root.node].outputs[root.output_nr].gradient;
    text += edge(name, node_name(*root.node), gradient);
  }
  return text + "}\n";
}

}  // namespace frost::inspect
