#include <frost/safetensors_header.hpp>

#include <nlohmann/json.hpp>

#include <set>

namespace frost::safetensors {

namespace {

using nlohmann::json;

// Takes the header's JSON piece by piece. It goes no deeper than the format does, and whatever the format
// doesn't have at a place is an error there.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& path) : path_(path) {}

  Header header;

  bool start_object(size_t) override {
    if (place_ == Place::start)
      place_ = Place::names;
    else if (place_ == Place::names)
      place_ = key_ == kMetadataName ? Place::metadata : Place::entry;
    else
      unexpected("an object");
    fields_.clear();
    return true;
  }

  bool key(std::string& name) override {
    key_ = name;
    if (place_ == Place::names) {
      if (!names_.insert(name).second) refuse(path_, "the name ", quoted(name), " is there twice");
      if (name != kMetadataName)
        header.entries.push_back({.name = name, .dtype = {}, .shape = {}, .data_offsets = {}});
    } else if (place_ == Place::metadata) {
      if (!fields_.insert(name).second) refuse(path_, "metadata ", quoted(name), " is there twice");
    } else {
      if (name != "dtype" && name != "shape" && name != "data_offsets")
        refuse_entry("has an unknown field ", quoted(name));
      if (!fields_.insert(name).second) refuse_entry("has its ", name, " twice");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::entry)
      for (const char* const field : {"dtype", "shape", "data_offsets"})
        if (!fields_.contains(field)) refuse_entry("lacks its ", field);
    place_ = place_ == Place::names ? Place::start : Place::names;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::entry || key_ == "dtype") unexpected("a list");
    place_ = Place::numbers;
    return true;
  }

  bool end_array() override {
    place_ = Place::entry;
    return true;
  }

  bool number_unsigned(uint64_t number) override {
    if (place_ != Place::numbers) unexpected("a number");
    (key_ == "shape" ? entry().shape : entry().data_offsets).push_back(number);
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::metadata)
      header.metadata.emplace(key_, text);
    else if (place_ == Place::entry && key_ == "dtype")
      entry().dtype = text;
    else
      unexpected("a string");
    return true;
  }

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_integer(int64_t) override { unexpected("a negative number"); }
  bool number_float(double, const std::string&) override { unexpected("a number that is no 64-bit integer"); }
  bool binary(json::binary_t&) override { unexpected("binary data"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    refuse(path_, "the header is not valid JSON, at its byte ", position);
  }

 private:
  enum class Place { start, names, metadata, entry, numbers };

  Entry& entry() { return header.entries.back(); }

  template <class... Parts>
  [[noreturn]] void refuse_entry(const Parts&... parts) const {
    refuse(path_, "tensor ", quoted(header.entries.back().name), " ", parts...);
  }

  [[noreturn]] void unexpected(const char* what) const {
    if (place_ == Place::metadata)
      refuse(path_, "metadata ", quoted(key_), " is ", what, " where it should be a string");
    if (place_ == Place::names)
      refuse(path_, "the header has ", what, " for ", quoted(key_), " where it should have an object");
    refuse_entry("has ", what, " in its ", key_);
  }

  const std::string& path_;
  Place place_ = Place::start;
  std::string key_;               // the last one read
  std::set<std::string> names_;   // of tensors
  std::set<std::string> fields_;  // of the object that is being read
};

std::string in_json(const std::string& path, const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::type_error&) {
    refuse(path, quoted(text), " is not valid UTF-8");
  }
}

// Not through a json of its own, which takes memory when it is destroyed, and ends the program where there is
// none.
std::string in_json(const std::vector<uint64_t>& numbers) {
  std::string text = "[";
  for (const uint64_t number : numbers)
    text.append(text.size() == 1 ? "" : ",").append(std::to_string(number));
  return text + "]";
}

}  // namespace

std::string quoted(std::string text) {
  constexpr size_t most = 100;
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() > most) {
    size_t end = most;
    while (end > 0 && (byte(end) & 0xc0) == 0x80) --end;  // not within a character
    text = text.substr(0, end) + "…";
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if (byte(i) < ' ' || byte(i) == 0x7f) text[i] = '?';
    // U+0080 to U+009F are control characters too.
    if (byte(i) == 0xc2 && i + 1 < text.size() && byte(i + 1) < 0xa0) text.replace(i, 2, "?");
  }
  return "'" + text + "'";
}

Header parse_header(const std::string& path, const std::string& text) {
  if (!text.starts_with('{')) refuse(path, "the header does not begin with '{'");
  // The parser would take a zero for the end.
  if (text.find('\0') != std::string::npos) refuse(path, "the header has a zero byte");
  HeaderReader reader(path);
  json::sax_parse(text, &reader);
  return std::move(reader.header);
}

std::string format_header(const std::string& path, const Header& header) {
  std::string text = "{";
  const auto separate = [&text] { text += text.back() == '{' ? "" : ","; };
  if (!header.metadata.empty()) {
    text += in_json(path, kMetadataName) + ":{";
    for (const auto& [name, value] : header.metadata) {
      separate();
      text += in_json(path, name) + ":" + in_json(path, value);
    }
    text += "}";
  }
  for (const Entry& entry : header.entries) {
    separate();
    text += in_json(path, entry.name) + R"(:{"dtype":)" + in_json(path, entry.dtype) + R"(,"shape":)" +
            in_json(entry.shape) + R"(,"data_offsets":)" + in_json(entry.data_offsets) + "}";
  }
  return text + "}";
}

}  // namespace frost::safetensors
