// safetensors: files of named tensors that hold nothing but numbers,
// https://github.com/huggingface/safetensors.
//
//   8 bytes         n, the length of the header: an unsigned integer, lower bytes first
//   n bytes         the header, JSON: {"weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
//   …,
//                   "__metadata__": {"epoch": "3"}}, filled up with spaces
//   the rest        the elements, lower bytes first, each tensor's at [begin, end) of it, without gaps
//
// frost has the dtypes F32, F64, I64 and BOOL.
#pragma once

#include <frost/nn/ordered_dict.hpp>
#include <frost/tensor.hpp>

#include <map>
#include <string>

namespace frost::safetensors {

struct Contents {
  OrderedDict<std::string, Tensor> tensors{"Tensor"};
  std::map<std::string, std::string> metadata;
};

// Replaces the file whole, or, where it throws, leaves what was there. Elements of wide dtypes stand before
// narrower ones, so that each is aligned. Errors: an undefined tensor; a tensor named "__metadata__"; text
// that is not UTF-8; what the system refuses.
void write(const std::string& path, const Contents& contents);

// Reads what `write` or another program wrote; tensors in the order of the header. The file is not trusted:
// whatever is wrong with it is a frost::Error that names the file and the tensor, and nothing is allocated
// that the file's own size doesn't bear out. Refused are, besides what is no safetensors file: dtypes frost
// doesn't have, more than 8 dims, headers of more than 100 MB, unknown or repeated names, and bools that are
// neither 0 nor 1.
Contents read(const std::string& path);

// The metadata alone. The same errors, but for those of the elements, which are not read.
std::map<std::string, std::string> read_metadata(const std::string& path);

}  // namespace frost::safetensors
