#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A .pth opened to names and shapes: heirloom-cli inspect beside torch.load(mmap=True), in turns."""
import argparse
import collections
import io
import json
import os
import pathlib
import pickle
import statistics
import struct
import subprocess
import sys
import tempfile
import time

WORKER = """
import json, sys, time
start = time.perf_counter()
import torch
imported = time.perf_counter()
state = torch.load(sys.argv[1], map_location="cpu", weights_only=True, mmap=True)
names = [[name, list(tensor.shape)] for name, tensor in state.items()]
loaded = time.perf_counter()
json.dump({"load": loaded - imported, "import": imported - start, "names": names}, sys.stdout)
"""


def llama_shapes(width=2048, layers=30, middle=5632, words=100000, key_width=512):
    """A language model of 1.76 billion parameters, 3.5 GB in bfloat16."""
    shapes = {"model.embed_tokens.weight": (words, width)}
    for i in range(layers):
        for name, shape in (("self_attn.q_proj", (width, width)), ("self_attn.k_proj", (key_width, width)),
                            ("self_attn.v_proj", (key_width, width)), ("self_attn.o_proj", (width, width)),
                            ("mlp.gate_proj", (middle, width)), ("mlp.up_proj", (middle, width)),
                            ("mlp.down_proj", (width, middle)), ("input_layernorm", (width,)),
                            ("post_attention_layernorm", (width,))):
            shapes[f"model.layers.{i}.{name}.weight"] = shape
    return shapes | {"model.norm.weight": (width,), "lm_head.weight": (words, width)}


def many_shapes(count):
    return {f"layers.{i // 4}.part{i % 4}.weight": (4, 4) for i in range(count)}


class Storage:
    def __init__(self, key, count):
        self.key, self.count = key, count


class Tensor:
    """Pickles as torch's tensors do, without elements."""

    def __init__(self, storage, shape):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        import torch
        strides, step = [], 1
        for size in reversed(self.shape):
            strides.insert(0, step)
            step *= size
        return torch._utils._rebuild_tensor_v2, (self.storage, 0, self.shape, tuple(strides), False, collections.OrderedDict())


def data_pickle(shapes):
    import torch

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            if isinstance(thing, Storage):
                return "storage", torch.BFloat16Storage, str(thing.key), "cpu", thing.count
            return None

    state, counts = collections.OrderedDict(), []
    for key, (name, shape) in enumerate(shapes.items()):
        count = 1
        for size in shape:
            count *= size
        counts.append(count)
        state[name] = Tensor(Storage(key, count), shape)
    out = io.BytesIO()
    Pickler(out, protocol=2).dump(state)
    return out.getvalue(), counts


def write_sparse(path, shapes):
    """A file as torch.save writes it, zip64 and 64-byte aligned; its elements are holes (zeros, without a CRC)."""
    import zlib
    pickled, counts = data_pickle(shapes)
    records = [("archive/data.pkl", pickled, len(pickled)), ("archive/byteorder", b"little", 6)]
    records += [(f"archive/data/{i}", None, 2 * count) for i, count in enumerate(counts)]
    records.append(("archive/version", b"3\n", 2))
    directory = b""
    with open(path, "wb") as file:
        for name, data, size in records:
            name = name.encode()
            crc = zlib.crc32(data) if data else 0
            offset = file.tell()
            pad = -(offset + 30 + len(name) + 4) % 64
            extra = struct.pack("<HH", 0x4246, pad) + b"Z" * pad
            file.write(struct.pack("<IHHHHHIIIHH", 0x04034b50, 0, 0, 0, 0, 0, crc, size, size, len(name), len(extra)))
            file.write(name + extra)
            wide = struct.pack("<HHQ", 1, 8, offset) if offset >= 0xffffffff else b""
            directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014b50, 0, 0, 0, 0, 0, 0, crc, size, size, len(name),
                                     len(wide), 0, 0, 0, 0, min(offset, 0xffffffff)) + name + wide
            if data:
                file.write(data)
            else:
                file.seek(size, os.SEEK_CUR)
        begin = file.tell()
        file.write(directory)
        end = file.tell()
        file.write(struct.pack("<IQHHIIQQQQ", 0x06064b50, 44, 0, 0, 0, 0, len(records), len(records), len(directory), begin))
        file.write(struct.pack("<IIQI", 0x07064b50, 0, end, 1))
        file.write(struct.pack("<IHHHHIIH", 0x06054b50, 0, 0, min(len(records), 0xffff), min(len(records), 0xffff),
                               len(directory), min(begin, 0xffffffff), 0))


def timed(command):
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - start, json.loads(done.stdout)


def compare(label, file, cli, python, rounds):
    ours, whole, load = [], [], []
    for turn in range(rounds + 1):  # the first warms the files of both sides
        seconds, listed = timed([cli, "inspect", str(file), "--json"])
        python_seconds, loaded = timed([python, "-c", WORKER, str(file)])
        if turn == 0:
            if [[t["name"], t["shape"]] for t in listed["tensors"]] != loaded["names"]:
                sys.exit(f"{label}: the two sides list different tensors")
            continue
        ours.append(seconds)
        whole.append(python_seconds)
        load.append(loaded["load"])
    mine, process, inside = (statistics.median(times) for times in (ours, whole, load))
    print(f"{label}: {os.stat(file).st_size / 1e9:.2f} GB, {len(loaded['names'])} tensors; medians of {rounds} rounds in turns\n"
          f"  heirloom-cli inspect, whole process      {1e3 * mine:9.1f} ms\n"
          f"  torch.load(mmap=True), whole process     {1e3 * process:9.1f} ms   {process / mine:7.1f} x\n"
          f"  torch.load(mmap=True), without imports   {1e3 * inside:9.1f} ms   {inside / mine:7.1f} x", flush=True)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cli", required=True, help="the heirloom-cli to measure")
    words.add_argument("--python", default=sys.executable, help="a Python with torch")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--tensors", type=int, default=10000, help="of the second file")
    words.add_argument("--folder", help="where the files are made; they are sparse and take few bytes")
    given = words.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = pathlib.Path(name)
        for label, shapes in (("3.5 GB", llama_shapes()), (f"{given.tensors} tensors", many_shapes(given.tensors))):
            file = folder / "teacher.pth"
            write_sparse(file, shapes)
            compare(label, file, given.cli, given.python, given.rounds)


if __name__ == "__main__":
    main()
