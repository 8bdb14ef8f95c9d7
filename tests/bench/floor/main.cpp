#include "floor.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

namespace by_hand {

bool is_gradient(std::span<float> parameters, std::span<const float> gradient,
                 const std::function<double()>& loss) {
  const Floats start(parameters.begin(), parameters.end());
  // Along the gradient and along random numbers beside it: along the gradient alone, one that leaves out
  // some of its elements would pass.
  double norm = 0;
  for (const float x : gradient) norm += static_cast<double>(x) * x;
  norm = std::sqrt(norm);
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 1 / std::sqrt(static_cast<double>(gradient.size())));
  bool agrees = norm > 0;
  for (const double beside : {0.0, 1.0}) {
    std::vector<double> direction;
    double expected = 0;
    for (const float x : gradient) {
      direction.push_back(x / norm + beside * normal(random));
      expected += direction.back() * x;
    }
    const auto loss_at = [&](double distance) {
      for (size_t i = 0; i < direction.size(); ++i)
        parameters[i] = static_cast<float>(start[i] + distance * direction[i]);
      return loss();
    };
    const double step = 0.02;
    const double slope = (loss_at(step) - loss_at(-step)) / (2 * step);
    std::copy(start.begin(), start.end(), parameters.begin());
    if (std::abs(slope - expected) < 0.01 * norm + 1e-5) continue;
    std::printf("  the slope is %g, the gradient says %g\n", slope, expected);
    agrees = false;
  }
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
