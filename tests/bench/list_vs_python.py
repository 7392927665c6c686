#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A safetensors file of very many tensors to a list of names, dtypes and shapes: heirloom beside Python, in turns.

Sides: openCheckpoint (heirloom_list_bench, which stays, as the window does), the same in a process that has just begun,
the whole process `heirloom-cli inspect --json`, safe_open with every key's slice, load_file to NumPy's arrays and, where
torch is installed, to torch's tensors. Python stays too: its times begin after its imports and after a first round.
A million tensors are measured for heirloom alone, with the peak of its memory. Needs numpy and safetensors.
"""
import argparse
import collections
import importlib.util
import json
import multiprocessing
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

WORKER = """
import importlib, json, sys, time
from safetensors import safe_open
file = sys.argv[1]
for line in sys.stdin:
    side, framework, wanted = line.split()
    load_file = importlib.import_module("safetensors." + framework).load_file
    start = time.perf_counter()
    if side == "safe_open":
        with safe_open(file, framework) as opened:
            rows = [(name, opened.get_slice(name)) for name in opened.keys()]
            rows = [(name, part.get_dtype(), part.get_shape()) for name, part in rows]
    else:
        rows = [(name, None, list(array.shape)) for name, array in load_file(file).items()]
    took = time.perf_counter() - start
    print(json.dumps({"seconds": took, "count": len(rows), "rows": rows if wanted == "rows" else None}), flush=True)
"""


def write(path, count):
    """Names as a language model has them, a scalar of four bytes each."""
    parts = ["{"]
    for i in range(count):
        comma = "," if i else ""
        parts.append(f'{comma}"model.layers.{i // 9}.mlp.part{i % 9}.weight":{{"dtype":"F32","shape":[1],'
                     f'"data_offsets":[{4 * i},{4 * i + 4}]}}')
    header = ("".join(parts) + "}").encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 4 * count)
    return len(header)


def write_compact(path, count):
    """As many tensors as fit below the standard limit of a header, 100,000,000 bytes."""
    parts = ["{"]
    for i in range(count):
        comma = "," if i else ""
        parts.append(f'{comma}"layers.{i // 9}.part{i % 9}":{{"dtype":"U8","shape":[1],"data_offsets":[{i},{i + 1}]}}')
    header = ("".join(parts) + "}").encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + count)
    return len(header)


def run(words, keep=True, **more):
    """Seconds, peak resident bytes and, where it is kept, what it printed.

    Linux counts what this process had at the fork in the child's peak, so it must stay small meanwhile.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, **more)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - start
        if status != 0:
            sys.exit(f"{words[0]} failed")
        out.seek(0)
        return took, usage.ru_maxrss * 1024, out.read() if keep else b""


def has_torch():
    return importlib.util.find_spec("torch") is not None


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--cli", required=True)
    words.add_argument("--bench", required=True, help="bin/heirloom_list_bench")
    words.add_argument("--rounds", type=int, default=7)
    words = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "many.safetensors"
        write(file, 10_000)
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)

        def ask(side, framework, wanted="seconds"):
            worker.stdin.write(f"{side} {framework} {wanted}\n")
            worker.stdin.flush()
            return json.loads(worker.stdout.readline())[wanted]

        opener = subprocess.Popen([words.bench, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        opener.stdout.readline()

        def open_again():
            opener.stdin.write("\n")
            opener.stdin.flush()
            return json.loads(opener.stdout.readline())["seconds"]

        python_sides = [(side, framework) for framework in ["numpy"] + ["torch"] * has_torch() for side in ("safe_open", "load_file")]
        for side in python_sides:
            ask(*side)
        ours = json.loads(run([words.cli, "inspect", "--json", str(file)])[2])["tensors"]
        theirs = {name: (dtype, shape) for name, dtype, shape in ask("safe_open", "numpy", "rows")}
        if {row["name"]: (row["dtype"], row["shape"]) for row in ours} != theirs:
            sys.exit("the lists differ")
        times = collections.defaultdict(list)
        for _ in range(words.rounds):
            times["open"].append(open_again())
            times["first open"].append(json.loads(run([words.bench, str(file)])[2])["seconds"])
            times["inspect"].append(run([words.cli, "inspect", "--json", str(file)])[0])
            for side in python_sides:
                times[" ".join(side)].append(ask(*side))
        for process in (worker, opener):
            process.stdin.close()
            process.wait()
        best = {side: statistics.median(values) for side, values in times.items()}
        print("10,000 tensors, medians of %d rounds:" % words.rounds)
        for side, seconds in best.items():
            print(f"  {side:16} {1e3 * seconds:8.2f} ms   {seconds / best['open']:6.1f} x open")

        with multiprocessing.Pool(1) as apart:
            header = apart.apply(write_compact, (file, 1_000_000))
        allowed = 3 * header + (16 << 20)
        print(f"1,000,000 tensors, header {header / 1e6:.1f} MB, memory allowed {allowed / 1e6:.0f} MB:")
        for side, command in (("open", [words.bench, str(file)]), ("inspect", [words.cli, "inspect", "--json", str(file)])):
            runs = [run(command, keep=side == "open") for _ in range(words.rounds)]
            seconds = statistics.median(json.loads(one[2])["seconds"] if side == "open" else one[0] for one in runs)
            print(f"  {side:10} {seconds:6.2f} s, peak {max(one[1] for one in runs) / 1e6:.0f} MB")
        if len(json.loads(run(command)[2])["tensors"]) != 1_000_000:
            sys.exit("tensors are missing")


if __name__ == "__main__":
    main()
