# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a.safetensors, a.pth and a.h5 of a folder with safetensors, torch and h5py; prints what they hold as JSON."""
import hashlib
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from safetensors import safe_open

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2", "int64": "I64", "int32": "I32",
         "int16": "I16", "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL"}


def row(dtype, shape, data):
    return {"dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(data).hexdigest()}


def torch_row(t):
    assert t.is_contiguous()
    data = t.reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() else b""
    return row(NAMES[str(t.dtype)[6:]], t.shape, data)


def hdf5_row(dataset):
    value = np.asarray(dataset[()])
    dtype = dataset.attrs["dtype"].decode() if "dtype" in dataset.attrs else NAMES[value.dtype.name]
    return row(dtype, value.shape, value.tobytes())


def main():
    folder = Path(sys.argv[1])
    found = {}
    with safe_open(folder / "a.safetensors", "pt") as f:
        found["safetensors"] = {k: torch_row(f.get_tensor(k)) for k in f.keys()}
        assert f.metadata() == {"heirloom.seed": "7"}
    found["torch"] = {k: torch_row(t) for k, t in torch.load(folder / "a.pth", weights_only=True).items()}
    found["torch, mapped"] = {k: torch_row(t) for k, t in torch.load(folder / "a.pth", weights_only=True, mmap=True).items()}
    with h5py.File(folder / "a.h5") as f:
        found["h5py"] = {k: hdf5_row(d) for k, d in f.items()}
        assert f.attrs["heirloom.seed"] == b"7"
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
