#include <frost/inspect/json.hpp>

#include <frost/inspect/derivative.hpp>
#include <frost/inspect/formula.hpp>
#include <frost/inspect/words.hpp>
#include <frost/ops.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <iterator>

namespace frost::inspect {

namespace {

// Members in the order in which they are written here.
using Json = nlohmann::ordered_json;

Json number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

// With the fewest digits that are this float and no other: 0.1, where the double nearest to it takes 17.
Json number(float value) {
  if (!std::isfinite(value)) return number(double{value});
  char digits[32];
  const char* const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  double read = 0;
  std::from_chars(std::begin(digits), end, read);
  return read;
}

template <class T>
Json nested(IntArrayRef sizes, const T*& element) {
  if (sizes.empty()) {
    if constexpr (std::is_floating_point_v<T>)
      return number(*element++);
    else
      return *element++;
  }
  Json list = Json::array();
  for (int64_t i = 0; i < sizes[0]; ++i) list.push_back(nested(sizes.slice(1), element));
  return list;
}

Json values(const Tensor& x) {
  if (!x.defined()) return nullptr;
  const Tensor y = x.detach().contiguous();
  return visit(y.scalar_type(), [&y]<class T>() {
    const T* element = y.data_ptr<T>();
    return nested(y.sizes(), element);
  });
}

Json list(IntArrayRef numbers) {
  Json json = Json::array();
  for (const int64_t value : numbers) json.push_back(value);
  return json;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json tensor(const TracedTensor& described) {
  return {{"name", described.name},
          {"sizes", list(described.sizes)},
          {"dtype", dtype_text(described.dtype)},
          {"held", described.is_held},
          {"values", values(described.values)}};
}

class Writer {
 public:
  Writer(const Trace& trace, JsonOptions options) : trace_(trace), options_(options) {}

  Json trace() const {
    Json roots = Json::array(), nodes = Json::array();
    for (const Trace::Root& root : trace_.roots()) {
      Json json = tensor(root.tensor);
      json["node"] = or_null(root.node);
      json["output"] = root.output_nr;
      roots.push_back(std::move(json));
    }
    for (const TracedNode& traced : trace_.nodes()) nodes.push_back(node(traced));
    return {{"frost_trace", 1},
            {"roots", std::move(roots)},
            {"nodes", std::move(nodes)},
            {"steps", trace_.steps()},
            {"complete", trace_.is_complete()}};
  }

 private:
  Json gradient(const TracedGradient& traced) const {
    Json json = {{"state", to_text(traced.state)}, {"values", nullptr}};
    if (!traced.value.defined()) return json;
    if (traced.value.numel() <= trace_.options().max_elements) {
      json["values"] = values(traced.value);
      return json;
    }
    const Summary found = summary(traced.value);
    json["values"] = {{"elements", traced.value.numel()},
                      {"min", number(found.min)},
                      {"max", number(found.max)},
                      {"zeros", found.zeros},
                      {"nans", found.nans},
                      {"infinities", found.infinities}};
    return json;
  }

  Json node(const TracedNode& traced) const {
    Json outputs = Json::array(), inputs = Json::array(), saved = Json::array();
    for (const TracedOutput& output : traced.outputs) {
      Json json = tensor(output.tensor);
      json["gradient"] = gradient(output.gradient);
      outputs.push_back(std::move(json));
    }
    const std::vector<Tensor> derivatives = derivatives_of(*traced.node);
    for (size_t i = 0; i < traced.inputs.size(); ++i)
      inputs.push_back(input(traced.inputs[i], derivatives.empty() ? Tensor() : derivatives[i]));
    if (options_.saved)
      for (const TracedTensor& kept : traced.saved) {
        Json json = tensor(kept);
        json["written"] = kept.was_written;
        saved.push_back(std::move(json));
      }
    Json leaf;
    if (traced.leaf)
      leaf = {{"trainable", traced.leaf->is_trainable},
              {"grad_before", gradient(traced.leaf->grad_before)},
              {"grad", gradient(traced.leaf->grad)}};
    return {{"grad_fn", traced.name},
            {"formula", formula(traced.name)},
            {"sequence", traced.node->sequence_nr()},
            {"step", or_null(traced.step)},
            {"outputs", std::move(outputs)},
            {"inputs", std::move(inputs)},
            {"saved", std::move(saved)},
            {"leaf", std::move(leaf)}};
  }

  Json input(const TracedInput& traced, const Tensor& derivative) const {
    Json json = {{"kind", to_text(traced.kind)},
                 {"node", or_null(traced.node)},
                 {"output", nullptr},
                 {"tensor", nullptr},
                 {"unrecorded", nullptr},
                 {"gradient", gradient(traced.gradient)},
                 {"derivative", values(derivative)}};
    if (traced.node) json["output"] = traced.output_nr;
    if (traced.dropped) json["tensor"] = tensor(*traced.dropped);
    if (traced.unrecorded != Unrecorded::no) json["unrecorded"] = frozen_text(traced.unrecorded);
    return json;
  }

  std::vector<Tensor> derivatives_of(Node& node) const {
    if (!options_.derivatives || !is_small(node)) return {};
    try {
      return local_derivatives(node);
    } catch (const Error&) {
      return {};  // its saved tensors were freed, or written to since
    }
  }

  const Trace& trace_;
  JsonOptions options_;
};

}  // namespace

std::string to_json(const Trace& trace) { return to_json(trace, JsonOptions()); }

std::string to_json(const Trace& trace, JsonOptions options) {
  return without_markup(
      Writer(trace, options).trace().dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace));
}

}  // namespace frost::inspect
