// Running the examples' programs and reading what they print.
#pragma once

#include <frost/testing/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace examples::tests {

// A file with some content, gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content = "") {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }
  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_ = (std::filesystem::temp_directory_path() /
                       ("frost_example_" + std::to_string(getpid()) + "_" + std::to_string(count_++)))
                          .string();
  static inline int count_ = 0;
};

struct Ran {
  std::string command;
  int status;
  std::string output;  // standard output and error, as they came
};

// Through the shell.
inline Ran run(const std::string& command) {
  FILE* const pipe = popen(("{ " + command + "; } 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Ran ran{command, 0, ""};
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    ran.output.append(buffer.data(), count);
  ran.status = WEXITSTATUS(pclose(pipe));
  return ran;
}

// Lines that were wrapped, as one.
inline std::string unwrapped(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (!std::isspace(static_cast<unsigned char>(c)))
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  return result;
}

// How it ended, and a sentence that it said, however its lines were wrapped.
inline void check(const Ran& ran, int status, const std::string& sentence) {
  INFO(ran.command);
  CHECK(ran.status == status);
  CHECK_THAT(unwrapped(ran.output), Catch::Contains(sentence));
}

}  // namespace examples::tests
