#include <frost/kernels/optimize.hpp>

#include <frost/kernels/parallel.hpp>
#include <frost/kernels/rows.hpp>

namespace frost::kernels {
namespace {

template <class T>
T* shifted(void* data, int64_t by) {
  return data == nullptr ? nullptr : static_cast<T*>(data) + by;
}

}  // namespace

void sgd(Dtype dtype, int64_t n, const SgdStep& step, void* p, const void* grad, void* v) {
  const auto row = rows().sgd[index_of(dtype)];
  visit_floating(dtype, [&]<class T>() {
    parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
      row(end - begin, step, shifted<T>(p, begin), static_cast<const T*>(grad) + begin, shifted<T>(v, begin));
    });
  });
}

void adam(Dtype dtype, int64_t n, const AdamStep& step, void* p, const void* grad, void* m, void* v,
          void* largest_v) {
  const auto row = rows().adam[index_of(dtype)];
  visit_floating(dtype, [&]<class T>() {
    parallel_for(n, kGrain, [&](int64_t begin, int64_t end) {
      row(end - begin, step, shifted<T>(p, begin), static_cast<const T*>(grad) + begin, shifted<T>(m, begin),
          shifted<T>(v, begin), shifted<T>(largest_v, begin));
    });
  });
}

}  // namespace frost::kernels
