#include <frost/inspect/explain.hpp>

#include <frost/anomaly_mode.hpp>
#include <frost/inspect/birth.hpp>
#include <frost/inspect/cuts.hpp>
#include <frost/inspect/differentiate.hpp>
#include <frost/inspect/influence.hpp>
#include <frost/inspect/numbers.hpp>
#include <frost/inspect/paths.hpp>
#include <frost/inspect/tangent.hpp>
#include <frost/inspect/words.hpp>
#include <frost/tensor_impl.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace frost::inspect {

namespace {

using Kind = Explanation::Kind;

constexpr size_t kMostPaths = 16;
// Of an op's output with more elements none are listed.
constexpr size_t kMostProducts = 1024;

// What is asked about.
struct Question {
  Tensor x;  // undefined: only known by its name
  std::string name;
  std::optional<Trace::Place> place;
  Dims sizes;
  // Where x is undefined and not on the tape: why.
  Unrecorded unrecorded = Unrecorded::no;
  std::optional<DetachedFrom> detached_from;
};

class Answer {
 public:
  Answer(Trace trace, Question question, std::optional<IntArrayRef> index)
      : question_(std::move(question)), told_{std::move(trace)} {
    const Trace::Root& root = told_.trace.roots()[0];
    told_.root = root.tensor.name.empty() ? "root" : root.tensor.name;
    told_.place = question_.place;
    told_.name = question_.name;
    if (index) {
      told_.element = element_at(*index, question_.sizes, "explain");
      told_.name = element_text(told_.name, question_.sizes, *told_.element);
    }
  }

  Explanation work_out() {
    if (const std::optional<Kind> kind = absent_by_graph()) {
      told_.kind = *kind;
      if (*kind == Kind::detached) told_.detached_from = question_.detached_from;
      if (*kind == Kind::unreached) find_values_in_graph();
      return std::move(told_);
    }
    run_quietly(told_.trace);
    const Tensor all = node().outputs[told_.place->output_nr].gradient.value;
    if (!all.defined()) {
      told_.kind = Kind::no_gradient;
      return std::move(told_);
    }
    told_.is_kept = node().is_leaf() || node().node->retains_grad(told_.place->output_nr);
    told_.gradient = told_.element ? element_of(all, *told_.element) : all;
    const std::vector<double> values = numbers(told_.gradient);
    const bool is_finite =
        std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
    told_.zeros = std::count(values.begin(), values.end(), 0.0);
    told_.kind = !is_finite                                           ? Kind::nonfinite
                 : told_.zeros == static_cast<int64_t>(values.size()) ? Kind::zero
                                                                      : Kind::number;
    const Uses uses(told_.trace);
    find_paths(uses);
    find_hooks(uses);
    if (told_.kind == Kind::nonfinite)
      told_.births = births_behind(told_.trace, uses, *told_.place, told_.element);
    else if (told_.zeros > 0)
      find_cuts(uses, all);
    if (told_.element && told_.kind == Kind::number) find_products(uses);
    return std::move(told_);
  }

 private:
  const TracedNode& node() const { return told_.trace.nodes()[told_.place->node]; }

  static Kind frozen_by(Unrecorded unrecorded) {
    return unrecorded == Unrecorded::no         ? Kind::frozen
           : unrecorded == Unrecorded::detached ? Kind::detached
           : unrecorded == Unrecorded::discrete ? Kind::discrete
                                                : Kind::without_grad;
  }

  // Why there is no gradient, as far as the graph alone tells.
  std::optional<Kind> absent_by_graph() const {
    if (question_.x.defined() && !question_.x.requires_grad()) {
      if (is_leaf_of_graph(question_.x)) return Kind::frozen_since;
      return frozen_by(question_.unrecorded);
    }
    if (!told_.trace.roots()[0].node) return Kind::no_graph;
    if (!told_.place) return question_.x.defined() ? Kind::unreached : frozen_by(question_.unrecorded);
    if (node().leaf && !node().leaf->is_trainable) return Kind::frozen_since;
    return std::nullopt;
  }

  bool is_leaf_of_graph(const Tensor& x) const {
    const std::vector<TracedNode>& nodes = told_.trace.nodes();
    return std::any_of(nodes.begin(), nodes.end(), [&x](const TracedNode& known) {
      const auto* const leaf = dynamic_cast<const AccumulateGrad*>(known.node.get());
      return leaf != nullptr && leaf->variable().is_same(x);
    });
  }

  // An op has the values of x without its graph if x did not require grad then, or was detached before.
  void find_values_in_graph() {
    const TensorImpl& x = *question_.x.impl();
    told_.is_written = x.writes > 0 || (x.base && x.base->writes > 0);
    const auto is_of_x = [&x](const Tensor& saved) {
      return saved.impl()->storage == x.storage && saved.impl()->data == x.data && saved.numel() == x.numel;
    };
    for (size_t i = 0; i < told_.trace.nodes().size(); ++i) {
      const TracedNode& known = told_.trace.nodes()[i];
      const std::vector<Tensor> saved = known.node->saved_tensors();
      const bool is_saved = std::any_of(saved.begin(), saved.end(), is_of_x);
      const bool is_taken =
          std::any_of(known.inputs.begin(), known.inputs.end(), [is_saved, &x](const TracedInput& input) {
            if (input.node || input.unrecorded != Unrecorded::no) return false;
            if (!input.dropped) return is_saved;
            return is_saved && input.dropped->sizes == x.layout.sizes;
          });
      if (is_taken) told_.taken_without_graph.push_back(i);
    }
  }

  void find_hooks(const Uses& uses) {
    std::vector<Trace::Place> open{*told_.place};
    std::vector<bool> is_seen(told_.trace.nodes().size());
    while (!open.empty()) {
      const Trace::Place place = open.back();
      open.pop_back();
      if (told_.trace.nodes()[place.node].node->num_hooks(place.output_nr) > 0) told_.hooked.push_back(place);
      for (const Use& use : uses.of(place)) {
        const TracedNode& user = told_.trace.nodes()[use.node];
        if (is_seen[use.node] || !user.inputs[use.input].gradient.value.defined()) continue;
        is_seen[use.node] = true;
        for (uint32_t k = 0; k < user.outputs.size(); ++k)
          if (user.outputs[k].gradient.value.defined()) open.push_back({use.node, k});
      }
    }
  }

  void find_paths(const Uses& uses) {
    told_.paths = paths_to(told_.trace, uses, *told_.place, kMostPaths);
    const NoGradGuard guard;
    // In units of the greatest, so that no square is too large or too small for its dtype.
    const Tensor whole = told_.gradient.to(kDouble);
    const double unit = whole.numel() == 0 ? 1 : whole.abs().max().item<double>();
    const Tensor gradient = whole / unit;
    const double square = (gradient * gradient).sum().item<double>();
    for (Path& path : told_.paths) {
      if (told_.element) path.share = element_of(path.share, *told_.element);
      path.fraction = (path.share.to(kDouble) / unit * gradient).sum().item<double>() / square;
    }
    if (told_.kind == Kind::number)
      std::stable_sort(told_.paths.begin(), told_.paths.end(),
                       [](const Path& a, const Path& b) { return a.fraction > b.fraction; });
  }

  void find_cuts(const Uses& uses, const Tensor& gradient) {
    Tensor direction = generic(gradient.sizes(), gradient.scalar_type());
    direction = told_.element ? one_at(*told_.element) : direction.masked_fill(gradient != 0, 0);
    Tangents tangents(told_.trace, *told_.place, direction);
    told_.cuts = cuts_behind(told_.trace, uses, tangents, *told_.place);
    told_.is_zero_by_structure =
        !told_.cuts.empty() &&
        std::all_of(told_.cuts.begin(), told_.cuts.end(), [](const Cut& cut) { return cut.is_structural; });
    if (!told_.is_zero_by_structure) return;
    // Of a sum of products, one factor may be 0 that need not be.
    Influence influence = influence_of(told_.trace, uses, *told_.place, direction);
    if (!influence.reaches_root) return;
    told_.is_zero_by_structure = false;
    std::move(influence.chances.begin(), influence.chances.end(), std::back_inserter(told_.cuts));
    std::stable_sort(told_.cuts.begin(), told_.cuts.end(),
                     [](const Cut& a, const Cut& b) { return a.node > b.node; });
  }

  Tensor one_at(int64_t element) const {
    const TracedTensor& x = node().outputs[told_.place->output_nr].tensor;
    const Tensor direction = zeros({numel(x.sizes)}, x.dtype);
    direction[element].fill_(1);
    return direction.reshape(x.sizes);
  }

  // Goes towards the root as long as one element leads to one element.
  void find_products(const Uses& uses) {
    Tangents tangents(told_.trace, *told_.place, one_at(*told_.element));
    Trace::Place place = *told_.place;
    while (true) {
      std::vector<Use> used;
      for (const Use& use : uses.of(place))
        if (told_.trace.nodes()[use.node].inputs[use.input].gradient.value.defined()) used.push_back(use);
      if (used.size() != 1) return;
      const size_t i = used[0].node;
      const std::vector<Tensor>& changes = tangents.of(i);
      std::vector<Product> products;
      for (uint32_t k = 0; k < changes.size(); ++k) {
        if (!changes[k].defined()) continue;
        const std::vector<double> derivatives = numbers(changes[k]);
        const std::vector<double> grad_outs = numbers(told_.trace.nodes()[i].outputs[k].gradient.value);
        for (size_t e = 0; e < derivatives.size(); ++e)
          if (derivatives[e] != 0)
            products.push_back({i, k, static_cast<int64_t>(e), grad_outs[e], derivatives[e]});
      }
      if (products.size() > 1) {
        const bool are_finite = std::all_of(products.begin(), products.end(), [](const Product& one) {
          return std::isfinite(one.grad_out) && std::isfinite(one.derivative);
        });
        if (are_finite && products.size() <= kMostProducts) told_.products = std::move(products);
        return;
      }
      if (products.empty()) return;
      place = {i, products[0].output_nr};
    }
  }

  Question question_;
  Explanation told_;
};

Trace trace_of(const Tensor& root) {
  check_defined(root, "explain", "root");
  check(root.numel() == 1, "explain", "the root must hold one element, this one has shape ", root.sizes(),
        ": explain an element of it, or a sum");
  return Trace(root, {.max_elements = 0});
}

Explanation answer(const Tensor& root, const Tensor& x, std::optional<IntArrayRef> index) {
  const detail::NoAnomalyGuard guard;
  Trace trace = trace_of(root);
  check_defined(x, "explain", "x");
  Question question{x, x.name(), trace.find(x), x.sizes(), x.impl()->unrecorded, {}};
  if (const auto& extras = x.impl()->extras; extras && extras->detached_from)
    question.detached_from = *extras->detached_from;
  if (question.name.empty()) question.name = question.place ? trace.label(*question.place) : "x";
  return Answer(std::move(trace), std::move(question), index).work_out();
}

Explanation answer(const Tensor& root, std::string_view name, std::optional<IntArrayRef> index) {
  const detail::NoAnomalyGuard guard;
  Trace trace = trace_of(root);
  Question question{{}, std::string(name), trace.find(name), {}, Unrecorded::no, {}};
  if (question.place) {
    question.sizes = trace.nodes()[question.place->node].outputs[question.place->output_nr].tensor.sizes;
    return Answer(std::move(trace), std::move(question), index).work_out();
  }
  for (const TracedNode& node : trace.nodes())
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (const TracedInput& input = node.inputs[i];
          !name.empty() && input.dropped && input.dropped->name == name) {
        question.sizes = input.dropped->sizes;
        question.unrecorded = input.unrecorded;
        question.detached_from = node.node->frozen_input(i)->detached_from;
        return Answer(std::move(trace), std::move(question), index).work_out();
      }
  fail("explain", "the graph knows no tensor that is called \"", printable(name), "\"");
}

}  // namespace

Explanation explain(const Tensor& root, const Tensor& x) { return answer(root, x, std::nullopt); }
Explanation explain(const Tensor& root, const Tensor& x, IntArrayRef index) { return answer(root, x, index); }
Explanation explain(const Tensor& root, std::string_view name) { return answer(root, name, std::nullopt); }
Explanation explain(const Tensor& root, std::string_view name, IntArrayRef index) {
  return answer(root, name, index);
}

}  // namespace frost::inspect
