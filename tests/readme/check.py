#!/usr/bin/env python3
"""check.py SOURCE BUILD: runs the commands and the project of SOURCE/README.md as a reader would, and compares what they
print with what README says they do. BUILD is the build of SOURCE. (The blocks that add an op are built with the tests; see
add_op.py.)

The commands run in a tree of links to SOURCE and BUILD, in which installing packages and building have been done: cmake,
ctest and the tools that ask for packages are stood in for there, and Jupyter, which would not end.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from blocks import read_blocks

# For what takes minutes, what this is part of, and what needs the word lists that it would install.
INSTEAD = {
    "tests/run": "tests/run --help",
    "tests/bench/run": "tests/bench/run --help",
    "notebooks/test": "notebooks/test --help",
    "examples/run --with-words classify_words": "examples/run classify_words --synthetic --words 100",
    "examples/run --with-words classify_words --compare": "examples/run classify_words --synthetic --words 20 --compare",
    "examples/run translate_dates --interactive": "examples/run translate_dates --interactive --dates 100",
}
FAILURES = []

STAND_INS = {
    "dpkg-query": "echo installed",
    "jupyter-notebook": 'echo "jupyter-notebook $*"; test -e "${JUPYTER_PATH%%:*}/kernels/xcpp20/kernel.json"',
    # frost itself is built; a project of the reader's is not.
    "cmake": """
if [[ $PWD == "$TREE" && $* != *--install* ]]; then exit; fi
exec {cmake} "$@" """,
}


def fail(block, message):
    FAILURES.append(f"README.md:{block.line}: {message}")


TINY = r"\b\d(?:\.\d+)?e-(\d+)\b"


def without_times(text):
    """The lines without times and the spaces that go with them, and without tiny numbers, whose exponents stand beside."""
    text = re.sub(r"\b[\d.]+ ([µm]?s)\b", r"T \1", text)
    return [(" ".join(re.sub(TINY, "tiny", line).split()), [int(exponent) for exponent in re.findall(TINY, line)])
            for line in text.splitlines()]


def alike(a, b):
    """What is but rounding may be 100 times as much in another run."""
    return a[0] == b[0] and all(abs(x - y) <= 2 for x, y in zip(a[1], b[1]))


def contains(printed, expected):
    printed, expected = without_times(printed), without_times(expected)
    return any(all(map(alike, printed[k:], expected)) for k in range(len(printed) - len(expected) + 1))


def run(block, command, folder, environment):
    process = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if process.returncode != 0:
        fail(block, f"`{command}` ended with {process.returncode}:\n{process.stdout}")
    return process.stdout


def answers(block, command, folder, environment):
    """The debugger, told what stands behind the prompts of the block."""
    script = Path(folder, "session.txt")
    script.write_text("".join(f"{prompt}\n" for prompt in re.findall(r"^\(step\) (.*)", block.text, re.MULTILINE)))
    return run(block, f"{command.split('#')[0]} --script {script}", folder, environment)


def main(source, build):
    blocks = read_blocks(f"{source}/README.md")
    for block in blocks:
        if not block.has_runner():
            fail(block, f"nobody runs a block of this kind: {block.kind} {block.name}")
    with tempfile.TemporaryDirectory(prefix="frost-readme-") as folder:
        tree, project, tools, home = (Path(folder, name) for name in ("frost", "project", "tools", "home"))
        for made in (tree, project, tools, home):
            made.mkdir()
        for path in Path(source).iterdir():
            if path.name not in (".git", "build"):
                (tree / path.name).symlink_to(path)
        (tree / "build").symlink_to(build)
        cmake = subprocess.run(["which", "cmake"], capture_output=True, text=True, check=True).stdout.strip()
        for name, text in STAND_INS.items():
            (tools / name).write_text("#!/usr/bin/env bash\n" + text.replace("{cmake}", cmake))
            (tools / name).chmod(0o755)
        environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "TREE": str(tree), "HOME": str(home)}
        for block in blocks:
            if block.kind in ("cpp", "cmake") and "/" not in block.name:
                (project / block.name).write_text(block.text)
        printed = command = None
        programs = []  # of the project, with what README says they print: run once it is built
        for before, block in zip([None] + blocks, blocks):
            if block.kind == "sh":
                for command in block.text.splitlines():
                    if command.strip():
                        told = INSTEAD.get(command.split("#")[0].strip(), command)
                        printed = run(block, told, project if block.name else tree, environment)
            elif block.kind == "text" and before.kind == "cpp":
                programs.append((before, block))
            elif block.kind == "text" and block.text.startswith("(step) "):
                session = answers(block, command, tree, environment)
                if session[session.find("(step) ") :] != block.text:
                    fail(block, f"the session goes otherwise:\n{session}")
            elif block.kind == "text" and not contains(printed, block.text):
                fail(block, f"`{command}` printed\n{printed}")
        for program, block in programs:
            said = run(block, f"build/{Path(program.name).stem}", project, environment)
            if said != block.text:
                fail(block, f"{program.name} printed\n{said}")
    for image in re.findall(r"!\[[^]]*\]\(([^)]*)\)", Path(source, "README.md").read_text()):
        if not Path(source, image).exists() or Path(source, image).stat().st_size > 150_000:
            FAILURES.append(f"README.md: {image} is not there, or has more than 150 kB")
    if FAILURES:
        sys.exit("\n".join(FAILURES))
    print(f"README.md: {len(blocks)} blocks do what they say")


if __name__ == "__main__":
    main(*sys.argv[1:])
