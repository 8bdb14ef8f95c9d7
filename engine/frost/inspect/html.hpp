// Traces as a page for a browser: one file, which opens without a network.
#pragma once

#include <frost/inspect/trace.hpp>

#include <string>
#include <vector>

namespace frost::inspect {

// What stands on a page: the graphs, through which one steps forward and backward, with a pass that has run
// or not; and, for a page about attention over a padded batch, what else is to be shown with them.
struct Page {
  struct Graph {
    std::string name;   // the heading: "1: masked with -inf"
    std::string about;  // a sentence below it, or ""
    const Trace* trace;
  };

  std::string title;
  std::string about;
  std::vector<Graph> graphs;  // two of them stand side by side

  // "null", or a JSON object, of which each member may be null or missing:
  //
  //   {"batch": {"tokens": [["a", "word"], …],              the real tokens of each sequence
  //              "longest": 6,                              to which they are padded
  //              "left_out": {"sequences": 0, "positions": 2},  of the batch; may be missing
  //              "weights": [{"name": "no mask", "rows": [[…], …]}, …]},
  //    "rows": {"tokens": ["a", "word", …],                 one sequence, taken to be 1, 2, … tokens long
  //             "methods": [{"name": "no mask", "lengths": [[row…], …]}, …]},
  //    "costs": {"methods": ["masked", "frozen"],
  //              "growth": [{"batch": 4, "costs": [{"nodes": 21, "bytes": 9453, "seconds": 6e-6}, …]}, …],
  //              "note": "…"},                              what else to know of them; may be missing
  //    "names": a table as the next one, of what is equal in the graphs, name by name,
  //    "table": {"header": ["", "sum to 1", …], "rows": [["no mask", "yes", …], …], "notes": ["…", …]},
  //    "conclusions": ["…", …],
  //    "ops": {"CatBackward0": "joins …", …}}               what ops do here, instead of in general
  //
  //   row: {"score": 1.5, "weight": 0.25, "state": "absent", "zero", "number" or "none", "gradient": …}, of
  //        the loss with respect to the score; numbers as in to_json. "none" stands where there is no score:
  //        the score and the gradient are null then.
  std::string lesson = "null";
};

// The page. An error where frost was built without it, for want of npm or a network; and where the lesson is
// not JSON, or has a member that is not as above.
std::string to_html(const Page& page);

// A page with one graph.
std::string to_html(const Trace& trace);

}  // namespace frost::inspect
