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

TEST_CASE("to_html: what a lesson can't say is an error that names the member", "[inspect]") {
  const json good = json::parse(R"({
    "batch": {"tokens": [["a"], ["b", "c"]], "longest": 2, "left_out": {"sequences": 0, "positions": 1},
              "weights": [{"name": "none", "rows": [[1, 0], ["nan", 0.5]]}]},
    "rows": {"tokens": ["a"],
             "methods": [{"name": "none",
                          "lengths": [[{"score": null, "weight": 1, "state": "none", "gradient": null}]]}]},
    "costs": {"methods": ["one"],
              "growth": [{"batch": 1, "costs": [{"nodes": 3, "bytes": 4, "seconds": 1e-6}]}], "note": "…"},
    "names": {"header": ["", "values"], "rows": [["loss", "equal"]], "notes": ["…"]},
    "table": {"header": ["", "sum"], "rows": [["none", "yes"]], "notes": []},
    "conclusions": ["one"],
    "ops": {"CatBackward0": "joins"}})");
  const auto page_with = [](const json& lesson) {
    Page page;
    page.lesson = lesson.dump();
    return to_html(page);
  };
  CHECK(json::parse(document_of(page_with(good)))["lesson"] == good);
  CHECK_NOTHROW(page_with(json::object()));
  CHECK_NOTHROW(page_with({{"batch", nullptr}}));

  const auto error_at = [&good, &page_with](const char* pointer, const json& value) {
    json lesson = good;
    lesson[json::json_pointer(pointer)] = value;
    try {
      page_with(lesson);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(error_at("/batch/tokens/1/0", 7) ==
        "[to_html] the lesson's batch.tokens[1][0] must be a text, and is 7");
  CHECK_THAT(error_at("/batch/tokens", "a"), Contains("batch.tokens must be a list"));
  CHECK_THAT(error_at("/batch/longest", -1), Contains("batch.longest must be a whole number from 0"));
  CHECK_THAT(error_at("/batch/left_out", 3), Contains("batch.left_out must be an object"));
  CHECK_THAT(error_at("/batch/weights/0/rows/0/0", "NaN"), Contains("rows[0][0] must be a number, \"nan\""));
  CHECK_THAT(error_at("/rows/methods/0/lengths/0/0/state", "pending"), Contains(".state must be \"absent\""));
  CHECK_THAT(error_at("/rows/tokens", {"a", "b"}),
             Contains("rows.methods[0].lengths must have one for each of the 2 tokens, and has 1"));
  CHECK_THAT(error_at("/costs/growth/0/costs", json::array()), Contains("one for each of the 1 methods"));
  CHECK_THAT(error_at("/costs/growth/0/costs/0/seconds", 0), Contains("must be a number above 0"));
  CHECK_THAT(error_at("/costs/note", 1), Contains("costs.note must be a text"));
  CHECK_THAT(error_at("/names/rows", 1), Contains("names.rows must be a list"));
  CHECK_THAT(error_at("/table/rows/0", "none"), Contains("table.rows[0] must be a list"));
  CHECK_THAT(error_at("/conclusions", "one"), Contains("conclusions must be a list"));
  CHECK_THAT(error_at("/ops/CatBackward0", nullptr), Contains("ops.CatBackward0 must be a text"));
  CHECK_THAT(error_at("/conclusion", {"one"}), Contains("a lesson has no conclusion"));
  json lacking = good;
  lacking["table"].erase("header");
  CHECK_THROWS_WITH(page_with(lacking), Contains("the lesson lacks table.header"));
  CHECK_THROWS_WITH(page_with(json::array()), Contains("the lesson must be an object, and is []"));
}

#else

TEST_CASE("to_html: without its page, says what is missing and how to get it", "[inspect]") {
  CHECK_THROWS_WITH(to_html(Trace(Masked().loss)),
                    Contains("[to_html] frost was built without its page: ") && Contains("install Node.js"));
}

#endif
