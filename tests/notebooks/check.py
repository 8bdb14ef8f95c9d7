"""Runs notebooks from a clean state, and compares what they show with the outputs that are stored in them.

  check.py [--update] [--html FOLDER] NOTEBOOK…      JUPYTER_PATH leads to the kernelspec: notebooks/test sets it

Every cell must run, but those with the tag "raises-exception", which must fail. Compared is each output's text: names
and words exactly, whole numbers too, others to a thousandth. In cells with the tag "timing" numbers are not compared,
and in those with the tag "training", where roundings add up over many steps, to a tenth.
"""

import argparse
import difflib
import os
import re
import sys
import time

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d*)?(?:e[+-]?\d+)?(?![\w])")
SECONDS = 120  # for one cell


def shown(outputs):
    """What a cell shows, as [(kind, text)]: prints that follow each other are one, of pictures the text."""
    result = []
    for output in outputs:
        if output.output_type == "stream":
            if result and result[-1][0] == output.name:
                result[-1] = (output.name, result[-1][1] + output.text)
            else:
                result.append((output.name, output.text))
        elif output.output_type == "error":
            result.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            result.append((", ".join(sorted(output.data)), output.data.get("text/plain", "")))
    return result


def same_number(a, b, tolerance):
    if "." not in a + b and "e" not in a + b and tolerance < 0.01:
        return a == b
    a, b = float(a), float(b)
    return abs(a - b) <= tolerance * max(abs(a), abs(b)) + tolerance / 10


def same_text(a, b, tolerance):
    """tolerance: None, where numbers may be any."""
    if [part.split() for part in NUMBER.split(a)] != [part.split() for part in NUMBER.split(b)]:
        return False
    return tolerance is None or all(same_number(x, y, tolerance)
                                    for x, y in zip(NUMBER.findall(a), NUMBER.findall(b)))


def tolerance_of(cell):
    tags = cell.metadata.get("tags", [])
    return None if "timing" in tags else 0.1 if "training" in tags else 1e-3


def difference(cell, stored):
    """"" where the cell shows what is stored, else both."""
    new, old = shown(cell.outputs), shown(stored)
    if len(new) == len(old) and all(a[0] == b[0] and same_text(a[1], b[1], tolerance_of(cell))
                                    for a, b in zip(new, old)):
        return ""
    lines = [[f"({kind}) {line}" for kind, text in outputs for line in text.splitlines()] for outputs in (old, new)]
    return "\n".join(difflib.unified_diff(*lines, "stored", "shown now", lineterm=""))


def without_frames(notebook):
    """A page in a frame is large, and shows only when its cell is run: its text alone is stored."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "<iframe" in output.get("data", {}).get("text/html", ""):
                del output.data["text/html"]


def export(notebook, path):
    import nbconvert
    html, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    with open(path, "w") as file:
        file.write(html)


def check(path, update, html_folder):
    """Returns what is wrong, as a list of texts."""
    notebook = nbformat.read(path, as_version=4)
    stored = [cell.pop("outputs", []) for cell in notebook.cells]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="xcpp20", record_timing=False,
                            resources={"metadata": {"path": os.path.dirname(os.path.abspath(path))}})
    try:
        client.execute()
    except CellExecutionError as error:
        return [str(error)]
    except NoSuchKernel:
        return ["the kernel xcpp20 was not found; run notebooks/test, which builds it and sets JUPYTER_PATH"]
    wrong = [f"cell [{cell.execution_count}] should fail, and does not" for cell in notebook.cells
             if "raises-exception" in cell.metadata.get("tags", [])
             and not any(output.output_type == "error" for output in cell.outputs)]
    if html_folder:
        export(notebook, os.path.join(html_folder, os.path.basename(path).replace(".ipynb", ".html")))
    without_frames(notebook)
    if update:
        notebook.metadata.pop("widgets", None)
        nbformat.write(notebook, path)
        return wrong
    for cell, outputs in zip(notebook.cells, stored):
        if cell.cell_type == "code" and (text := difference(cell, outputs)):
            wrong.append(f"cell [{cell.execution_count}] does not show what is stored:\n{text}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--update", action="store_true", help="store what they show now")
    parser.add_argument("--html", metavar="FOLDER", help="write each there as a page as well")
    parser.add_argument("notebook", nargs="+")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.notebook:
        start = time.monotonic()
        wrong = check(path, arguments.update, arguments.html)
        failed = failed or bool(wrong)
        print(f"{'FAILED' if wrong else 'ok':6}  {os.path.basename(path):34} {time.monotonic() - start:5.1f} s", flush=True)
        for text in wrong:
            print(text, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
