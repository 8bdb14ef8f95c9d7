// A process that dies while it saves: the file is the one from before, or the new one.
#include <frost/ops.hpp>
#include <frost/serialize.hpp>

#include "nn/files.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace frost;
using namespace frost::tests;

namespace {

constexpr int64_t kElements = 1 << 18;  // enough for a save to take some time

// Saves two tensors that tell which save they are of, over and over.
[[noreturn]] void save_for_ever(const std::string& path) {
  try {
    for (double value = 1;; value = 3 - value)
      save(std::vector<Tensor>{full({kElements}, value), full({3}, value)}, path);
  } catch (...) {
  }
  _exit(1);
}

}  // namespace

TEST_CASE("serialize: a process that is killed while it saves leaves a whole file", "[nn][serialize]") {
  const TemporaryFolder folder;
  const std::string path = folder / "model.safetensors";
  save(std::vector<Tensor>{full({kElements}, 0.0), full({3}, 0.0)}, path);
  bool was_saved = false;
  for (unsigned round = 0; round < 20 || (!was_saved && round < 100); ++round) {
    const pid_t child = fork();
    REQUIRE(child != -1);
    if (child == 0) save_for_ever(path);
    usleep(500 + 700 * round);
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    REQUIRE(WTERMSIG(status) == SIGKILL);  // it did not end by itself
    std::vector<Tensor> tensors;
    load(tensors, path);
    REQUIRE(tensors.size() == 2);
    const double value = tensors[1][0].item<double>();
    CHECK((value == 0 || value == 1 || value == 2));
    was_saved = was_saved || value != 0;
    for (const Tensor& tensor : tensors) CHECK(equal(tensor, full(tensor.sizes(), value)));
  }
  CHECK(was_saved);
}
