// Files as checkpoints need them: read in pieces that can't reach beyond their end, and replaced whole or not
// at all. Errors name the file and give the system's reason.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace frost {

class InputFile {
 public:
  // An error where it is not a regular file that can be read.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  uint64_t size() const { return size_; }
  // Bytes [offset, offset + count) of the file.
  void read(uint64_t offset, void* target, uint64_t count) const;

 private:
  std::string path_;
  int file_;
  uint64_t size_ = 0;
};

// A new file for `path`, written beside it under another name. commit() brings it to the disk and puts it in
// place of what is there, in one step; without it, or when it throws, the new file is removed and the old one
// is untouched. Of a symbolic link, the file that it points to is replaced. The new file has the old one's
// permissions; further hard links keep the old content. An error where something other than a regular file is
// there: a folder, a pipe, a device.
class Replacement {
 public:
  explicit Replacement(const std::string& path);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void write(const void* data, uint64_t count);
  void commit();

 private:
  std::string path_, target_, temporary_;  // as it was given, behind its links, beside that
  std::optional<mode_t> permissions_;      // the old file's
  int file_;
};

}  // namespace frost
