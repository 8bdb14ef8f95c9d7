"""An independent reader and writer of safetensors files, by the format's description alone.

safetensors_check.py read FILE    checks every rule of the format, then prints what is in FILE
safetensors_check.py write FILE   writes a file as another program might
"""
import json
import struct
import sys

DTYPES = {"F32": "f", "F64": "d", "I64": "q", "BOOL": "?"}


def without_repetition(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name is there twice: {names}"
    return dict(pairs)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack_from("<Q", data)
    assert (8 + length) % 8 == 0, "the tensors are not aligned"
    text = data[8 : 8 + length].decode("utf-8")
    assert len(text.encode("utf-8")) == length and text[0] == "{"
    stripped = text.rstrip(" ")
    assert stripped[-1] == "}" and length - len(stripped.encode("utf-8")) < 8, "filled up with more than spaces"
    header = json.loads(text, object_pairs_hook=without_repetition)
    metadata = header.pop("__metadata__", {})
    for name, value in metadata.items():
        assert isinstance(value, str)
        print(f"{name}={value}")

    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert set(entry) == {"dtype", "shape", "data_offsets"}
        assert entry["data_offsets"][0] == end, f"a gap before {name}"
        end = entry["data_offsets"][1]
    assert 8 + length + end == len(data), "the file goes on"
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind, count = DTYPES[entry["dtype"]], 1
        for size in entry["shape"]:
            count *= size
        assert end - begin == count * struct.calcsize("<" + kind)
        assert begin % struct.calcsize("<" + kind) == 0, f"{name} is not aligned"
        values = struct.unpack_from(f"<{count}{kind}", data, 8 + length + begin)
        print(f"{name} {entry['dtype']} {entry['shape']} {list(values)}")


def write(path):
    header = {
        "b": {"dtype": "BOOL", "shape": [3], "data_offsets": [0, 3]},
        "__metadata__": {"by": "another program"},
        "a.weight": {"data_offsets": [11, 35], "shape": [2, 3], "dtype": "F32"},  # not aligned: allowed
        "empty": {"dtype": "F64", "shape": [0, 5], "data_offsets": [11, 11]},
        "count": {"dtype": "I64", "shape": [], "data_offsets": [3, 11]},
    }
    text = json.dumps(header, indent=1).encode("utf-8")
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.write(struct.pack("<3?q6f", True, False, True, -7, 1, 2, 3, 4, 5, -0.5))


{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
