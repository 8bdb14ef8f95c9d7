#include <frost/safetensors.hpp>

#include <frost/file.hpp>
#include <frost/ops.hpp>
#include <frost/safetensors_header.hpp>
#include <frost/shape.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace frost::safetensors {

static_assert(std::endian::native == std::endian::little, "elements are copied as they lie in memory");

namespace {

constexpr uint64_t kPrefix = 8;  // the bytes of the header's length
constexpr uint64_t kMaxHeader = 100'000'000;

struct DtypeName {
  Dtype dtype;
  const char* name;
};
constexpr DtypeName kDtypes[] = {{kFloat, "F32"}, {kDouble, "F64"}, {kLong, "I64"}, {kBool, "BOOL"}};

const char* name_of(Dtype dtype) {
  return std::find_if(std::begin(kDtypes), std::end(kDtypes),
                      [dtype](const DtypeName& known) { return known.dtype == dtype; })
      ->name;
}

// What is known of a tensor before there is memory for it.
struct Part {
  std::string name;
  Dtype dtype;
  std::vector<int64_t> sizes;
  uint64_t begin, end;
};

Part checked(const Entry& entry, uint64_t data_size, const std::string& path) {
  const auto refuse_entry = [&entry, &path](const auto&... parts) {
    refuse(path, "tensor ", quoted(entry.name), " ", parts...);
  };
  const auto dtype = std::find_if(std::begin(kDtypes), std::end(kDtypes),
                                  [&entry](const DtypeName& known) { return known.name == entry.dtype; });
  if (dtype == std::end(kDtypes))
    refuse_entry("has dtype ", quoted(entry.dtype),
                 ", which frost does not have; it has F32, F64, I64 and BOOL");
  if (entry.shape.size() > kMaxDims)
    refuse_entry("has ", entry.shape.size(), " dimensions, more than frost's ", kMaxDims);

  Part part{entry.name, dtype->dtype, {}, 0, 0};
  // Strides are products of sizes too, in which the zero that makes a tensor empty may be none of the
  // factors.
  uint64_t bytes = element_size(part.dtype), largest_stride = bytes;
  for (const uint64_t size : entry.shape) {
    if (__builtin_mul_overflow(largest_stride, std::max<uint64_t>(size, 1), &largest_stride) ||
        largest_stride > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      refuse_entry("has a shape whose product overflows");
    bytes *= size;
    part.sizes.push_back(static_cast<int64_t>(size));
  }

  if (entry.data_offsets.size() != 2)
    refuse_entry("has ", entry.data_offsets.size(), " data_offsets where there should be 2");
  part.begin = entry.data_offsets[0];
  part.end = entry.data_offsets[1];
  if (part.begin > part.end || part.end > data_size)
    refuse_entry("has data_offsets [", part.begin, ", ", part.end, "], which are not within the ", data_size,
                 " bytes that follow the header");
  if (part.end - part.begin != bytes)
    refuse_entry("has ", part.end - part.begin, " bytes, but shape ", IntArrayRef(part.sizes), " of ",
                 entry.dtype, " takes ", bytes);
  return part;
}

// Every byte belongs to one tensor.
void check_without_gaps(std::vector<Part> parts, uint64_t data_size, const std::string& path) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t end = 0;
  for (const Part& part : parts) {
    if (part.begin != end)
      refuse(path, "tensor ", quoted(part.name), " begins at byte ", part.begin,
             part.begin < end ? ", within another tensor" : ", after bytes that belong to no tensor");
    end = part.end;
  }
  if (end != data_size) refuse(path, "the last ", data_size - end, " bytes belong to no tensor");
}

// All that a file says but the elements.
struct Outline {
  std::map<std::string, std::string> metadata;
  std::vector<Part> parts;
  uint64_t data_begin;
};

Outline read_outline(const InputFile& file, const std::string& path) {
  if (file.size() < kPrefix) refuse(path, file.size(), " bytes are too few for a safetensors file");
  uint64_t length = 0;
  file.read(0, &length, sizeof length);
  if (length > kMaxHeader || length > file.size() - kPrefix)
    refuse(path, "a header of ", length, " bytes is announced, in a file of ", file.size(),
           ": it does not look like a safetensors file", length > kMaxHeader ? "" : ", or is cut short");
  std::string text(length, ' ');
  file.read(kPrefix, text.data(), length);
  Header header = parse_header(path, text);

  Outline outline{std::move(header.metadata), {}, kPrefix + length};
  const uint64_t data_size = file.size() - outline.data_begin;
  for (const Entry& entry : header.entries) outline.parts.push_back(checked(entry, data_size, path));
  check_without_gaps(outline.parts, data_size, path);
  return outline;
}

Tensor read_part(const InputFile& file, uint64_t data_begin, const Part& part, const std::string& path) {
  const Tensor tensor = empty(part.sizes, part.dtype);
  const uint64_t count = part.end - part.begin;
  file.read(data_begin + part.begin, tensor.data_ptr(), count);
  if (part.dtype == kBool) {
    const unsigned char* const bytes = static_cast<const unsigned char*>(tensor.data_ptr());
    if (std::any_of(bytes, bytes + count, [](unsigned char byte) { return byte > 1; }))
      refuse(path, "tensor ", quoted(part.name), " is BOOL, and has an element that is neither 0 nor 1");
  }
  return tensor;
}

}  // namespace

void write(const std::string& path, const Contents& contents) {
  Header header{{}, contents.metadata};
  std::vector<Tensor> tensors;
  std::vector<size_t> order;  // in which the elements are written: wide ones first
  for (const auto& item : contents.tensors) {
    if (item.key() == kMetadataName) refuse(path, "a tensor can't be named ", kMetadataName);
    if (!item.value().defined()) refuse(path, "tensor ", quoted(item.key()), " is undefined");
    order.push_back(tensors.size());
    tensors.push_back(item.value().detach().contiguous());
    const IntArrayRef sizes = tensors.back().sizes();
    header.entries.push_back(
        {item.key(), name_of(tensors.back().scalar_type()), {sizes.begin(), sizes.end()}, {}});
  }
  std::stable_sort(order.begin(), order.end(), [&tensors](size_t a, size_t b) {
    return tensors[a].element_size() > tensors[b].element_size();
  });
  uint64_t begin = 0;
  for (const size_t i : order) {
    header.entries[i].data_offsets = {begin, begin + tensors[i].nbytes()};
    begin += tensors[i].nbytes();
  }
  std::string text = format_header(path, header);
  text.append((8 - text.size() % 8) % 8, ' ');
  const uint64_t length = text.size();
  if (length > kMaxHeader) refuse(path, "the header would take ", length, " bytes, more than ", kMaxHeader);

  Replacement file(path);
  file.write(&length, sizeof length);
  file.write(text.data(), length);
  for (const size_t i : order) file.write(tensors[i].data_ptr(), tensors[i].nbytes());
  file.commit();
}

Contents read(const std::string& path) {
  const InputFile file(path);
  Outline outline = read_outline(file, path);
  Contents contents;
  contents.metadata = std::move(outline.metadata);
  for (const Part& part : outline.parts) try {
      contents.tensors.insert(part.name, read_part(file, outline.data_begin, part, path));
    } catch (const std::bad_alloc&) {
      refuse(path, "tensor ", quoted(part.name), " does not fit into memory");
    }
  return contents;
}

std::map<std::string, std::string> read_metadata(const std::string& path) {
  return read_outline(InputFile(path), path).metadata;
}

}  // namespace frost::safetensors
