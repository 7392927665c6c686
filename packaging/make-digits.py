#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes resources/samples/digits.h5: scikit-learn's handwritten digits with a fixed split.

Needs scikit-learn, h5py and numpy; only whoever remakes the file needs them, never Heirloom itself.
The same file comes out each time, byte for byte, with the same h5py.
"""

import pathlib
import sys

import h5py
import numpy
from sklearn.datasets import load_digits

HELD_OUT = 360
SEED = 2024


def split(labels: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Shuffled indices of the training and of the held-out images: 36 held out of each digit."""
    generator = numpy.random.Generator(numpy.random.PCG64(SEED))
    per_class = HELD_OUT // 10
    held_out, train = [], []
    for digit in range(10):
        indices = generator.permutation(numpy.flatnonzero(labels == digit))
        held_out.append(indices[:per_class])
        train.append(indices[per_class:])
    return (
        generator.permutation(numpy.concatenate(train)),
        generator.permutation(numpy.concatenate(held_out)),
    )


def main() -> None:
    here = pathlib.Path(__file__).resolve().parent
    target = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent / "resources/samples/digits.h5"
    digits = load_digits()
    # 0..16 to 0..255, so that the images are read like any other 8-bit grey image.
    images = numpy.rint(digits.images * 255 / 16).astype(numpy.uint8)[..., None]
    labels = digits.target.astype(numpy.uint8)
    train, held_out = split(labels)

    with h5py.File(target, "w") as file:
        for name, indices in (("train", train), ("held_out", held_out)):
            group = file.create_group(name)
            group.create_dataset("images", data=images[indices])
            group.create_dataset("labels", data=labels[indices])
        file.create_dataset("classes", data=numpy.array([str(d).encode() for d in range(10)], dtype="S1"))
        pixels = images[train].astype(numpy.float64) / 255
        file.attrs["mean"] = pixels.mean(axis=(0, 1, 2))
        file.attrs["std"] = pixels.std(axis=(0, 1, 2))
        file.attrs["source"] = numpy.bytes_(
            "Optical Recognition of Handwritten Digits, test part (E. Alpaydin and C. Kaynak, 1998), "
            "UCI Machine Learning Repository, doi:10.24432/C50P49; via sklearn.datasets.load_digits"
        )
        file.attrs["licence"] = numpy.bytes_("CC BY 4.0")


if __name__ == "__main__":
    main()
