"""The code blocks of a README, each with what its fence says of it:

    cpp NAME, cmake NAME   a file; of the tree where NAME has a folder, else of a project that uses frost
    sh, sh project         commands, a line each, in the tree, or in that project
    text                   what the program or the last command before it prints
"""
from dataclasses import dataclass


@dataclass
class Block:
    kind: str
    name: str
    text: str
    line: int  # of README

    def has_runner(self):
        if self.kind in ("cpp", "cmake"):
            return self.name != ""
        return (self.kind, self.name) in (("sh", ""), ("sh", "project"), ("text", ""))


def read_blocks(path):
    """The blocks of a file, in order. An indented one has the kind "indented", and one without end "endless"."""
    blocks, fence = [], None
    lines = open(path, encoding="utf-8").read().split("\n")
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            if fence is None:
                fence = number
                continue
            words = lines[fence - 1].strip()[3:].split(maxsplit=1)
            kind, name = (words + ["", ""])[:2]
            blocks.append(Block(kind, name, "\n".join(lines[fence : number - 1]) + "\n", fence))
            fence = None
        elif fence is None and line.startswith(("    ", "\t")) and line.strip() and not lines[number - 2].strip():
            blocks.append(Block("indented", "", line, number))
    if fence:
        blocks.append(Block("endless", "", "", fence))
    return blocks
