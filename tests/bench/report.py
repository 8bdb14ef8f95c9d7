"""Runs the benchmarks of both engines in turns; prints tables, and saves them as JSON and as a picture.

Where bench_floor has a benchmark of the same name, it is timed with them: the same work without an engine.

What is measured is the fastest of several rounds, each in a process of its own, so that no benchmark finds the memory
of another warm. tests/bench/run calls this.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import sys
import time

ENGINES = ("libtorch", "frost")
FLOOR = "floor"
PROGRAMS = {"libtorch": "bench_torch", "frost": "bench_frost", FLOOR: "bench_floor"}
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}

# How the costs grow: a label, and the benchmarks by their size. They appear in the first table at the sizes kept there.
GROWTH = [
    ("chain of n adds, n", "chain_of_adds/{}", [100, 1000, 10000, 100000]),
    ("method 1, T = 12, B", "method_1/{}/12", [1, 4, 16, 64, 256]),
    ("method 2, T = 12, B", "method_2/{}/12", [1, 4, 16, 64, 256]),
    ("method 1, B = 16, T", "method_1/16/{}", [12, 48, 192, 768]),
    ("method 2, B = 16, T", "method_2/16/{}", [12, 48, 192, 768]),
]
ONLY_IN_GROWTH = re.compile(r"chain_of_adds/1000?0?|method_./(4|16)/\d+")


def environment(threads):
    # libtorch does best with the OpenBLAS that shares OpenMP's threads; frost does not mind.
    libraries = "/usr/lib/x86_64-linux-gnu/openblas-openmp"
    # And with a C library that keeps large blocks of memory, rather than have them faulted in again at every step.
    keeping = {f"MALLOC_{name}_THRESHOLD_": str(1 << 30) for name in ("MMAP", "TRIM")}
    changed = {"OMP_NUM_THREADS": str(threads), **keeping}
    if os.path.isdir(libraries):
        changed["LD_LIBRARY_PATH"] = libraries
    return {**os.environ, **changed}


def run(program, threads, arguments):
    command = [str(program), str(threads), *arguments]
    result = subprocess.run(command, env=environment(threads), capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr}")
    return result.stdout


def names(program):
    return run(program, 1, ["--benchmark_list_tests"]).split()


def measure_once(program, name, threads, seconds):
    arguments = [f"--benchmark_filter=^{re.escape(name)}$", "--benchmark_format=json", f"--benchmark_min_time={seconds}"]
    (benchmark,) = json.loads(run(program, threads, arguments))["benchmarks"]
    return benchmark["real_time"] * MICROSECONDS[benchmark["time_unit"]], benchmark["peak"]


def measure(options):
    programs = {engine: options.programs / program for engine, program in PROGRAMS.items()}
    wanted = [name for name in names(programs["frost"]) if re.search(options.filter, name)]
    if not wanted:
        sys.exit(f"no benchmark matches {options.filter!r}")
    with_floor = names(programs[FLOOR]) if programs[FLOOR].exists() else []
    results = {}
    for name in wanted:
        results[name] = {engine: {} for engine in (*ENGINES, *([FLOOR] if name in with_floor else []))}
    total = options.rounds * len(wanted)
    start = time.monotonic()
    for done in range(total):
        name = wanted[done % len(wanted)]
        if sys.stderr.isatty():
            print(f"\r\033[K{done + 1} of {total}: {name}", end="", file=sys.stderr, flush=True)
        for threads in options.threads:
            for engine, by_threads in results[name].items():
                microseconds, peak = measure_once(programs[engine], name, threads, options.seconds)
                best = by_threads.setdefault(threads, {"microseconds": math.inf, "peak": math.inf})
                best["microseconds"] = min(best["microseconds"], microseconds)
                best["peak"] = min(best["peak"], peak)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    print(f"{len(wanted)} benchmarks, {options.rounds} rounds, {time.monotonic() - start:.0f} s")
    return results


def fastest(by_threads):
    return min(times["microseconds"] for times in by_threads.values())


def peak(by_threads):
    return min(times["peak"] for times in by_threads.values())


def time_text(microseconds):
    for unit, size in (("s ", 1e6), ("ms", 1e3), ("µs", 1.0)):
        if microseconds >= size:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds * 1e3:.0f} ns"


def memory_text(count):
    if count < 5e4:
        return "-"
    return f"{count / 1e6:.{0 if count >= 1e8 else 1 if count >= 1e7 else 2}f} MB"


def best_text(by_threads):
    threads = min(by_threads, key=lambda count: by_threads[count]["microseconds"])
    return time_text(fastest(by_threads)) + str(threads).translate(SUPERSCRIPTS)


def compare(engines):
    """Frost's better time as a share of libtorch's, and as a multiple of the floor's where there is one."""
    comparison = {"share": fastest(engines["frost"]) / fastest(engines["libtorch"])}
    if FLOOR in engines:
        comparison["of floor"] = fastest(engines["frost"]) / fastest(engines[FLOOR])
    return comparison


def table_of_times(results):
    lines = [
        "The better times of libtorch and frost, each with its number of threads; frost's",
        "share of libtorch's; the floor, which is the same work without an engine, and",
        "frost's multiple of it; the most memory that was in use above that at rest.",
        "",
    ]
    lines.append(f"{'':24}{'torch':>9}{'frost':>9}{'share':>7}{'floor':>9}{'of it':>6}{'torch':>8}{'frost':>8}")
    lines.append("-" * len(lines[-1]))
    shares = []
    for name, engines in results.items():
        if ONLY_IN_GROWTH.fullmatch(name):
            continue
        comparison = compare(engines)
        shares.append(comparison["share"])
        row = f"{name:24}" + "".join(f"{best_text(engines[engine]):>9}" for engine in ENGINES)
        row += f"{comparison['share']:7.3f}"
        row += f"{best_text(engines[FLOOR]):>9}{comparison['of floor']:>6.3g}" if FLOOR in engines else " " * 15
        row += "".join(f"{memory_text(peak(engines[engine])):>8}" for engine in ENGINES)
        lines.append(row)
    if shares:
        mean = math.exp(sum(map(math.log, shares)) / len(shares))
        lines += ["", f"Geometric mean of the shares: {mean:.3f}"]
    return lines


def exponent(points):
    """The slope of the straight line through the points on logarithmic axes."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - x_mean) ** 2 for x in xs)
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys)) / spread


def growth(results):
    rows = []
    for label, pattern, sizes in GROWTH:
        for engine in ENGINES:
            points = [(n, results[pattern.format(n)][engine]) for n in sizes if pattern.format(n) in results]
            if len(points) < 2:
                continue
            times = [(n, fastest(by_threads)) for n, by_threads in points]
            memory = [(n, peak(by_threads)) for n, by_threads in points if peak(by_threads) > 0]
            rows.append({"label": label, "engine": engine, "microseconds": times, "peak": memory})
    return rows


def table_of_growth(rows, title, quantity, text):
    """Rows of one quantity, "microseconds" or "peak", which `text` words."""
    rows = [row for row in rows if len(row[quantity]) > 1]
    if not rows:
        return []
    lines = ["", f"How {title} grows: {title} ~ size ^ exponent, over all sizes and over the last two.", ""]
    lines.append(f"{'':21}{'':9}{'smallest':>16}{'largest':>18}{'exponent':>10}{'last':>6}")
    lines.append("-" * len(lines[-1]))
    for row in rows:
        (first, at_first), (last, at_last) = row[quantity][0], row[quantity][-1]
        lines.append(
            f"{row['label']:21}{row['engine']:9}{first:>7}{text(at_first):>9}{last:>9}{text(at_last):>9}"
            f"{exponent(row[quantity]):>10.2f}{exponent(row[quantity][-2:]):>6.2f}"
        )
    return lines


def machine():
    model = "unknown"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform()}


def picture(results, rows, path):
    try:
        import matplotlib
    except ImportError:
        print("no picture: python3-matplotlib is not installed")
        return
    matplotlib.use("svg")
    from matplotlib import pyplot

    bars = [name for name in results if not ONLY_IN_GROWTH.fullmatch(name)]
    shares = [fastest(results[name]["frost"]) / fastest(results[name]["libtorch"]) for name in bars]
    panels = 1 + bool(rows)
    figure, axes = pyplot.subplots(1, panels, figsize=(7 * panels, 1 + 0.3 * max(len(bars), 12)), squeeze=False)
    left = axes[0][0]
    left.barh(bars, shares, color="#2b6cb0")
    left.axvline(1, color="#444444", linewidth=1)
    left.invert_yaxis()
    left.set_xscale("log")
    left.set_xlabel("frost's time as a share of libtorch's (left of the line: faster)")
    for place, share in enumerate(shares):
        left.text(share, place, f" {share:.2g}", va="center", fontsize=8)
    if rows:
        right = axes[0][1]
        colours = {label: f"C{i}" for i, (label, _, _) in enumerate(GROWTH)}
        for row in rows:
            style = "-o" if row["engine"] == "frost" else "--s"
            name = f"{row['label']} ({row['engine']})"
            right.plot(*zip(*row["microseconds"]), style, color=colours[row["label"]], label=name, markersize=4)
        right.set_xscale("log")
        right.set_yscale("log")
        right.set_xlabel("size")
        right.set_ylabel("microseconds")
        right.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path)
    print(f"picture: {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--programs", type=pathlib.Path, required=True, help="where bench_frost, bench_torch and, if any, bench_floor are"
    )
    parser.add_argument("--output", type=pathlib.Path, required=True, help="the folder for bench.json and bench.svg")
    parser.add_argument("--filter", default="", help="only benchmarks that this regular expression is found in")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each; the fastest counts (3)")
    parser.add_argument("--seconds", type=float, default=0.1, help="how long each is run at least in a turn (0.1)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="numbers of threads (1 2)")
    options = parser.parse_args()

    results = measure(options)
    rows = growth(results)
    description = machine()
    print(f"{description['processor']}, {description['cores']} cores, {description['system']}\n")
    lines = table_of_times(results)
    lines += table_of_growth(rows, "time", "microseconds", time_text)
    lines += table_of_growth(rows, "memory", "peak", memory_text)
    print("\n".join(lines))
    options.output.mkdir(parents=True, exist_ok=True)
    comparisons = {name: compare(engines) for name, engines in results.items()}
    saved = {
        "machine": description,
        "rounds": options.rounds,
        "benchmarks": results,
        "comparisons": comparisons,
        "growth": rows,
    }
    path = options.output / "bench.json"
    path.write_text(json.dumps(saved, indent=1))
    print(f"\nall figures: {path}")
    picture(results, rows, options.output / "bench.svg")


if __name__ == "__main__":
    main()
