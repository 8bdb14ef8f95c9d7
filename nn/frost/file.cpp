#include <frost/file.hpp>

#include <frost/error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace frost {

namespace {

[[noreturn]] void fail_by_system(const std::string& path, const char* what) {
  const int code = errno;
  fail("file", path, ": ", what, ": ", std::generic_category().message(code));
}

// The call, again as long as a signal interrupts it.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "./" : path.substr(0, slash + 1);
}

// What a symbolic link points to at last, which need not exist. Links in a circle are to be ruled out before.
std::string behind_links(std::string path) {
  std::error_code not_a_link;
  for (;;) {
    const std::string next = std::filesystem::read_symlink(path, not_a_link).string();
    if (not_a_link) return path;
    path = next.starts_with('/') ? next : folder_of(path) + next;
  }
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // Without O_NONBLOCK, opening a pipe would wait for someone to write to it.
  file_ = uninterrupted([&path] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); });
  if (file_ == -1) fail_by_system(path, "can't be opened");
  struct stat status {};
  const bool is_file = fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  if (!is_file) {
    close(file_);
    fail("file", path, ": is not a regular file");
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() { close(file_); }

void InputFile::read(uint64_t offset, void* target, uint64_t count) const {
  check(offset <= size_ && count <= size_ - offset, "file", path_, ": bytes ", offset, " to ", offset + count,
        " are asked for, but it has ", size_);
  char* to = static_cast<char*>(target);
  while (count > 0) {
    const ssize_t done = uninterrupted(
        [this, to, count, offset] { return pread(file_, to, count, static_cast<off_t>(offset)); });
    if (done == -1) fail_by_system(path_, "can't be read");
    check(done > 0, "file", path_, ": became shorter while it was read");
    to += done;
    offset += static_cast<uint64_t>(done);
    count -= static_cast<uint64_t>(done);
  }
}

Replacement::Replacement(const std::string& path) : path_(path) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    check(S_ISREG(status.st_mode), "file", path, ": can't be replaced: it is not a regular file");
    permissions_ = status.st_mode & 0777;
  } else if (errno != ENOENT) {
    fail_by_system(path, "can't be written");
  }
  target_ = behind_links(path);
  static std::atomic<unsigned> number{0};
  do {
    temporary_ = target_ + ".new-" + std::to_string(getpid()) + "-" + std::to_string(number++);
    file_ = uninterrupted([this] {
      // Nobody else may open what will be private; 0666 is less the umask.
      return open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions_ ? 0600 : 0666);
    });
  } while (file_ == -1 && errno == EEXIST);
  if (file_ == -1) fail_by_system(path, "can't be written");
}

Replacement::~Replacement() {
  if (file_ != -1) close(file_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void Replacement::write(const void* data, uint64_t count) {
  const char* from = static_cast<const char*>(data);
  while (count > 0) {
    const ssize_t done = uninterrupted([this, from, count] { return ::write(file_, from, count); });
    if (done == -1) fail_by_system(path_, "can't be written");
    from += done;
    count -= static_cast<uint64_t>(done);
  }
}

void Replacement::commit() {
  if (permissions_ && fchmod(file_, *permissions_) == -1)
    fail_by_system(path_, "can't be given the old file's permissions");
  if (uninterrupted([this] { return fsync(file_); }) == -1)
    fail_by_system(path_, "can't be brought to the disk");
  const int file = std::exchange(file_, -1);
  if (close(file) == -1) fail_by_system(path_, "can't be closed");
  if (std::rename(temporary_.c_str(), target_.c_str()) == -1) fail_by_system(path_, "can't be replaced");
  temporary_.clear();
  // The new name is on the disk once its folder is. The file is in place by now, so a file system that can't
  // do this is no error.
  const int folder = open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder == -1) return;
  fsync(folder);
  close(folder);
}

}  // namespace frost
