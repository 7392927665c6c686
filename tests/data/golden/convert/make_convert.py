#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""convert.safetensors: numbers in each floating-point dtype as torch converts them to every other; names are FROM and FROM.TO."""
import struct
import sys

import numpy as np
import torch
from safetensors.torch import save_file

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
          "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}


def float32(bits):
    return np.asarray(bits, dtype=np.uint32).view(np.float32)


def singles():
    """Every edge of the narrow types with its neighbours, and bits at random."""
    edges = []
    for mantissa, bias, top in ((10, 15, 15), (7, 127, 127), (3, 7, 8), (2, 15, 15)):
        low = 1 - bias - mantissa                       # exponent of the smallest subnormal
        for exponent in list(range(low - 2, low + mantissa + 4)) + [-1, 0, 1, top - 1, top, top + 1]:
            if not -149 <= exponent <= 127:
                continue
            for step in range(0, 2 << (mantissa if mantissa < 4 else 3)):   # half steps: every tie is among them
                edges.append(2.0 ** exponent * (1 + step / (2 << (mantissa if mantissa < 4 else 3))))
    edges += [65504, 65519.99, 65520, 448, 463.99, 464, 464.01, 480, 57344, 61439.9, 61440, 3.3895e38, 3.3961e38, 3.4028e38]
    bits = np.asarray(edges, dtype=np.float32).view(np.uint32).astype(np.int64)
    around = np.concatenate([bits + d for d in (-1, 0, 1)])
    around = around[(around >= 0) & (around <= 0x7f800001)]
    random = np.random.default_rng(0).integers(0, 1 << 32, 1024)
    middle = (np.random.default_rng(1).standard_normal(1024) * 0.05).astype(np.float32).view(np.uint32)
    positive = np.unique(np.concatenate([around, [0, 1, 0x7f800000, 0x7fc00000, 0x7fffffff]]))
    return torch.from_numpy(float32(np.concatenate([positive, positive | 0x80000000, random, middle])).copy())


def doubles():
    values = singles().double()
    near = values * (1 + 2.0 ** -40)                    # just beside float32's numbers
    large = torch.tensor([1e39, -1e300, 3.4028235677973366e38, 3.4028235e38, float("inf"), float("nan"), 5e-324, -1e-46])
    return torch.cat([values[::5], near[::5], large.double()])


def main():
    if sys.byteorder != "little" or struct.calcsize("P") != 8:
        sys.exit("a little-endian, 64-bit machine is needed")
    every16 = torch.from_numpy(np.arange(0, 1 << 16, 37, dtype=np.uint16).view(np.int16).copy())
    every8 = torch.arange(256, dtype=torch.uint8)
    sources = {"F64": doubles(), "F32": singles(), "F16": every16.view(torch.float16), "BF16": every16.clone().view(torch.bfloat16),
               "F8_E4M3": every8.view(torch.float8_e4m3fn), "F8_E5M2": every8.clone().view(torch.float8_e5m2)}
    made = {}
    for name, values in sources.items():
        made[name] = values
        for to, dtype in DTYPES.items():
            if to != name:
                made[f"{name}.{to}"] = values.to(dtype)
    save_file(made, sys.argv[1], metadata={"torch": torch.__version__.split("+")[0]})


if __name__ == "__main__":
    main()
