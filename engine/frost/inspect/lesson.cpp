#include <frost/inspect/lesson.hpp>

#include <frost/error.hpp>
#include <frost/inspect/words.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace frost::inspect {

namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail_at(const std::string& path, const Json& found, const char* wanted) {
  const std::string text = found.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
  fail("to_html", path.empty() ? "the lesson" : "the lesson's " + printable(path), " must be ", wanted,
       ", and is ", text.size() <= 40 ? text : text.substr(0, 40) + "…");
}

// What may stand at a place of the lesson: an error where something else does.
using Rule = std::function<void(const Json& found, const std::string& path)>;

Rule rule_of(bool (*fits)(const Json&), const char* wanted) {
  return [fits, wanted](const Json& found, const std::string& path) {
    if (!fits(found)) fail_at(path, found, wanted);
  };
}

Rule or_null(Rule rule) {
  return [rule = std::move(rule)](const Json& found, const std::string& path) {
    if (!found.is_null()) rule(found, path);
  };
}

Rule list_of(Rule rule) {
  return [rule = std::move(rule)](const Json& found, const std::string& path) {
    if (!found.is_array()) fail_at(path, found, "a list");
    for (size_t i = 0; i < found.size(); ++i) rule(found[i], path + "[" + std::to_string(i) + "]");
  };
}

// Members of any name.
Rule dictionary_of(Rule rule) {
  return [rule = std::move(rule)](const Json& found, const std::string& path) {
    if (!found.is_object()) fail_at(path, found, "an object");
    for (const auto& [name, member] : found.items()) rule(member, path + "." + name);
  };
}

// These members and no others. One that need not be there may be null as well.
struct Member {
  const char* name;
  Rule rule;
  bool is_needed = true;
};
Rule object_of(std::vector<Member> members) {
  return [members = std::move(members)](const Json& found, const std::string& path) {
    if (!found.is_object()) fail_at(path, found, "an object");
    const std::string start = path.empty() ? "" : path + ".";
    for (const auto& [name, member] : found.items()) {
      const auto known = std::find_if(members.begin(), members.end(),
                                      [&name = name](const Member& other) { return other.name == name; });
      check(known != members.end(), "to_html", "a lesson has no ", printable(start + name));
      (known->is_needed ? known->rule : or_null(known->rule))(member, start + name);
    }
    for (const Member& member : members)
      check(!member.is_needed || found.contains(member.name), "to_html", "the lesson lacks ",
            printable(start + member.name));
  };
}

bool is_number(const Json& x) { return x.is_number() || x == "nan" || x == "inf" || x == "-inf"; }
bool is_state(const Json& x) { return x == "absent" || x == "zero" || x == "number" || x == "none"; }
bool is_positive(const Json& x) { return x.is_number() && x.get<double>() > 0; }

Rule lesson_rule() {
  const Rule text = rule_of([](const Json& x) { return x.is_string(); }, "a text");
  const Rule count = rule_of([](const Json& x) { return x.is_number_unsigned(); }, "a whole number from 0");
  const Rule positive = rule_of(is_positive, "a number above 0");
  const Rule number = rule_of(is_number, R"(a number, "nan", "inf" or "-inf")");
  const Rule state = rule_of(is_state, R"("absent", "zero", "number" or "none")");
  const Rule cost = object_of({{"nodes", positive}, {"bytes", count}, {"seconds", positive}});
  const Rule growth = object_of({{"batch", positive}, {"costs", list_of(cost)}});
  const Rule row = object_of(
      {{"score", or_null(number)}, {"weight", number}, {"state", state}, {"gradient", or_null(number)}});
  const Rule batch =
      object_of({{"tokens", list_of(list_of(text))},
                 {"longest", count},
                 {"left_out", object_of({{"sequences", count}, {"positions", count}}), /*is_needed=*/false},
                 {"weights", list_of(object_of({{"name", text}, {"rows", list_of(list_of(number))}}))}});
  const Rule method = object_of({{"name", text}, {"lengths", list_of(list_of(row))}});
  const Rule rows = object_of({{"tokens", list_of(text)}, {"methods", list_of(method)}});
  const Rule costs = object_of(
      {{"methods", list_of(text)}, {"growth", list_of(growth)}, {"note", text, /*is_needed=*/false}});
  const Rule table =
      object_of({{"header", list_of(text)}, {"rows", list_of(list_of(text))}, {"notes", list_of(text)}});
  return or_null(object_of({{"batch", batch, false},
                            {"rows", rows, false},
                            {"costs", costs, false},
                            {"names", table, false},
                            {"table", table, false},
                            {"conclusions", list_of(text), false},
                            {"ops", dictionary_of(text), false}}));
}

// What there must be one of for each of something else.
void check_count(const Json& list, const std::string& path, size_t wanted, const char* each) {
  check(list.size() == wanted, "to_html", "the lesson's ", path, " must have one for each of the ", wanted,
        " ", each, ", and has ", list.size());
}

void check_counts(const Json& lesson) {
  if (const Json rows = lesson.value("rows", Json()); !rows.is_null()) {
    check(!rows["tokens"].empty() && !rows["methods"].empty(), "to_html",
          "the lesson's rows must have tokens and methods");
    for (size_t i = 0; i < rows["methods"].size(); ++i)
      check_count(rows["methods"][i]["lengths"], "rows.methods[" + std::to_string(i) + "].lengths",
                  rows["tokens"].size(), "tokens");
  }
  if (const Json costs = lesson.value("costs", Json()); !costs.is_null())
    for (size_t i = 0; i < costs["growth"].size(); ++i)
      check_count(costs["growth"][i]["costs"], "costs.growth[" + std::to_string(i) + "].costs",
                  costs["methods"].size(), "methods");
}

}  // namespace

void check_lesson(const std::string& lesson) {
  const Json json = Json::parse(lesson, nullptr, /*allow_exceptions=*/false);
  check(!json.is_discarded(), "to_html", "the lesson is not JSON: ", printable(lesson.substr(0, 80)));
  if (json.is_null()) return;
  static const Rule rule = lesson_rule();
  rule(json, "");
  check_counts(json);
}

}  // namespace frost::inspect
