# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays as NumPy writes them, and what a reader must list: expected.json, one row an array."""
import hashlib, io, json, pathlib, sys

import numpy as np
from numpy.lib import format as npy

here = pathlib.Path(__file__).parent
out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
rng = np.random.default_rng(7)
names = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8",
         "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8", "b1": "BOOL"}


def row(name, array):
    kind = array.dtype.str.lstrip("<>|=")
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")) if kind in names else None
    answer = {"name": name, "shape": list(array.shape), "dtype": names.get(kind, "unsupported")}
    if little is not None:
        answer["sha256"] = hashlib.sha256(little.tobytes(order="C")).hexdigest()
    return answer


def numbers(dtype, shape):
    return (rng.random(shape) * 200 - (0 if dtype[-2] in "ub" else 100)).astype(dtype)


files = {}


def single(file, array, version=None):
    with open(out / file, "wb") as stream:
        npy.write_array(stream, array, version=version)
    files[file] = {"format": "npy", "tensors": [row(file[:-4], array)]}


single("c_f4.npy", numbers("<f4", (3, 4)))
single("fortran_f8.npy", np.asfortranarray(numbers("<f8", (3, 4, 2))))
single("big_f4.npy", numbers(">f4", (5, 2)))
single("big_fortran_i2.npy", np.asfortranarray(numbers(">i2", (4, 3))))
single("scalar.npy", np.array(2.5, "<f4"))
single("empty.npy", numbers("<f4", (0, 3)))
single("version2.npy", numbers("<i8", (2, 3)), (2, 0))
single("version3.npy", numbers("|u1", (7,)), (3, 0))
single("bool.npy", numbers("|b1", (2, 2)))
single("half.npy", numbers("<f2", (6, 5)))
single("complex.npy", np.array([1 + 2j], "<c8"))
single("text.npy", np.array(["a", "bc"]))
single("records.npy", np.zeros(2, [("größe", "<f4"), ("b", "<i2", (2, 3)), ("c", [("d", "|u1")])]))
buffer = io.BytesIO()
npy.write_array(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
(out / "objects.npy").write_bytes(buffer.getvalue())
files["objects.npy"] = {"format": "npy", "tensors": [{"name": "objects", "shape": [1], "dtype": "unsupported"}]}

arrays = {"layer.0.weight": numbers("<f4", (8, 6)), "layer.0.bias": numbers("<f2", (8,)),
          "dense/kernel": np.asfortranarray(numbers("<f4", (6, 5))), "step": np.array(12, "<i8"),
          "big": numbers(">f8", (4, 4)), "none": numbers("<f4", (0,))}
np.savez(out / "stored.npz", **arrays)
np.savez_compressed(out / "deflated.npz", **arrays)
np.savez(out / "positional.npz", arrays["step"], arrays["big"])
for file in ("stored.npz", "deflated.npz"):
    files[file] = {"format": "npz", "tensors": [row(name, array) for name, array in arrays.items()]}
files["positional.npz"] = {"format": "npz", "tensors": [row("arr_0", arrays["step"]), row("arr_1", arrays["big"])]}
(out / "expected.json").write_text(json.dumps(files, indent=1, ensure_ascii=False) + "\n")
