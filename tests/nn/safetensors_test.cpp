#include <frost/safetensors.hpp>
#include <frost/safetensors_header.hpp>

#include "gradients.hpp"
#include "nn/files.hpp"

#include <cstdlib>
#include <cstring>
#include <limits>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;
using namespace std::string_literals;

namespace {

// A file with this header, whatever it says, and so many bytes of data.
std::string file_of(const std::string& header, size_t data = 0) {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\0');
}

std::string with(const std::string& name, const std::string& dtype, const std::string& shape,
                 const std::string& offsets) {
  return R"({")" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
         offsets + "}}";
}

safetensors::Contents round_trip(const safetensors::Contents& contents) {
  const TemporaryFolder folder;
  safetensors::write(folder / "a", contents);
  return safetensors::read(folder / "a");
}

}  // namespace

TEST_CASE("safetensors: the bytes of the format", "[nn][safetensors]") {
  const TemporaryFolder folder;
  safetensors::Contents contents;
  contents.tensors.insert("b", tensor({true, false}));
  contents.tensors.insert("x", tensor({{1.0, -2.0}}));
  contents.metadata["k"] = "v\n";
  safetensors::write(folder / "a", contents);
  const std::string header = R"({"__metadata__":{"k":"v\n"},)"
                             R"("b":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},)"
                             R"("x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})"
                             "      ";
  REQUIRE(header.size() == 144);
  CHECK(read_bytes(folder / "a") ==
        "\x90\0\0\0\0\0\0\0"s + header + "\x00\x00\x80\x3f\x00\x00\x00\xc0\x01\x00"s);
}

TEST_CASE("safetensors: what is written is read, bit for bit", "[nn][safetensors]") {
  safetensors::Contents contents;
  contents.tensors.insert("float", tensor({1.5, NAN, -INFINITY, -0.0, 1e-45}));
  contents.tensors.insert("long", tensor({std::numeric_limits<int64_t>::min(), int64_t{7}}));
  contents.tensors.insert("double", tensor({1.0 / 3}, kDouble));
  contents.tensors.insert("bool", tensor({true, false, true}));
  contents.tensors.insert("0-dim", full({}, 2.5));
  contents.tensors.insert("empty", zeros({2, 0, 3}, kDouble));
  contents.tensors.insert("strided", arange(6).reshape({2, 3}).t());
  contents.tensors.insert("trained", ones({2}, requires_grad()) * 2);
  contents.tensors.insert("a \"name\" \\ with ü\n and more", ones({1}));
  contents.tensors.insert("", ones({1}));
  contents.metadata = {{"epoch", "3"}, {"", ""}, {"ü", "\x01"}};
  const safetensors::Contents read = round_trip(contents);
  CHECK(read.metadata == contents.metadata);
  REQUIRE(read.tensors.keys() == contents.tensors.keys());
  for (const auto& item : contents.tensors) {
    const Tensor expected = item.value().detach().contiguous(), &found = read.tensors[item.key()];
    CHECK(found.scalar_type() == expected.scalar_type());
    REQUIRE(found.sizes() == expected.sizes());
    CHECK(std::memcmp(found.data_ptr(), expected.data_ptr(), expected.nbytes()) == 0);
    CHECK_FALSE(found.requires_grad());
  }
  CHECK(round_trip({}).tensors.is_empty());
}

TEST_CASE("safetensors: what can't be written leaves the old file whole", "[nn][safetensors]") {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "old");
  const auto write = [&folder](const std::string& name, const Tensor& value, const std::string& text = "") {
    safetensors::Contents contents;
    contents.tensors.insert(name, value);
    contents.metadata["text"] = text;
    safetensors::write(folder / "a", contents);
  };
  CHECK_THROWS_WITH(write("x", Tensor()), Contains("tensor 'x' is undefined") && Contains(folder / "a"));
  CHECK_THROWS_WITH(write("__metadata__", ones({1})), Contains("can't be named __metadata__"));
  CHECK_THROWS_WITH(write("\xff", ones({1})), Contains(folder / "a") && Contains("is not valid UTF-8"));
  CHECK_THROWS_WITH(write("x", ones({1}), "\xc3"), Contains(folder / "a") && Contains("is not valid UTF-8"));
  CHECK(read_bytes(folder / "a") == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("safetensors: a file that is broken or hostile is an error that says where", "[nn][safetensors]") {
  struct Case {
    std::string bytes, phrase;
  };
  const std::string one = with("w", "F32", "[2]", "[0,8]");
  const std::string huge = "18446744073709551615", many = "4611686018427387904";
  const std::vector<Case> cases{
      {"", "0 bytes are too few"},
      {"1234567", "7 bytes are too few"},
      {file_of(one, 8).substr(0, 30), "a header of " + std::to_string(one.size()) + " bytes is announced"},
      {std::string(8, '\xff') + one, "a header of " + huge + " bytes is announced"},
      {"\x01\0\0\0\0\0\0\x80"s + one, "is announced, in a file of"},
      {file_of(""), "does not begin with '{'"},
      {file_of(" " + one, 8), "does not begin with '{'"},
      {file_of("[1]"), "does not begin with '{'"},
      {file_of("\xef\xbb\xbf{}"), "does not begin with '{'"},
      {file_of("{"), "not valid JSON, at its byte 2"},
      {file_of("{} {}"), "not valid JSON"},
      {file_of("{}x"), "not valid JSON"},
      {file_of("{}\0{"s), "zero byte"},
      {file_of("{/**/}"), "not valid JSON"},
      {file_of("{\"a\xff\":1}"), "not valid JSON"},
      {file_of("{\"w\":" + std::string(100000, '[')), "the header has a list for 'w'"},
      {file_of("{\"w\":" + std::string(100000, '{')), "not valid JSON"},
      {file_of(R"({"w":{"dtype":{}}})"), "tensor 'w' has an object in its dtype"},
      {file_of(R"({"w":{"dtype":["F32"]}})"), "tensor 'w' has a list in its dtype"},
      {file_of(R"({"w":{"shape":[[1]]}})"), "tensor 'w' has a list in its shape"},
      {file_of(R"({"w":{"shape":{"x":1}}})"), "tensor 'w' has an object in its shape"},
      {file_of(R"({"w":{"shape":3}})"), "tensor 'w' has a number in its shape"},
      {file_of(R"({"w":{"shape":["3"]}})"), "tensor 'w' has a string in its shape"},
      {file_of(R"({"w":{"shape":[null]}})"), "tensor 'w' has null in its shape"},
      {file_of(R"({"w":{"shape":[true]}})"), "tensor 'w' has true or false in its shape"},
      {file_of(R"({"w":3})"), "the header has a number for 'w'"},
      {file_of(R"({"w":"F32"})"), "the header has a string for 'w'"},
      {file_of(R"({"w":null})"), "the header has null for 'w'"},
      {file_of(R"({"w":{}})"), "tensor 'w' lacks its dtype"},
      {file_of(R"({"w":{"dtype":"F32","data_offsets":[0,0]}})"), "tensor 'w' lacks its shape"},
      {file_of(R"({"w":{"dtype":"F32","shape":[0]}})"), "tensor 'w' lacks its data_offsets"},
      {file_of(R"({"w":{"dtype":"F32","dtype":"F64"}})"), "tensor 'w' has its dtype twice"},
      {file_of(R"({"w":{"device":"cpu"}})"), "tensor 'w' has an unknown field 'device'"},
      {file_of(one.substr(0, one.size() - 1) + "," + one.substr(1), 8), "the name 'w' is there twice"},
      {file_of(R"({"__metadata__":{},"__metadata__":{}})"), "the name '__metadata__' is there twice"},
      {file_of(R"({"__metadata__":{"a":"1","a":"2"}})"), "metadata 'a' is there twice"},
      {file_of(R"({"__metadata__":{"a":1}})"), "metadata 'a' is a number where it should be a string"},
      {file_of(R"({"__metadata__":{"a":{}}})"), "metadata 'a' is an object where it should be a string"},
      {file_of(R"({"__metadata__":"a"})"), "the header has a string for '__metadata__'"},
      {file_of(with("w", "F16", "[2]", "[0,4]"), 4), "tensor 'w' has dtype 'F16', which frost does not have"},
      {file_of(with("w", "f32", "[2]", "[0,8]"), 8), "tensor 'w' has dtype 'f32', which frost does not have"},
      {file_of(with("w", "F32", "[-2]", "[0,8]"), 8), "tensor 'w' has a negative number in its shape"},
      {file_of(with("w", "F32", "[2.0]", "[0,8]"), 8),
       "tensor 'w' has a number that is no 64-bit integer in its shape"},
      {file_of(with("w", "F32", "[2]", "[0,8e0]"), 8), "that is no 64-bit integer in its data_offsets"},
      {file_of(with("w", "F32", "[18446744073709551616]", "[0,8]"), 8),
       "that is no 64-bit integer in its shape"},
      {file_of(with("w", "F32", "[2]", "[-8,0]"), 8), "tensor 'w' has a negative number in its data_offsets"},
      {file_of(with("w", "F32", "[2]", "[0]"), 8), "tensor 'w' has 1 data_offsets"},
      {file_of(with("w", "F32", "[2]", "[0,8,8]"), 8), "tensor 'w' has 3 data_offsets"},
      {file_of(with("w", "F32", "[2]", "[0,9]"), 8),
       "tensor 'w' has data_offsets [0, 9], which are not within the 8"},
      {file_of(with("w", "F32", "[2]", "[8,0]"), 8), "tensor 'w' has data_offsets [8, 0]"},
      {file_of(with("w", "F32", "[2]", "[0," + huge + "]"), 8), "not within the 8 bytes"},
      {file_of(with("w", "F32", "[3]", "[0,8]"), 8), "tensor 'w' has 8 bytes, but shape [3] of F32 takes 12"},
      {file_of(with("w", "F32", "[" + huge + "]", "[0,8]"), 8),
       "tensor 'w' has a shape whose product overflows"},
      {file_of(with("w", "F32", "[" + many + "," + many + "]", "[0,0]")), "product overflows"},
      {file_of(with("w", "F32", "[4294967296,4294967296]", "[0,0]")), "product overflows"},
      {file_of(with("w", "F32", "[0," + many + "," + many + "]", "[0,0]")), "product overflows"},
      {file_of(with("w", "F64", "[" + many + "]", "[0,0]")), "product overflows"},
      {file_of(with("w", "F32", "[1099511627776]", "[0,4398046511104]"), 8), "not within the 8 bytes"},
      {file_of(with("w", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), "tensor 'w' has 9 dimensions"},
      {file_of(one, 9), "the last 1 bytes belong to no tensor"},
      {file_of("{}", 3), "the last 3 bytes belong to no tensor"},
      {file_of(with("w", "F32", "[2]", "[4,12]"), 12),
       "tensor 'w' begins at byte 4, after bytes that belong to no"},
      {file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
               R"("w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
               12),
       "tensor 'w' begins at byte 4, within another tensor"},
      {file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
               R"("w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
               8),
       "tensor 'w' begins at byte 0, within another tensor"},
      {file_of(with("w", "BOOL", "[1]", "[0,1]")) + "\x02",
       "tensor 'w' is BOOL, and has an element that is neither"},
      {file_of(with("w\\u0007" + std::string(500, 'x'), "F16", "[1]", "[0,2]"), 2),
       "tensor 'w?" + std::string(98, 'x') + "…' has dtype"},
  };
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  for (const Case& broken : cases) {
    INFO(broken.bytes.substr(0, 200));
    write_bytes(path, broken.bytes);
    CHECK_THROWS_WITH(safetensors::read(path), Contains(broken.phrase) && Contains(path));
    CHECK_THROWS_AS(safetensors::read(path), Error);
  }
  CHECK_THROWS_WITH(safetensors::read(folder / "missing"), Contains("No such file"));
  write_bytes(path, file_of(one, 8));  // the like that is right
  CHECK(same(safetensors::read(path).tensors["w"], zeros({2})));
}

TEST_CASE("safetensors: metadata is read without a look at the elements", "[nn][safetensors]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  safetensors::Contents contents;
  contents.tensors.insert("mask", tensor({true}));
  contents.metadata = {{"epoch", "3"}, {"", ""}};
  safetensors::write(path, contents);
  CHECK(safetensors::read_metadata(path) == contents.metadata);

  std::string bytes = read_bytes(path);
  bytes.back() = '\2';  // no bool
  write_bytes(path, bytes);
  CHECK_THROWS_AS(safetensors::read(path), Error);
  CHECK(safetensors::read_metadata(path) == contents.metadata);

  bytes.pop_back();
  write_bytes(path, bytes);
  CHECK_THROWS_WITH(safetensors::read_metadata(path),
                    Contains(path) && Contains("tensor 'mask' has data_offsets [0, 1]"));
}

TEST_CASE("safetensors: a file of another kind is told as such", "[nn][safetensors]") {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "rain, rain, go away");
  CHECK_THROWS_WITH(
      safetensors::read(folder / "a"),
      Contains(folder / "a") && Contains("in a file of 19: it does not look like a safetensors file"));
}

TEST_CASE("safetensors: text of a file is harmless in a message", "[nn][safetensors]") {
  using safetensors::quoted;
  CHECK(quoted("a\x1b[2J\x7f") == "'a?[2J?'");
  CHECK(quoted("a\xc2\x9b[2J \xc2\xa0\xc3\xa9") == "'a?[2J \xc2\xa0\xc3\xa9'");
  const std::string accents = "\xc3\xa9";
  std::string many;
  for (int i = 0; i < 60; ++i) many += accents;
  CHECK(quoted(many) == "'" + many.substr(0, 100) + "…'");
  CHECK(quoted("x" + many) == "'x" + many.substr(0, 98) + "…'");
}

TEST_CASE("safetensors: a header longer than the format allows is not read", "[nn][safetensors]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  write_bytes(path, "\x01\xe1\xf5\x05\0\0\0\0{}"s);  // 100,000,001
  std::filesystem::resize_file(path, 200'000'000);   // of which the disk holds nothing
  CHECK_THROWS_WITH(safetensors::read(path), Contains("a header of 100000001 bytes is announced"));
}

#ifdef PYTHON3
TEST_CASE("safetensors: an independent reader and writer agree", "[nn][safetensors]") {
  const TemporaryFolder folder;
  const auto python = [&folder](const std::string& command) {
    return std::system((PYTHON3 " " SAFETENSORS_CHECK " " + command + " > " + (folder / "out")).c_str());
  };
  safetensors::Contents contents;
  contents.metadata = {{"epoch", "3"}, {"ü", "\"\\"}};
  contents.tensors.insert("mask", tensor({true, false, true}));
  contents.tensors.insert("fc.weight", tensor({{0.5, -1.0}, {2.0, 1e10}}));
  contents.tensors.insert("empty", zeros({0, 2}));
  contents.tensors.insert("steps", full({}, -3, kLong));
  contents.tensors.insert("lr", full({}, 0.1, kDouble));
  safetensors::write(folder / "a", contents);
  REQUIRE(python("read " + (folder / "a")) == 0);
  CHECK(read_bytes(folder / "out") ==
        "epoch=3\n"
        "ü=\"\\\n"
        "mask BOOL [3] [True, False, True]\n"
        "fc.weight F32 [2, 2] [0.5, -1.0, 2.0, 10000000000.0]\n"
        "empty F32 [0, 2] []\n"
        "steps I64 [] [-3]\n"
        "lr F64 [] [0.1]\n");

  REQUIRE(python("write " + (folder / "b")) == 0);
  const safetensors::Contents read = safetensors::read(folder / "b");
  CHECK(read.tensors.keys() == std::vector<std::string>{"b", "a.weight", "empty", "count"});
  CHECK(same(read.tensors["b"], tensor({true, false, true})));
  CHECK(same(read.tensors["a.weight"], tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, -0.5}})));
  CHECK(same(read.tensors["empty"], zeros({0, 5}, kDouble)));
  CHECK(same(read.tensors["count"], full({}, -7, kLong)));
  CHECK(read.metadata.at("by") == "another program");
}
#endif
