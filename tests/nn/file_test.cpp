#include <frost/error.hpp>
#include <frost/file.hpp>

#include "nn/files.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

using namespace frost;
using namespace frost::tests;
using Catch::Contains;

namespace {

// While one lives, files of this process can't grow beyond so many bytes: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

}  // namespace

TEST_CASE("file: a replacement takes the place of a file once it is committed", "[nn][file]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  write_bytes(path, "old");
  {
    Replacement file(path);
    file.write("new", 3);
    CHECK(read_bytes(path) == "old");
    file.write("er", 2);
    file.commit();
  }
  CHECK(read_bytes(path) == "newer");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: a replacement that is not committed leaves nothing behind", "[nn][file]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  write_bytes(path, "old");
  Replacement(path).write("new", 3);
  CHECK(read_bytes(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: where the disk is full, the old file is whole", "[nn][file]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a", large(5000, 'x');
  write_bytes(path, "old");
  {
    const FullDisk full(1000);
    Replacement file(path);
    CHECK_THROWS_WITH(file.write(large.data(), large.size()), Contains(path) && Contains("File too large"));
  }
  CHECK(read_bytes(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("file: what can't be written or replaced", "[nn][file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(Replacement(folder / "missing/a"), Contains("missing/a: can't be written: No such file"));
  const std::string path = folder / "folder";
  {
    Replacement file(path);
    file.write("x", 1);
    REQUIRE(std::filesystem::create_directories(path + "/inside"));  // meanwhile
    CHECK_THROWS_WITH(file.commit(), Contains("can't be replaced: Is a directory"));
  }
  CHECK(folder.count() == 1);
  CHECK(std::filesystem::exists(path + "/inside"));
}

TEST_CASE("file: what is no regular file is not replaced", "[nn][file]") {
  const TemporaryFolder folder;
  const std::string pipe = folder / "pipe", link = folder / "link", circle = folder / "circle";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::filesystem::create_symlink("pipe", link);
  std::filesystem::create_symlink("circle", circle);
  for (const std::string& path : {pipe, link, folder / "."})
    CHECK_THROWS_WITH(Replacement(path), Contains(path + ": can't be replaced: it is not a regular file"));
  CHECK_THROWS_WITH(Replacement(circle), Contains(circle + ": can't be written: Too many levels"));
  CHECK(std::filesystem::is_fifo(pipe));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(folder.count() == 3);
}

TEST_CASE("file: of symbolic links, the file that they point to is replaced", "[nn][file]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "inside");
  write_bytes(folder / "inside/file", "old");
  std::filesystem::create_symlink("inside/file", folder / "relative");
  std::filesystem::create_symlink(folder / "relative", folder / "absolute");
  std::filesystem::create_symlink("inside/not yet", folder / "dangling");
  for (const std::string name : {"relative", "absolute", "dangling"}) {
    Replacement file(folder / name);
    file.write(name.data(), name.size());
    file.commit();
    CHECK(std::filesystem::is_symlink(folder / name));
    CHECK(read_bytes(folder / (name == "dangling" ? "inside/not yet" : "inside/file")) == name);
  }
  CHECK(folder.count() == 4);
}

TEST_CASE("file: a replacement has the permissions of what it replaces", "[nn][file]") {
  const TemporaryFolder folder;
  const std::string path = folder / "a";
  write_bytes(path, "old");
  for (const mode_t permissions : {0600, 0666, 0640}) {
    REQUIRE(chmod(path.c_str(), permissions) == 0);
    Replacement file(path);
    file.commit();
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == permissions);
  }
}

TEST_CASE("file: reading stays within the file", "[nn][file]") {
  const TemporaryFolder folder;
  write_bytes(folder / "a", "0123456789");
  const InputFile file(folder / "a");
  CHECK(file.size() == 10);
  char bytes[4] = {};
  file.read(6, bytes, 4);
  CHECK(std::string(bytes, 4) == "6789");
  file.read(10, bytes, 0);
  CHECK_THROWS_WITH(file.read(7, bytes, 4), Contains("bytes 7 to 11 are asked for, but it has 10"));
  CHECK_THROWS_WITH(file.read(11, bytes, 0), Contains("but it has 10"));
  CHECK_THROWS_AS(file.read(8, bytes, UINT64_MAX - 4), Error);
  write_bytes(folder / "a", "0123");  // truncated by someone else
  CHECK_THROWS_WITH(file.read(2, bytes, 4), Contains("became shorter"));
}

TEST_CASE("file: what can't be read", "[nn][file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(InputFile(folder / "missing"), Contains("missing: can't be opened: No such file"));
  CHECK_THROWS_WITH(InputFile(folder / "."), Contains("not a regular file"));
  CHECK_THROWS_WITH(InputFile("/dev/zero"), Contains("not a regular file"));
  const std::string pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(InputFile(pipe),
                    Contains("not a regular file"));  // at once, without waiting for a writer
}
