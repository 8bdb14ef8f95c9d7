#include <frost/inspect/html.hpp>

#include <frost/inspect/json.hpp>
#include <frost/inspect/lesson.hpp>
#include <frost/inspect/page.hpp>
#include <frost/inspect/words.hpp>

#include <nlohmann/json.hpp>

namespace frost::inspect {

namespace {

using Json = nlohmann::ordered_json;

std::string text(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// The document of the page. What it says of the traces is to_json's.
std::string document(const Page& page) {
  check_lesson(page.lesson);
  std::string graphs;
  for (const Page::Graph& graph : page.graphs) {
    check(graph.trace != nullptr, "to_html", "the graph \"", graph.name, "\" has no trace");
    graphs += (graphs.empty() ? "" : ",") + ("{\"name\":" + text(graph.name)) +
              ",\"about\":" + text(graph.about) +
              ",\"trace\":" + to_json(*graph.trace, {.derivatives = false, .saved = false}) + "}";
  }
  return "{\"frost_page\":1,\"title\":" + text(page.title) + ",\"about\":" + text(page.about) +
         ",\"graphs\":[" + graphs + "],\"lesson\":" + page.lesson + "}";
}

}  // namespace

std::string to_html(const Page& page) {
  constexpr std::string_view place = "FROST_PAGE_DOCUMENT";
  const std::string_view whole = page_template();
  check(!whole.empty(), "to_html", "frost was built without its page: ", why_no_page(),
        " To have it, install Node.js 18 or later with npm (on Debian: apt-get install nodejs npm), then "
        "configure and build again");
  const size_t start = whole.find(place);
  check(start != std::string_view::npos, "to_html", "the page that was built in has no place for a document");
  return std::string(whole.substr(0, start)) + without_markup(document(page)) +
         std::string(whole.substr(start + place.size()));
}

std::string to_html(const Trace& trace) {
  Page page{"frost: a graph and its gradients", "", {{"The graph", "", &trace}}};
  return to_html(page);
}

}  // namespace frost::inspect
