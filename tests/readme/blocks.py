"""The code blocks of a README, each with what its fence says of it. Whatever the fence does not say is an error, so that
there is no block that nobody runs:

    cpp NAME, cmake NAME   a file; of the tree where NAME has a folder, else of a project that uses frost
    sh, sh project         commands, a line each, in the tree, or in that project
    text                   what the program or the last command before it prints
"""
import re
import sys
from dataclasses import dataclass


@dataclass
class Block:
    kind: str
    name: str
    text: str
    line: int  # of README


def read_blocks(path):
    blocks, fence = [], None
    lines = open(path, encoding="utf-8").read().split("\n")
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            if fence is None:
                fence = (number, line[3:].split())
                continue
            start, words = fence
            kind, name = (words + ["", ""])[:2]
            if not (kind in ("cpp", "cmake") and name or kind == "sh" and name in ("", "project") or (kind, name) == ("text", "")):
                sys.exit(f"{path}:{start}: nobody runs a block of `{' '.join(words)}`")
            blocks.append(Block(kind, name, "\n".join(lines[start : number - 1]) + "\n", start))
            fence = None
        elif fence is None and re.match(r" {4}\S|\t", line) and not lines[number - 2].strip():
            sys.exit(f"{path}:{number}: nobody runs an indented block; fence it, and say what it is")
    if fence:
        sys.exit(f"{path}:{fence[0]}: the block has no end")
    return blocks
