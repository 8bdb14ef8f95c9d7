#include "floor.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace by_hand {

bool is_gradient(std::span<float> parameters, std::span<const float> gradient,
                 const std::function<double()>& loss) {
  const Floats g(gradient.begin(), gradient.end()), start(parameters.begin(), parameters.end());
  double norm = 0;
  for (const float x : g) norm += static_cast<double>(x) * x;
  norm = std::sqrt(norm);
  const auto loss_at = [&](double distance) {
    for (size_t i = 0; i < g.size(); ++i)
      parameters[i] = static_cast<float>(start[i] + distance * g[i] / norm);
    return loss();
  };
  const double step = 0.02;
  const double slope = (loss_at(step) - loss_at(-step)) / (2 * step);
  std::copy(start.begin(), start.end(), parameters.begin());
  const bool agrees = norm > 0 && std::abs(slope - norm) < 0.01 * norm + 1e-5;
  if (!agrees) std::printf("  the gradient's norm is %g, the slope %g\n", norm, slope);
  return agrees;
}

namespace {

int check() {
  int failures = 0;
  for (const Check& check : checks()) {
    const bool passes = check.passes();
    std::printf("%-24s%s\n", check.name, passes ? "passes" : "FAILS");
    failures += !passes;
  }
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

}  // namespace by_hand

// bench_floor THREADS [argument of Google Benchmark …], or bench_floor --check: whether it computes what it
// should
int main(int argc, char** argv) {
  omp_set_num_threads(1);
  if (argc == 2 && std::strcmp(argv[1], "--check") == 0) return by_hand::check();
  return bench::run_benchmarks(argc, argv, omp_set_num_threads);
}
