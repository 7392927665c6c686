#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""ViT-S -> ViT-T by the published rule: heirloom-cli beside Python, process to process."""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROUTES = {"pth": "teacher.pth", "pth-mmap": "teacher.pth", "safetensors": "teacher.safetensors"}


def vit_shapes(dim, depth, classes=1000, patch=16, tokens=197):
    """Names and shapes of timm's VisionTransformer, in its order."""
    shapes = {"cls_token": (1, 1, dim), "pos_embed": (1, tokens, dim),
              "patch_embed.proj.weight": (dim, 3, patch, patch), "patch_embed.proj.bias": (dim,)}
    for i in range(depth):
        for name, shape in (("norm1.weight", (dim,)), ("norm1.bias", (dim,)),
                            ("attn.qkv.weight", (3 * dim, dim)), ("attn.qkv.bias", (3 * dim,)),
                            ("attn.proj.weight", (dim, dim)), ("attn.proj.bias", (dim,)),
                            ("norm2.weight", (dim,)), ("norm2.bias", (dim,)),
                            ("mlp.fc1.weight", (4 * dim, dim)), ("mlp.fc1.bias", (4 * dim,)),
                            ("mlp.fc2.weight", (dim, 4 * dim)), ("mlp.fc2.bias", (dim,))):
            shapes[f"blocks.{i}.{name}"] = shape
    return shapes | {"norm.weight": (dim,), "norm.bias": (dim,), "head.weight": (classes, dim), "head.bias": (classes,)}


def cut(tensor, shape):
    """The rule of Xu et al., section 3: along every axis, evenly spaced indices."""
    import torch
    for axis, size in enumerate(shape):
        full = tensor.shape[axis]
        if full % size == 0:
            indices = torch.arange(size) * (full // size)
        else:
            indices = torch.round(torch.linspace(0, full - 1, size)).long()
        tensor = tensor.index_select(axis, indices)
    return tensor.contiguous()


def python_side(route, folder):
    """What a Python process has to do: load, select, save."""
    import torch
    teacher_file = folder / ROUTES[route]
    student_shapes = vit_shapes(192, 12)
    if route == "safetensors":
        from safetensors import safe_open
        from safetensors.torch import save_file
        with safe_open(teacher_file, framework="pt") as teacher:
            student = {name: draw(shape) if "head" in name else cut(teacher.get_tensor(name), shape)
                       for name, shape in student_shapes.items()}
        save_file(student, folder / "python-safetensors.safetensors")
        return
    teacher = torch.load(teacher_file, map_location="cpu", weights_only=True, mmap=route == "pth-mmap")
    student = {name: draw(shape) if "head" in name else cut(teacher[name], shape) for name, shape in student_shapes.items()}
    torch.save(student, folder / f"python-{route}.pth")


def draw(shape):
    import torch
    return torch.nn.init.trunc_normal_(torch.empty(shape), std=0.02) if len(shape) > 1 else torch.zeros(shape)


def make_teacher(folder):
    import torch
    from safetensors.torch import save_file
    generator = torch.Generator().manual_seed(0)
    teacher = {name: torch.randn(shape, generator=generator) for name, shape in vit_shapes(384, 12).items()}
    torch.save(teacher, folder / "teacher.pth")
    save_file(teacher, folder / "teacher.safetensors")


def load(path):
    import torch
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def run(command):
    """Seconds and peak memory in MiB of one process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def compare_results(paths):
    """All inherited tensors of all results, bit by bit."""
    import torch
    results = {path: load(path) for path in paths}
    reference = results[paths[0]]
    compared = [key for key in reference if "head" not in key]
    for path, result in results.items():
        assert set(result) == set(reference), f"{path.name}: other names"
        for key in compared:
            assert torch.equal(result[key].view(torch.int32), reference[key].view(torch.int32)), f"{path.name}: {key} differs"
    print(f"{len(compared)} inherited tensors equal bit by bit on all {len(paths)} sides; torch {torch.__version__}", flush=True)


def measure(cli, rounds, folder):
    # This process imports no torch: a child's peak memory counts its parent's from before the exec.
    own = [sys.executable, __file__]
    run(own + ["--make", str(folder)])
    sides = {}
    for ending in ("pth", "safetensors"):
        out = folder / f"heirloom.{ending}"
        sides[f"heirloom-cli {ending}"] = ([str(cli), "select", str(folder / f"teacher.{ending}"), "--student", "vit_tiny_patch16_224",
                                            "--as-published", "-o", str(out)], out)
    for route in ROUTES:
        out = folder / f"python-{route}.{'safetensors' if route == 'safetensors' else 'pth'}"
        sides[f"python {route}"] = (own + ["--python-side", route, str(folder)], out)
    for command, _out in sides.values():  # also warms the files
        run(command)
    subprocess.run(own + ["--equal"] + [str(out) for _command, out in sides.values()], check=True)

    times = {side: [] for side in sides}
    memory = dict.fromkeys(sides, 0.0)
    for _ in range(rounds):
        for side, (command, _out) in sides.items():
            seconds, peak = run(command)
            times[side].append(seconds)
            memory[side] = max(memory[side], peak)
    best = min(statistics.median(taken) for taken in times.values())
    print(f"{'side':<26}{'median s':>10}{'fastest':>10}{'slowest':>10}{'ratio':>9}{'peak MiB':>10}")
    for side, taken in times.items():
        median = statistics.median(taken)
        print(f"{side:<26}{median:>10.3f}{min(taken):>10.3f}{max(taken):>10.3f}{median / best:>9.1f}{memory[side]:>10.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", type=pathlib.Path, help="heirloom-cli")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--make", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--python-side", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--equal", nargs="+", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make_teacher(arguments.make)
    elif arguments.python_side:
        python_side(arguments.python_side[0], pathlib.Path(arguments.python_side[1]))
    elif arguments.equal:
        compare_results(arguments.equal)
    elif arguments.cli:
        with tempfile.TemporaryDirectory() as name:
            measure(arguments.cli.resolve(), arguments.rounds, pathlib.Path(name))
    else:
        parser.error("--cli is needed")


if __name__ == "__main__":
    main()
