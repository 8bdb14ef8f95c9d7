#!/usr/bin/env python3
"""libtorch's names beside those of the reference. frost::softmax is torch::softmax: so it is for every public name but
those that libtorch.toml lists.

    libtorch.py note DIRECTORY                   writes libtorch's name beside each entry of DIRECTORY/html, and what the
                                                 list of differences in tests/peer/README.md says of it
    libtorch.py check DIRECTORY COMPILER FLAG …  compiles all the names against libtorch: libtorch.toml must list exactly
                                                 those that libtorch has not

DIRECTORY is what tests/reference/run wrote.
"""
import html
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass
class Entry:
    name: str  # with all its scopes: frost::Tensor::sum
    kind: str  # namespace, class, function, …
    places: list  # the (page, anchor) where it stands; a page's own entry has no anchor
    is_member: bool = False  # of a class

    @property
    def scope(self):
        return self.name.rpartition("::")[0]

    @property
    def last(self):
        return self.name.rpartition("::")[2]

    def compares(self):
        """Constructors have their class's name; operators of classes, and hidden friends, can't be named by themselves."""
        if self.kind in ("namespace", "friend"):
            return False
        of_class = self.last.lstrip("~") == self.scope.rpartition("::")[2]
        return not (self.is_member and (of_class or self.last.startswith("operator")))


def read_entries(directory):
    """The public entries of Doxygen's XML, by name; overloads are one."""
    entries = {}
    for path in sorted(Path(directory, "xml").glob("*.xml")):
        for compound in ElementTree.parse(path).getroot().iter("compounddef"):
            kind, scope = compound.get("kind"), compound.findtext("compoundname")
            if kind not in ("class", "struct", "namespace") or compound.get("prot") not in (None, "public"):
                continue
            entries.setdefault(scope, Entry(scope, kind, [])).places.append((compound.get("id"), None))
            for member in compound.iter("memberdef"):
                if member.get("prot") != "public":
                    continue
                name = f"{scope}::{member.findtext('name')}"
                entry = entries.setdefault(name, Entry(name, member.get("kind"), []))
                entry.places.append(tuple(member.get("id").rsplit("_1", 1)))
    for entry in entries.values():
        entry.is_member = entry.scope in entries and entries[entry.scope].kind != "namespace"
    return entries


class Names:
    """What libtorch.toml says, for a name and all that lies in it."""

    def __init__(self):
        table = tomllib.loads((HERE / "libtorch.toml").read_text())
        self.own, self.other = ({f"{scope}::{name}" for scope, names in table[key].items() for name in names.split()}
                                for key in ("own", "other"))
        self.renamed, self.instances = table["renamed"], table["instances"]

    def listed(self):
        return self.own | self.other | set(self.renamed) | set(self.instances)

    def within(self, name, names):
        parts = name.split("::")
        return any("::".join(parts[:count]) in names for count in range(1, len(parts) + 1))

    def torch(self, name):
        """libtorch's name of it; members of what has another name there have that too."""
        scope, _, last = name.rpartition("::")
        return self.renamed.get(name) or (f"{self.torch(scope)}::{last}" if scope else "torch")



def differences():
    """The list of tests/peer/README.md: its items as HTML, by the names in them."""
    text = (HERE.parent / "peer" / "README.md").read_text().split("## Differences that are meant")[1]
    found = {}
    for item in re.findall(r"^- (.*(?:\n  .*)*)", text, re.MULTILINE):
        shown = re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(" ".join(item.split()), quote=False))
        for name in re.findall(r"`(?:[\w:]*::)?(?:x\.)?(\w+)(?:\([^`]*\))?`", item):
            found.setdefault(name, [])
            if shown not in found[name]:
                found[name].append(shown)
    return found


def note(directory):
    entries, names, differ = read_entries(directory), Names(), differences()
    pages = {}
    noted = 0
    for entry in entries.values():
        if not entry.compares():
            continue
        method = f"frost::Tensor::{entry.last}"
        same = not names.within(entry.name, names.own | names.other)
        if same:
            beside = f"<code>{html.escape(names.torch(entry.name))}</code>"
        elif entry.scope == "frost" and method in entries and not names.within(method, names.own):
            beside = f"<code>{html.escape(names.torch(method))}</code>, a method alone"
        else:
            beside = "frost&rsquo;s own"
        items = differ.get(entry.last.removesuffix("Impl"), []) if same else []
        below = "".join(f"<li>{item}</li>" for item in items)
        if below:
            below = f'<div class="libtorch">Where <a class="el" href="libtorch.html">the two differ</a>:<ul>{below}</ul></div>'
        beside = f' <span class="libtorch">{beside}</span>'
        for page, anchor in entry.places:
            path = Path(directory, "html", page + ".html")
            if not path.exists():
                continue  # a namespace without a page
            text = pages[path] if path in pages else path.read_text()
            if anchor is None:
                place = re.compile(r'(<div class="title">.*?)(</div></div>\s*</div><!--header-->\s*<div class="contents">)', re.S)
            else:
                place = re.compile(rf'(<a id="{anchor}" name="{anchor}"></a>\s*<h2 class="memtitle">.*?)(</h2>.*?<div class="memdoc">)', re.S)
            pages[path], count = place.subn(lambda found: found[1] + beside + found[2] + below, text, count=1)
            noted += count
    for path, text in pages.items():
        path.write_text(text)
    if noted == 0:
        sys.exit("no entry of the reference was found in its pages")
    print(f"libtorch's names beside {noted} entries")


def check(directory, compiler, flags):
    entries, names = read_entries(directory), Names()
    failures = [f"libtorch.toml lists {name}, which the reference has not" for name in sorted(names.listed() - set(entries))]
    lines, compiled = ["#include <torch/torch.h>"], {}
    for entry in entries.values():
        if not entry.compares() or names.within(entry.name, names.other) or names.within(entry.scope, names.own):
            continue
        space = f"namespace line_{len(lines) + 1}"
        if entry.is_member:
            scope = names.instances.get(entry.scope) or names.torch(entry.scope)
            lines.append(f"{space} {{ struct Derived : {scope} {{ using {scope}::{entry.last}; }}; }}")
        else:
            lines.append(f"{space} {{ using {names.torch(entry.name)}; }}")
        compiled[len(lines)] = entry.name
    source = Path(directory, "names.cpp")
    source.write_text("\n".join(lines) + "\n")
    # So that members of final classes are named too, and those with an overload that is private.
    liberties = ["-Dfinal=", "-fno-access-control"]
    command = [compiler, "-std=c++17", "-fsyntax-only", "-w", "-fmax-errors=0", *liberties, *flags, str(source)]
    errors = subprocess.run(command, capture_output=True, text=True).stderr
    wrong = {int(line) for line in re.findall(r"names\.cpp:(\d+):\d+: (?:fatal )?error", errors)}
    if not wrong <= set(compiled) or (errors and not wrong):
        sys.exit(errors)
    for line, name in compiled.items():
        if (line in wrong) != (name in names.own):
            failures.append(f"{names.torch(name)}: " + ("libtorch has it, and libtorch.toml lists it as frost's own" if name in names.own
                                                        else "libtorch has it not, and libtorch.toml does not list it"))
    if failures:
        sys.exit("\n".join(failures))
    print(f"libtorch has {len(compiled) - len(wrong)} of {len(compiled)} names, all but those that are listed")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["note", directory]:
            note(directory)
        case ["check", directory, compiler, *flags]:
            check(directory, compiler, flags)
        case _:
            sys.exit(__doc__)
