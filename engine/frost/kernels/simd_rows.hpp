// The table of row kernels of one instruction set: each simd_<set>.cpp makes one.
//
// Before it includes this, it renames namespace xsimd. What xsimd defines inline without the set in its name
// would else be compiled once per set, and the linker keep any one of them: perhaps one that the machine
// cannot run.
#pragma once

#include <frost/kernels/simd_attention.hpp>
#include <frost/kernels/simd_gemm.hpp>
#include <frost/kernels/simd_layer_norm.hpp>
#include <frost/kernels/simd_optimize.hpp>
#include <frost/kernels/simd_recurrent.hpp>
#include <frost/kernels/simd_reduce.hpp>
#include <frost/kernels/simd_softmax.hpp>

#include <cstddef>
#include <utility>

namespace frost::kernels {
namespace {

template <class A>
struct Table {
  static constexpr int kBool_ = index_of(kBool), kLong_ = index_of(kLong), kFloat_ = index_of(kFloat),
                       kDouble_ = index_of(kDouble);

  template <int op>
  static constexpr void add_unary(Rows& rows) {
    constexpr Unary unary = static_cast<Unary>(op);
    if constexpr (unary <= Unary::relu) rows.unary[op][kLong_] = unary_row<unary, int64_t, A>;
    rows.unary[op][kFloat_] = unary_row<unary, float, A>;
    rows.unary[op][kDouble_] = unary_row<unary, double, A>;
  }

  template <int op>
  static constexpr void add_binary(Rows& rows) {
    constexpr Binary binary = static_cast<Binary>(op);
    constexpr bool bitwise = binary >= Binary::bitwise_and;
    if constexpr (binary < Binary::pow || bitwise) rows.binary[op][kBool_] = binary_row<binary, bool, A>;
    if constexpr (binary <= Binary::pow || bitwise) rows.binary[op][kLong_] = binary_row<binary, int64_t, A>;
    if constexpr (binary == Binary::pow) {
      rows.binary[op][kFloat_] = pow_row<float, A>;
      rows.binary[op][kDouble_] = pow_row<double, A>;
    } else if constexpr (!bitwise) {
      rows.binary[op][kFloat_] = binary_row<binary, float, A>;
      rows.binary[op][kDouble_] = binary_row<binary, double, A>;
    }
  }

  template <class T, int... op>
  static constexpr void add_predicates(Rows& rows, std::integer_sequence<int, op...>) {
    ((rows.predicate[op][index_of(dtype_of<T>)] = predicate_row<static_cast<Predicate>(op), T>), ...);
  }
  template <class T, int... op>
  static constexpr void add_comparisons(Rows& rows, std::integer_sequence<int, op...>) {
    ((rows.compare[op][index_of(dtype_of<T>)] = compare_row<static_cast<Compare>(op), T>), ...);
  }
  template <class T, int... op>
  static constexpr void add_reductions(Rows& rows, std::integer_sequence<int, op...>) {
    ((rows.reduce_row[op][index_of(dtype_of<T>)] = reduce_row<static_cast<Reduce>(op), T, A>), ...);
    ((rows.reduce_columns[op][index_of(dtype_of<T>)] = reduce_columns<static_cast<Reduce>(op), T, A>), ...);
  }

  template <class T, int... kind>
  static constexpr void add_recurrences(Rows& rows, std::integer_sequence<int, kind...>) {
    constexpr int dtype = index_of(dtype_of<T>);
    ((rows.recurrent_forward[kind][dtype] = recurrent_forward_row<static_cast<Recurrence>(kind), T, A>), ...);
    ((rows.recurrent_backward[kind][dtype] = recurrent_backward_row<static_cast<Recurrence>(kind), T, A>),
     ...);
  }

  // What every dtype has.
  template <class T>
  static constexpr void add_common(Rows& rows) {
    constexpr int dtype = index_of(dtype_of<T>);
    add_predicates<T>(rows, std::make_integer_sequence<int, index_of(Predicate::count)>());
    add_comparisons<T>(rows, std::make_integer_sequence<int, index_of(Compare::count)>());
    // all and any are of bool alone
    constexpr int reductions = index_of(std::is_same_v<T, bool> ? Reduce::count : Reduce::all);
    add_reductions<T>(rows, std::make_integer_sequence<int, reductions>());
    rows.add_scaled[dtype] = add_scaled_row<T, A>;
    rows.where[dtype] = where_row<T>;
    rows.clamp[dtype] = clamp_row<T>;
    rows.copy[dtype][kBool_] = copy_row<T, bool>;
    rows.copy[dtype][kLong_] = copy_row<T, int64_t>;
    rows.copy[dtype][kFloat_] = copy_row<T, float>;
    rows.copy[dtype][kDouble_] = copy_row<T, double>;
  }

  template <class T>
  static constexpr void add_floating(Rows& rows) {
    constexpr int dtype = index_of(dtype_of<T>);
    rows.attention_tile[dtype] = attention_tile<T, A>;
    rows.attention_tile_backward[dtype] = attention_tile_backward<T, A>;
    rows.deviations_row[dtype] = deviations_row<T, A>;
    rows.deviations_columns[dtype] = deviations_columns<T, A>;
    add_recurrences<T>(rows, std::make_integer_sequence<int, index_of(Recurrence::count)>());
    rows.softmax_row[dtype] = softmax_row<T, A, false, Unmasked>;
    rows.log_softmax_row[dtype] = softmax_row<T, A, true, Unmasked>;
    rows.masked_softmax_row[dtype] = softmax_row<T, A, false, Masked>;
    rows.softmax_backward_row[dtype] = softmax_backward_row<T, A, false, Unmasked>;
    rows.log_softmax_backward_row[dtype] = softmax_backward_row<T, A, true, Unmasked>;
    rows.masked_softmax_backward_row[dtype] = softmax_backward_row<T, A, false, Masked>;
    rows.softmax_columns[dtype] = softmax_columns<T, A, false, Unmasked>;
    rows.log_softmax_columns[dtype] = softmax_columns<T, A, true, Unmasked>;
    rows.masked_softmax_columns[dtype] = softmax_columns<T, A, false, Masked>;
    rows.softmax_backward_columns[dtype] = softmax_backward_columns<T, A, false, Unmasked>;
    rows.log_softmax_backward_columns[dtype] = softmax_backward_columns<T, A, true, Unmasked>;
    rows.masked_softmax_backward_columns[dtype] = softmax_backward_columns<T, A, false, Masked>;
    rows.layer_norm_row[dtype] = layer_norm_row<T, A>;
    rows.layer_norm_backward_row[dtype] = layer_norm_backward_row<T, A>;
    rows.layer_norm_weight_columns[dtype] = layer_norm_weight_columns<T, A>;
    rows.sgd[dtype] = sgd_row<T, A>;
    rows.adam[dtype] = adam_row<T, A>;
    rows.panels[dtype] = {kTileRows<A>, kPanelWidth<T, A>, /*beats_blas=*/Batch<float, A>::size >= 16,
                          pack_panel<T, A>, product_panels<T, A>};
  }

  template <int... unary, int... binary>
  static constexpr Rows make(const char* name, std::integer_sequence<int, unary...>,
                             std::integer_sequence<int, binary...>) {
    Rows rows = {};
    rows.name = name;
    (add_unary<unary>(rows), ...);
    (add_binary<binary>(rows), ...);
    add_common<bool>(rows);
    add_common<int64_t>(rows);
    add_common<float>(rows);
    add_common<double>(rows);
    add_floating<float>(rows);
    add_floating<double>(rows);
    rows.product[kLong_] = product<int64_t, A>;
    rows.product[kFloat_] = product<float, A>;
    rows.product[kDouble_] = product<double, A>;
    return rows;
  }
};

// Constant, so that nothing of this set runs before it is chosen.
template <class A>
constexpr Rows make_rows(const char* name) {
  return Table<A>::make(name, std::make_integer_sequence<int, index_of(Unary::count)>(),
                        std::make_integer_sequence<int, index_of(Binary::count)>());
}

}  // namespace
}  // namespace frost::kernels
