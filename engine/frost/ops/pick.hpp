// Elements picked by index tensors: what indexing and scattering share.
#pragma once

#include <frost/kernels/index.hpp>
#include <frost/ops/common.hpp>

#include <vector>

namespace frost::ops {

// The index tensors of a tensor x, by dim: undefined where the whole dim is meant (as are dims after the last
// one). A Long tensor names indices, the negative ones counted from the end; a Bool tensor is a mask of as
// many of x's dims as it has itself. They are broadcast together, and their dims stand in the result for
// those they index: in their place where those stand together, in front where they do not.
using IndexTensors = std::vector<Tensor>;

// y = x[indices], recorded as `name`.
Tensor index_by(const char* name, const Tensor& x, const IndexTensors& indices, std::string_view function);
// x[indices] = values, in place. values broadcast.
void index_put_by(const Tensor& x, const IndexTensors& indices, const Tensor& values,
                  std::string_view function);

// Where several writes are meant for one place, the last stays: which of the writes at `offsets`, below
// `size`, are lost to a later one. Undefined if none is.
Tensor overwritten(const Tensor& offsets, int64_t size);

}  // namespace frost::ops
