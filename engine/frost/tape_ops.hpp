// What the tape needs of the ops, which define it (ops/gradient.cpp). For the engine's own files.
#pragma once

#include <frost/node.hpp>

namespace frost::detail {

// ---- sums of gradients ----

// total + gradient, in total's own memory where nobody else can see it. Both have one dtype and one shape.
void accumulate(Tensor& total, const Tensor& gradient);
// y ← y + x, of one dtype and one shape. Not recorded.
void add_values(const Tensor& y, const Tensor& x);
// x summed over the dimensions in which `sizes` was broadcast to it, and converted to dtype.
Tensor reduce_to(const Tensor& x, const Dims& sizes, Dtype dtype);

// ---- parts of a tensor ----

// A tensor of the given sizes that holds total (undefined: zeros) plus the slices.
Tensor assemble(const Tensor& total, const Dims& sizes, Dtype dtype, ArrayRef<GradientSlice> slices);
// The elements of contiguous x at `region`, and x with zeros there: what a write through a view replaces and
// leaves.
Tensor inside(const Tensor& x, const Layout& region);
Tensor outside(const Tensor& x, const Layout& region);

// ---- copies ----

// x in contiguous memory of its own.
Tensor copy_of(const Tensor& x);
// x's values, broadcast, written over those of y, which has the same dtype. Not recorded.
void copy_values(const Tensor& y, const Tensor& x);
// The gradient of a scalar with respect to itself.
Tensor ones_of(const Dims& sizes, Dtype dtype);

}  // namespace frost::detail
