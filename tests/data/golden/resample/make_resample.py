# SPDX-License-Identifier: CC0-1.0
"""What timm makes of patch kernels and relative-position biases of another size.

Inputs are fill(name, shape) (see ../README.md); a result is called NAME.HEIGHTxWIDTH, or
NAME.WINDOW. Made with torch 2.14.1 (CPU), timm 1.0.31:  python make_resample.py
"""
import math
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from timm.layers import resample_patch_embed, resize_rel_pos_bias_table

M = (1 << 64) - 1
KERNELS = {"kernel.a": ([5, 3, 16, 16], [(8, 8), (14, 14), (32, 32)]),
           "kernel.b": ([4, 2, 4, 4], [(7, 7), (2, 2), (3, 5)])}
BIASES = {"bias.a": (7, [12, 8, 4]), "bias.b": (4, [7, 2]), "bias.c": (12, [7, 16])}


def fill(name, shape):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & M
    values = []
    for i in range(math.prod(shape)):
        z = (seed + (i + 1) * 0x9E3779B97F4A7C15) & M
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & M
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & M
        values.append(((z ^ z >> 31) >> 40) * 2.0**-23 - 1)
    return torch.from_numpy(np.array(values, np.float32).reshape(shape))


def main():
    made = {}
    for name, (shape, sizes) in KERNELS.items():
        for height, width in sizes:
            made[f"{name}.{height}x{width}"] = resample_patch_embed(fill(name, shape), [height, width])
    for name, (window, windows) in BIASES.items():
        table = fill(name, [(2 * window - 1) ** 2, 3])
        for to in windows:
            made[f"{name}.{to}"] = resize_rel_pos_bias_table(table, (to, to), ((2 * to - 1) ** 2, 3))
    made = {name: tensor.contiguous() for name, tensor in made.items()}
    save_file(made, pathlib.Path(__file__).parent / "resample.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
