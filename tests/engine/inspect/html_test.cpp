#include <frost/inspect/html.hpp>

#include <frost/inspect/json.hpp>
#include <frost/inspect/stepper.hpp>

#include "engine/inspect/graphs.hpp"

#include <nlohmann/json.hpp>

#include <string>

using namespace frost;
using namespace frost::inspect;
using namespace frost::tests;
using Catch::Contains;
using nlohmann::json;

#if FROST_HAS_PAGE

namespace {

// What stands between the tags of the page's document, as a browser sees them.
std::string document_of(const std::string& html) {
  const std::string start = "<script id=\"document\" type=\"application/json\">";
  const size_t from = html.find(start);
  REQUIRE(from != std::string::npos);
  return html.substr(from + start.size(), html.find("</script", from) - from - start.size());
}

}  // namespace

TEST_CASE("to_html: one file with the trace as to_json has it", "[inspect]") {
  const Masked graph;
  Stepper stepper(graph.loss);
  stepper.run();
  const std::string html = to_html(stepper.trace());
  CHECK_THAT(html, Catch::StartsWith("<!doctype html>") && Catch::EndsWith("</html>\n"));
  const json document = json::parse(document_of(html));
  CHECK(document["frost_page"] == 1);
  CHECK(document["graphs"].size() == 1);
  CHECK(document["graphs"][0]["trace"] ==
        json::parse(to_json(stepper.trace(), {.derivatives = false, .saved = false})));
  CHECK(document["lesson"] == nullptr);
}

TEST_CASE("to_html: loads nothing, and carries the licences of what is in it", "[inspect]") {
  const std::string html = to_html(Trace(Masked().loss));
  CHECK_THAT(html, !Contains("src=") && !Contains("<link") && !Contains("@import") && !Contains("url(http"));
  CHECK_THAT(html, Contains("default-src 'none'") && Contains("preact") && Contains("MIT License"));
}

TEST_CASE("to_html: nothing in a name, a title or a lesson ends the script", "[inspect]") {
  const std::string hostile = "</script><script>alert(1)</script><!-- \" ' & \u2028";
  const Tensor x = leaf({1, 2}, hostile.c_str());
  const Trace trace(x.sum());
  Page page;
  page.title = page.about = hostile;
  page.graphs = {{hostile, hostile, &trace}};
  page.lesson = json({{"conclusions", {hostile}}}).dump();
  const json document = json::parse(document_of(to_html(page)));
  CHECK(document["title"] == hostile);
  CHECK(document["graphs"][0]["name"] == hostile);
  CHECK(document["graphs"][0]["trace"]["nodes"][1]["outputs"][0]["name"] == hostile);
  CHECK(document["lesson"]["conclusions"][0] == hostile);
  page.title = "not \xff UTF-8";
  CHECK(json::parse(document_of(to_html(page)))["title"] == "not \xef\xbf\xbd UTF-8");
}

TEST_CASE("to_html: a lesson that is not JSON, and a graph without a trace, are errors", "[inspect]") {
  Page page;
  page.lesson = "{\"conclusions\": [}";
  CHECK_THROWS_WITH(to_html(page), Contains("[to_html] the lesson is not JSON"));
  page.lesson = "null";
  page.graphs = {{"first", "", nullptr}};
  CHECK_THROWS_WITH(to_html(page), Contains("[to_html] the graph \"first\" has no trace"));
}

#else

TEST_CASE("to_html: without its page, says what is missing and how to get it", "[inspect]") {
  CHECK_THROWS_WITH(to_html(Trace(Masked().loss)),
                    Contains("[to_html] frost was built without its page: ") && Contains("install Node.js"));
}

#endif
