// How notebooks show what is frost's, on the surface of xeus-cpp: xcpp::display(x) finds these functions by
// the namespace of x. Each gives JSON with a picture ("text/html" or "image/svg+xml") and the same as text
// ("text/plain").
//
//   dlopen("libfrost-notebook.so", RTLD_NOW | RTLD_GLOBAL);  // in a cell of its own: frost, and the code of
//   these
//
//   #include <frost/frost.hpp>
//   #include <frost/notebook.hpp>
//   #include <xcpp/xdisplay.hpp>
//   xcpp::display(scores);
//   xcpp::display(frost::notebook::gradients({scores, pads}));
//
// Text from outside is escaped. Errors: frost::Error, where a description says so.
#pragma once

#include <frost/inspect/explain.hpp>
#include <frost/inspect/html.hpp>
#include <frost/inspect/stepper.hpp>
#include <frost/inspect/trace.hpp>
#include <frost/tensor.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace frost {

// A line on what it is (name, dtype, sizes, its place on the tape), and a table of its values, coloured by
// value where they are floating point. Of dims beyond the last two each table shows one index. Large tensors
// are cut off.
nlohmann::json mime_bundle_repr(const Tensor& x);

namespace inspect {

// The graph, drawn by Graphviz, or as text where that is not installed. The text is inspect::to_text's.
nlohmann::json mime_bundle_repr(const Trace& trace);
// The same of the steps until now, and what the last one did.
nlohmann::json mime_bundle_repr(const Stepper& stepper);
nlohmann::json mime_bundle_repr(const Explanation& explanation);
// The page itself, in a frame. An error where frost was built without it.
nlohmann::json mime_bundle_repr(const Page& page);

}  // namespace inspect

namespace notebook {

// The grads of these tensors side by side, each element in one of the three states: absent, zero, or a
// number.
struct Gradients {
  std::vector<Tensor> of;
};
Gradients gradients(TensorList of);
nlohmann::json mime_bundle_repr(const Gradients& gradients);

// A batch of sequences, a row each, the weight on a token as the depth of its colour. A row with fewer tokens
// than there are weights is padded. An error unless weights is [B, T], or [T] for one sequence, and there are
// B rows of at most T tokens.
struct AttentionRows {
  Tensor weights;
  std::vector<std::vector<std::string>> tokens;
};
AttentionRows attention(const Tensor& weights, std::vector<std::vector<std::string>> tokens);
nlohmann::json mime_bundle_repr(const AttentionRows& attention);

// A matrix [Q, K]: a row for each query, a column for each key. An error unless there are Q queries and K
// keys.
struct AttentionMatrix {
  Tensor weights;
  std::vector<std::string> queries, keys;
};
AttentionMatrix attention(const Tensor& weights, std::vector<std::string> queries,
                          std::vector<std::string> keys);
nlohmann::json mime_bundle_repr(const AttentionMatrix& attention);

// Lines over x, which is 0, 1, 2, … unless a line says otherwise. Values that are not finite are left out. An
// error where there is no point, a line's x and y differ in number, or a logarithmic axis has a value that is
// not positive.
struct Line {
  std::string name;
  std::vector<double> y;
  std::vector<double> x = {};
};
struct Chart {
  std::string title, x_label, y_label;
  std::vector<Line> lines;
  bool is_logarithmic = false;  // both axes: a line's slope is then its power
};
nlohmann::json mime_bundle_repr(const Chart& chart);

}  // namespace notebook

}  // namespace frost
