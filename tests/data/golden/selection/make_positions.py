# SPDX-License-Identifier: CC0-1.0
"""positions.json: position embeddings resampled by torch, with the steps of timm's resample_abs_pos_embed.

Inputs are not stored: they are filled from their name by the rule of golden/fill (FNV-1a of the name seeds SplitMix64).
"""
import json
import pathlib

import numpy as np
import torch
from torch.nn import functional as F

CASES = [("a", 1, 24, 14, 5), ("b", 1, 14, 24, 3), ("c", 2, 8, 7, 4), ("d", 0, 7, 8, 2), ("e", 5, 16, 3, 3), ("f", 1, 2, 9, 2), ("g", 1, 5, 1, 2)]


def filled(name, shape):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + (np.arange(np.prod(shape), dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(40)).astype(np.float32) * np.float32(2**-23) - np.float32(1)).reshape(shape)


def resampled(positions, prefix, new_side):
    old_side = round((positions.shape[1] - prefix) ** 0.5)
    head, grid = positions[:, :prefix], positions[:, prefix:]
    grid = grid.reshape(1, old_side, old_side, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(new_side, new_side), mode="bicubic", antialias=True)
    return torch.cat([head, grid.permute(0, 2, 3, 1).reshape(1, new_side * new_side, -1)], dim=1)


rows = []
for name, prefix, old, new, dim in CASES:
    source = torch.from_numpy(filled(name, (1, prefix + old * old, dim)))
    made = resampled(source, prefix, new)
    rows.append({"name": name, "prefix": prefix, "old_side": old, "new_side": new, "dim": dim, "values": made.flatten().tolist()})
text = ",\n  ".join(json.dumps(row) for row in rows)
pathlib.Path(__file__).with_name("positions.json").write_text(f'{{\n "torch": "{torch.__version__}",\n "cases": [\n  {text}\n ]\n}}\n')
