// Masks: masked_fill, where, masked_select, nonzero, and the triangles.
#include <frost/ops/common.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace frost {

namespace {

void check_mask(const Tensor& mask, std::string_view function) {
  check_defined(mask, function, "mask");
  check(mask.scalar_type() == kBool, function, "expected mask dtype to be Bool but got ", mask.scalar_type());
}

void check_fill(const Tensor& x, const Tensor& mask, std::string_view function) {
  check_defined(x, function);
  check_mask(mask, function);
}

void check_fill_value(const Tensor& x, const Tensor& value, std::string_view function) {
  check_defined(value, function, "value");
  check(value.dim() == 0, function, function,
        " only supports a 0-dimensional value tensor, but got tensor with ", value.dim(), " dimension(s).");
  ops::check_fits(value.item(), x.scalar_type(), function);
}

// y = mask ? value : x, as plain numbers of x's dtype; y may be x.
void fill_into(const Tensor& y, const Tensor& x, const Tensor& mask, const kernels::In& value) {
  const Dims& sizes = y.layout().sizes;
  kernels::where(y.scalar_type(), sizes, ops::out(y), ops::in(mask, sizes), value, ops::in(x, sizes));
}

Tensor filled(const Tensor& x, const Tensor& mask, const Scalar& value, std::string_view function) {
  const Tensor y =
      empty_tensor(broadcast_sizes(x.sizes(), mask.sizes(), function), x.scalar_type(), function);
  fill_into(y, x, mask, ops::ScalarOperand(value, x.scalar_type()).in(y.layout().sizes));
  return y;
}

}  // namespace

// ---- masked_fill ----

// y = mask ? value : x:   grad_x = mask ? 0 : grad_out, exactly, whatever x and grad_out hold there
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  check_fill(x, mask, "masked_fill");
  ops::check_fits(value, x.scalar_type(), "masked_fill");
  return ops::marked(record("MaskedFillBackward0", filled(x, mask, value, "masked_fill"),
                            wrt(x, Told{[mask = Saved(mask)](const Tensor& grad_out) {
                                          return masked_fill(grad_out, *mask, 0);
                                        },
                                        value.toDouble()})),
                     mask);
}

// y = mask ? value : x:   grad_x as above, grad_value = Σ of grad_out where mask
Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check_fill(x, mask, "masked_fill");
  check_fill_value(x, value, "masked_fill");
  const Tensor y = filled(x, mask, value.item(), "masked_fill");
  if (!x.is_floating_point()) return y;
  const bool is_constant = !value.requires_grad() && value.impl()->unrecorded == Unrecorded::no;
  return ops::marked(
      record(
          "MaskedFillBackward1", y,
          wrt(x,
              Told{[mask = Saved(mask)](const Tensor& grad_out) { return masked_fill(grad_out, *mask, 0); },
                   is_constant ? std::optional(value.item().toDouble()) : std::nullopt}),
          wrt(value,
              [mask = Saved(mask)](const Tensor& grad_out) { return sum(masked_select(grad_out, *mask)); })),
      mask);
}

namespace {

Tensor& overwrite(const Tensor& x, const Tensor& mask, const Scalar& value) {
  const ops::ScalarOperand filling(value, x.scalar_type());
  fill_into(x, x, ops::interlock(x, mask) ? clone(mask) : mask, filling.in(x.layout().sizes));
  return ops::written(x);
}

}  // namespace

Tensor& masked_fill_(const Tensor& x, const Tensor& mask, const Scalar& value) {
  check_fill(x, mask, "masked_fill_");
  ops::check_fits(value, x.scalar_type(), "masked_fill_");
  ops::check_in_place(x, mask, x.scalar_type(), "masked_fill_");
  if (!ops::is_recorded(x)) return overwrite(x, mask, value);
  return ops::write_recorded(x, masked_fill(x, mask, value), "masked_fill_");
}

Tensor& masked_fill_(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check_fill(x, mask, "masked_fill_");
  check_fill_value(x, value, "masked_fill_");
  ops::check_in_place(x, mask, x.scalar_type(), "masked_fill_");
  check_in_place(x, "masked_fill_", ops::is_recorded(x, value));
  if (!ops::is_recorded(x, value)) return overwrite(x, mask, value.item());
  return ops::write_recorded(x, masked_fill(x, mask, value), "masked_fill_");
}

// ---- where ----

namespace {

void check_condition(const Tensor& condition) {
  check_defined(condition, "where", "condition");
  check(condition.scalar_type() == kBool, "where",
        "where expected condition to be a boolean tensor, but got a tensor with dtype ",
        condition.scalar_type());
}

// condition ? x : number, as plain numbers, or with `otherwise` the other way around.
Tensor chosen(const Tensor& condition, const Tensor& x, const Scalar& number, bool otherwise) {
  check_condition(condition);
  const Dtype dtype = ops::common_dtype(x, number, "where");
  ops::check_fits(number, dtype, "where");
  const Dims sizes = broadcast_sizes(condition.sizes(), x.sizes(), "where");
  const Tensor z = empty_tensor(sizes, dtype, "where");
  const ops::Operand tensor(x, dtype, sizes);
  const ops::ScalarOperand operand(number, dtype);
  const kernels::In scalar = operand.in(sizes);
  kernels::where(dtype, sizes, ops::out(z), ops::in(condition, sizes), otherwise ? scalar : tensor,
                 otherwise ? tensor : scalar);
  return z;
}

}  // namespace

// z = condition ? x : y:   grad_x = condition ? grad_out : 0, grad_y = condition ? 0 : grad_out, exactly
Tensor where(const Tensor& condition, const Tensor& x, const Tensor& y) {
  check_condition(condition);
  const Dtype dtype = ops::common_dtype(x, y, "where");
  const Dims sizes =
      broadcast_sizes(condition.sizes(), broadcast_sizes(x.sizes(), y.sizes(), "where"), "where");
  const Tensor z = empty_tensor(sizes, dtype, "where");
  kernels::where(dtype, sizes, ops::out(z), ops::in(condition, sizes), ops::Operand(x, dtype, sizes),
                 ops::Operand(y, dtype, sizes));
  return ops::marked(record("WhereBackward0", z,
                            wrt(x, [condition = Saved(condition)](
                                       const Tensor& grad_out) { return where(*condition, grad_out, 0); }),
                            wrt(y, [condition = Saved(condition)](
                                       const Tensor& grad_out) { return where(*condition, 0, grad_out); })),
                     condition);
}

Tensor where(const Tensor& condition, const Tensor& x, const Scalar& y) {
  return ops::marked(record("WhereBackward0", chosen(condition, x, y, false),
                            wrt(x, Told{[condition = Saved(condition)](const Tensor& grad_out) {
                                          return where(*condition, grad_out, 0);
                                        },
                                        y.toDouble()}),
                            wrt(Tensor(), ops::no_gradient)),
                     condition);
}

Tensor where(const Tensor& condition, const Scalar& x, const Tensor& y) {
  return ops::marked(record("WhereBackward0", chosen(condition, y, x, true), wrt(Tensor(), ops::no_gradient),
                            wrt(y, Told{[condition = Saved(condition)](const Tensor& grad_out) {
                                          return where(*condition, 0, grad_out);
                                        },
                                        x.toDouble()})),
                     condition);
}

Tensor where(const Tensor& condition, const Scalar& x, const Scalar& y) {
  const Dtype own = x.isFloatingPoint() ? kFloat : x.type();
  return where(condition, scalar_tensor(x, own), y);
}

// y = x where it is finite:   grad_x = grad_out·(x is finite)
Tensor nan_to_num(const Tensor& x, optional<double> nan, optional<double> posinf, optional<double> neginf) {
  check_defined(x, "nan_to_num");
  if (!x.is_floating_point()) return clone(x);
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double largest =
      x.scalar_type() == kFloat ? std::numeric_limits<float>::max() : std::numeric_limits<double>::max();
  const Tensor y = filled(x, isnan(x), nan.value_or(0), "nan_to_num");
  for (const auto& [infinity, number] :
       {std::pair(inf, posinf.value_or(largest)), {-inf, neginf.value_or(-largest)}})
    fill_into(y, y, x == infinity, ops::ScalarOperand(number, x.scalar_type()).in(y.layout().sizes));
  return record("NanToNumBackward0", y,
                wrt(x, [x = Saved(x)](const Tensor& grad_out) { return grad_out * isfinite(*x); }));
}

std::vector<Tensor> where(const Tensor& condition) {
  check_defined(condition, "where", "condition");
  return unbind(nonzero(condition.dim() == 0 ? unsqueeze(condition, 0) : condition), 1);
}

// ---- the elements where a mask is true ----

namespace {

// x broadcast to `sizes`, contiguous: plain numbers.
Tensor spread(const Tensor& x, const Dims& sizes) { return ops::packed(alias(x, x.layout().expand(sizes))); }

int64_t count_true(const Tensor& mask) {
  const bool* values = mask.data_ptr<bool>();
  return std::count(values, values + mask.numel(), true);
}

// y is 0, but where mask is true the elements of x, one after the other:   grad_x = grad_out where mask is
// true
Tensor placed(const Tensor& x, const Tensor& mask) {
  const Tensor y = zeros(mask.sizes(), x.scalar_type()), source = contiguous(x.detach());
  const bool* is_chosen = mask.data_ptr<bool>();
  visit(x.scalar_type(), [&y, &source, is_chosen]<class T>() {
    const T* from = source.data_ptr<T>();
    T* to = y.data_ptr<T>();
    for (int64_t i = 0; i < y.numel(); ++i)
      if (is_chosen[i]) to[i] = *from++;
  });
  return record(
      "MaskedScatterBackward0", y, wrt(Tensor(), ops::no_gradient),
      wrt(x, [mask = Saved(mask)](const Tensor& grad_out) { return masked_select(grad_out, *mask); }));
}

}  // namespace

// y_k = the k-th x_i of those with mask_i:   grad_x is grad_out at these places, 0 elsewhere
Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_defined(x, "masked_select");
  check_defined(mask, "masked_select", "mask");
  check(mask.scalar_type() == kBool, "masked_select", "expected BoolTensor or ByteTensor for mask, but got ",
        mask.scalar_type());
  const Dims sizes = broadcast_sizes(x.sizes(), mask.sizes(), "masked_select");
  const Tensor source = spread(x, sizes), chosen = spread(mask, sizes);
  const Tensor y = empty_tensor({count_true(chosen)}, x.scalar_type(), "masked_select");
  const bool* is_chosen = chosen.data_ptr<bool>();
  visit(x.scalar_type(), [&y, &source, is_chosen]<class T>() {
    const T* from = source.data_ptr<T>();
    T* to = y.data_ptr<T>();
    for (int64_t i = 0; i < source.numel(); ++i)
      if (is_chosen[i]) *to++ = from[i];
  });
  return record("MaskedSelectBackward0", y, wrt(x, [mask = Saved(mask), sizes](const Tensor& grad_out) {
                  return placed(grad_out, spread(*mask, sizes));
                }));
}

Tensor nonzero(const Tensor& x) {
  check_defined(x, "nonzero");
  const Tensor is_true = contiguous(ops::converted(x.detach(), kBool));
  const Tensor y = empty_tensor({count_true(is_true), x.dim()}, kLong, "nonzero");
  const bool* value = is_true.data_ptr<bool>();
  const Dims& sizes = x.layout().sizes;
  Dims index(sizes.size(), 0);
  int64_t* row = y.data_ptr<int64_t>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    if (value[i]) row = std::copy(index.begin(), index.end(), row);
    for (size_t dim = sizes.size(); dim-- > 0;) {
      if (++index[dim] < sizes[dim]) break;
      index[dim] = 0;
    }
  }
  return ops::marked(y, x);
}

// ---- triangles ----

namespace {

enum class Triangle { lower, upper };

// x with 0 outside a triangle of its last two dims. (i, j) is in the lower one where j - i ≤ diagonal, in the
// upper one where j - i ≥ diagonal.
Tensor triangle(const Tensor& x, Triangle which, int64_t diagonal, std::string_view function) {
  check_defined(x, function);
  check(x.dim() >= 2, function,
        "Dimension out of range: input tensor must have at least 2 dimensions, got shape ", x.sizes());
  const Dims& sizes = x.layout().sizes;
  const Tensor y = empty_tensor(sizes, x.scalar_type(), function);
  if (y.numel() == 0) return y;  // its other sizes may be huge
  const int64_t rows = sizes[sizes.size() - 2], columns = sizes.back();
  diagonal = std::clamp(diagonal, -rows - 1, columns + 1);
  const Tensor is_inside = empty_tensor({rows, columns}, kBool);
  for (int64_t i = 0; i < rows; ++i) {
    // The first column that is above the lower triangle, or in the upper one.
    const int64_t border =
        std::clamp<int64_t>(which == Triangle::lower ? i + diagonal + 1 : i + diagonal, 0, columns);
    bool* const row = is_inside.data_ptr<bool>() + i * columns;
    std::fill(row, row + border, which == Triangle::lower);
    std::fill(row + border, row + columns, which == Triangle::upper);
  }
  const ops::ScalarOperand zero(0, x.scalar_type());
  kernels::where(x.scalar_type(), sizes, ops::out(y), ops::in(is_inside, sizes), ops::in(x), zero.in(sizes));
  return y;
}

}  // namespace

// grad_x = the same triangle of grad_out
Tensor tril(const Tensor& x, int64_t diagonal) {
  return record("TrilBackward0", triangle(x, Triangle::lower, diagonal, "tril"),
                wrt(x, [diagonal](const Tensor& grad_out) { return tril(grad_out, diagonal); }));
}

Tensor triu(const Tensor& x, int64_t diagonal) {
  return record("TriuBackward0", triangle(x, Triangle::upper, diagonal, "triu"),
                wrt(x, [diagonal](const Tensor& grad_out) { return triu(grad_out, diagonal); }));
}

}  // namespace frost
