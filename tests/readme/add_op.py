"""add_op.py README SOURCE FOLDER: takes the steps of README that add an op, on copies of the files in FOLDER: each block
goes to the end of the file's namespace, of its class, or of a file that has neither. Prints the copies' paths."""
import sys
from pathlib import Path

from blocks import read_blocks

readme, source, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
for block in read_blocks(readme):
    if "/" not in block.name:
        continue
    text = (source / block.name).read_text()
    in_class, in_namespace = (text.find(end) for end in ("\n private:\n", "\n}  // namespace frost\n"))
    place = 1 + next((found for found in (in_class, in_namespace) if found >= 0), len(text) - 1)
    # Headers stand where the includes find them first.
    path = folder / block.name.removeprefix("engine/")
    path.parent.mkdir(parents=True, exist_ok=True)
    changed = text[:place] + "\n" + block.text + text[place:]
    if not path.exists() or path.read_text() != changed:
        path.write_text(changed)
    print(path)
