// Bytes as a checkpoint: whatever they are, they are loaded or refused by a frost::Error.
#include <frost/frost.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace frost;

namespace {

// A file in memory, by its path.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("checkpoint", 0)) {
    if (file_ == -1) std::abort();
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }
  void write(const uint8_t* data, size_t size) const {
    for (size_t done = 0; done < size;) {
      const ssize_t count = pwrite(file_, data + done, size - done, static_cast<off_t>(done));
      if (count <= 0) std::abort();
      done += static_cast<size_t>(count);
    }
    if (ftruncate(file_, static_cast<off_t>(size)) != 0) std::abort();
  }

 private:
  int file_;
};

template <class Call>
void may_refuse(const Call& call) {
  try {
    call();
  } catch (const Error&) {
  }
}

struct Things {
  nn::Linear model{2, 2};
  optim::AdamW optimizer{model->parameters(), optim::AdamWOptions(0.1).amsgrad(true)};
  optim::StepLR schedule{optimizer, 2};
  Checkpoint checkpoint;

  Things() {
    model(ones({1, 2})).sum().backward();
    optimizer.step();
    checkpoint.add("model", model);
    checkpoint.add("optimizer", optimizer);
    checkpoint.add("schedule", schedule);
    checkpoint.add("generator", default_generator());
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Things* const things = new Things;
  const MemoryFile file;
  file.write(data, size);
  may_refuse([&file] {
    const safetensors::Contents contents = safetensors::read(file.path());
    for (const auto& item : contents.tensors) {
      item->sum();
      item->contiguous();
    }
  });
  may_refuse([&file] { safetensors::read_metadata(file.path()); });
  may_refuse([&file] { load(things->model, file.path()); });
  may_refuse([&file] { load(things->optimizer, file.path()); });
  may_refuse([&file] {
    Tensor x;
    load(x, file.path());
  });
  may_refuse([&file] {
    std::vector<Tensor> all;
    load(all, file.path());
  });
  may_refuse([&file] { things->checkpoint.load(file.path()); });
  // Whatever was loaded, the training goes on.
  things->optimizer.step();
  return 0;
}
