#include <frost/inspect/text.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/formula.hpp>
#include <frost/inspect/words.hpp>

#include <algorithm>
#include <ostream>

namespace frost::inspect {

namespace {

std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return printable(error.what());
  } catch (...) {
    return "what is no std::exception";
  }
}

class Writer {
 public:
  explicit Writer(const Trace& trace) : trace_(trace) {}

  std::string whole_graph() {
    write_summary();
    for (size_t i = 0; i < trace_.nodes().size(); ++i) write_node(i);
    return std::move(text_);
  }

  std::string stop(const Stepper& stepper) {
    const std::string steps = count_text(stepper.position(), "step");
    const TracedNode* const node = stepper.node();
    if (node == nullptr) {
      line("at the start: no step has been taken yet");
    } else {
      line("after " + steps + ": " + title(trace_.steps().back()));
      write_rule(*node);
      write_gradients(*node);
      write_derivation(*node);
    }
    write_leaves();
    const std::optional<size_t> next = stepper.next_node();
    if (stepper.failure())
      line("the pass can't go on: " + title(*next) + " threw: " + message_of(stepper.failure()));
    else
      line(next ? "next: " + title(*next) : "the pass is over");
    return std::move(text_);
  }

 private:
  void line(const std::string& words) { text_ += wrapped("", 4, words); }
  // A label in a column of its own, and what it labels.
  void field(std::string label, const std::string& words) {
    label.insert(0, 4, ' ');
    label.resize(std::max<size_t>(label.size() + 1, 14), ' ');
    text_ += wrapped(label, 14, words);
  }

  std::string title(size_t i) const {
    return "#" + std::to_string(i) + " " + short_name(trace_.nodes()[i].name);
  }
  std::string values(const TracedTensor& tensor) const {
    if (tensor.was_written) return " (written to since it was saved)";
    if (!tensor.is_held) return "";
    if (!tensor.values.defined()) return " = (values left out)";
    return " = " + values_text(tensor.values, max_elements());
  }
  std::string gradient(const TracedGradient& grad) const { return gradient_text(grad, max_elements()); }
  int64_t max_elements() const { return trace_.options().max_elements; }

  void write_summary() {
    size_t leaves = 0, trainable = 0, dropped = 0;
    for (const TracedNode& node : trace_.nodes()) {
      leaves += node.is_leaf();
      trainable += node.leaf && node.leaf->is_trainable;
      for (const TracedInput& input : node.inputs) dropped += !input.node;
    }
    std::string frozen =
        leaves == trainable ? "" : ", " + std::to_string(leaves - trainable) + " frozen since";
    line(count_text(trace_.nodes().size() - leaves, "op") + ", " + std::to_string(trainable) +
         (trainable == 1 ? " trainable leaf" : " trainable leaves") + frozen + ", " +
         count_text(dropped, "dropped edge") + "; " +
         (trace_.is_complete()     ? "the pass is over"
          : trace_.steps().empty() ? "no pass has begun"
                                   : count_text(trace_.steps().size(), "step") + " of a pass"));
    for (const Trace::Root& root : trace_.roots())
      line("root " + tensor_text(root.tensor) + values(root.tensor) +
           (root.node ? ", from #" + std::to_string(*root.node) : ", which does not require grad"));
  }

  void write_node(size_t i) {
    const TracedNode& node = trace_.nodes()[i];
    text_ += '\n';
    line(title(i) + (node.step ? ", step " + std::to_string(*node.step + 1) : ""));
    write_rule(node);
    for (const TracedOutput& output : node.outputs)
      field(node.leaf ? (node.leaf->is_trainable ? "trainable" : "frozen") : "out",
            tensor_text(output.tensor) + values(output.tensor));
    for (const TracedTensor& saved : node.saved) field("saved", tensor_text(saved) + values(saved));
    write_gradients(node);
    if (node.leaf) field(".grad", grad_of_leaf(node));
  }

  void write_rule(const TracedNode& node) {
    if (const std::string_view rule = formula(node.name); !rule.empty()) field("rule", std::string(rule));
  }

  void write_gradients(const TracedNode& node) {
    for (size_t k = 0; k < node.outputs.size(); ++k)
      field(node.outputs.size() == 1 ? "g" : "g" + std::to_string(k), gradient(node.outputs[k].gradient));
    for (const TracedInput& input : node.inputs)
      field("grad to", to(input) + ": " + gradient(input.gradient));
  }

  // Where an edge leads, and what kind of input that is.
  std::string to(const TracedInput& input) const {
    const std::string end = end_of(trace_, input);
    if (!input.node)
      return input.dropped ? "(dropped) " + std::string(frozen_text(input.unrecorded)) + " " +
                                 tensor_text(*input.dropped)
                           : "(dropped) a constant";
    const std::string number = "#" + std::to_string(*input.node);
    const bool is_named = end.front() != '#' || !end.starts_with(number);
    const std::string kind =
        input.kind == TracedInput::Kind::op ? "" : std::string(to_text(input.kind)) + " ";
    return is_named ? kind + "\"" + end + "\" (" + number + ")" : kind + end;
  }

  std::string grad_of_leaf(const TracedNode& node) const {
    const std::string now = gradient(node.leaf->grad);
    return node.step ? gradient(node.leaf->grad_before) + " -> " + now : now;
  }

  void write_derivation(const TracedNode& node) {
    std::vector<WrittenOut> elements;
    try {
      elements = written_out(node);
    } catch (const Error&) {
      field("so", "(can't be worked out again: what the node saved was freed, or written to)");
    }
    for (const WrittenOut& element : elements) {
      const TracedInput& input = node.inputs[element.input];
      const TracedTensor& end = trace_.nodes()[*input.node].outputs[input.output_nr].tensor;
      std::string words;
      for (const WrittenOut::Term& term : element.terms)
        words +=
            (words.empty() ? "" : " + ") + factor_text(term.grad_out) + "·" + factor_text(term.derivative);
      const std::string grad = number_text(element.grad);
      field("so",
            element_text(end_of(trace_, input), end.sizes, element.element) + ": " +
                (words.empty() ? grad + ", for nothing that came in depends on it" : words + " = " + grad));
    }
  }

  void write_leaves() {
    for (size_t i = 0; i < trace_.nodes().size(); ++i) {
      const TracedNode& node = trace_.nodes()[i];
      if (node.leaf) field("leaf", printable(trace_.label({i, 0})) + ".grad: " + grad_of_leaf(node));
    }
  }

  const Trace& trace_;
  std::string text_;
};

}  // namespace

std::string to_text(const Trace& trace) { return Writer(trace).whole_graph(); }
std::string to_text(const Stepper& stepper) { return Writer(stepper.trace()).stop(stepper); }

std::ostream& operator<<(std::ostream& out, const Trace& trace) { return out << to_text(trace); }
std::ostream& operator<<(std::ostream& out, const Stepper& stepper) { return out << to_text(stepper); }

}  // namespace frost::inspect
