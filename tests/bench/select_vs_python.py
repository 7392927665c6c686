#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selecting from files: heirloom-cli beside the least that has to be done and beside Python, whole processes, in turns."""
import argparse
import importlib.util
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import time

DTYPES = {"F32": "float32", "BF16": "bfloat16"}


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


def qwen3_shapes(dim, depth, mlp, heads=16, kv=8, head=128, vocab=151936):
    """Names and shapes of transformers' Qwen3 with a tied head, in its order."""
    shapes = {"model.embed_tokens.weight": (vocab, dim)}
    for i in range(depth):
        for name, shape in (("self_attn.q_proj.weight", (heads * head, dim)), ("self_attn.k_proj.weight", (kv * head, dim)),
                            ("self_attn.v_proj.weight", (kv * head, dim)), ("self_attn.o_proj.weight", (dim, heads * head)),
                            ("self_attn.q_norm.weight", (head,)), ("self_attn.k_norm.weight", (head,)),
                            ("mlp.gate_proj.weight", (mlp, dim)), ("mlp.up_proj.weight", (mlp, dim)), ("mlp.down_proj.weight", (dim, mlp)),
                            ("input_layernorm.weight", (dim,)), ("post_attention_layernorm.weight", (dim,))):
            shapes[f"model.layers.{i}.{name}"] = shape
    return shapes | {"model.norm.weight": (dim,)}


CASES = {
    "vit-s": {"title": "ViT-S -> ViT-T, F32", "dtype": "F32", "teacher": vit_shapes(384, 12), "student": vit_shapes(192, 12),
              "word": "vit_tiny_patch16_224", "timm": ("vit_small_patch16_224", "vit_tiny_patch16_224")},
    "vit-l": {"title": "ViT-L -> ViT-S (384 wide), F32", "dtype": "F32", "teacher": vit_shapes(1024, 24), "student": vit_shapes(384, 12),
              "word": "vit_small_patch16_224", "timm": ("vit_large_patch16_224", "vit_small_patch16_224")},
    "llm": {"title": "Qwen3-1.7B -> 0.6B, BF16", "dtype": "BF16", "teacher": qwen3_shapes(2048, 28, 6144), "student": qwen3_shapes(1024, 28, 3072),
            "word": "Qwen3-0.6B"},
}


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


def script_side(case, folder, out):
    """The form of the script that Xu et al. published: imports, two models (of timm, where that is
    installed; else the file's state dict and tensors of the student's shapes), a loop over the names."""
    import torch
    weights = torch.load(folder / f"{case}.pth", map_location="cpu", weights_only=True)
    try:
        import timm
    except ImportError:
        teacher = weights
        student = {name: torch.zeros(shape) for name, shape in CASES[case]["student"].items()}
    else:
        large, small = (timm.create_model(name) for name in CASES[case]["timm"])
        large.load_state_dict(weights)
        teacher, student = large.state_dict(), small.state_dict()
    for name in student:
        if "head" not in name:
            student[name] = cut(teacher[name], student[name].shape)
    torch.save(student, out)


def python_side(case, route, folder, out):
    """What a Python process has to do: load, select, save."""
    import torch
    if route == "script":
        script_side(case, folder, out)
        return
    shapes = CASES[case]["student"]
    if route == "safetensors":
        from safetensors import safe_open
        from safetensors.torch import save_file
        with safe_open(folder / f"{case}.safetensors", framework="pt") as teacher:
            student = {name: draw(shape) if "head" in name else cut(teacher.get_tensor(name), shape)
                       for name, shape in shapes.items()}
        save_file(student, out)
        return
    teacher = torch.load(folder / f"{case}.pth", map_location="cpu", weights_only=True, mmap=route == "pth-mmap")
    torch.save({name: draw(shape) if "head" in name else cut(teacher[name], shape) for name, shape in shapes.items()}, out)


def draw(shape):
    import torch
    return torch.nn.init.trunc_normal_(torch.empty(shape), std=0.02) if len(shape) > 1 else torch.zeros(shape)


def make_teacher(case, folder):
    """Numbers at random, drawn once and repeated: making gigabytes of them would take minutes."""
    import torch
    from safetensors.torch import save_file
    dtype = getattr(torch, DTYPES[CASES[case]["dtype"]])
    noise = (torch.randn(1 << 22, generator=torch.Generator().manual_seed(0)) * 0.05).to(dtype)
    teacher = {}
    for number, (name, shape) in enumerate(CASES[case]["teacher"].items()):
        count = torch.Size(shape).numel()
        begin = (number * 7919) % 100_003
        teacher[name] = noise[begin:].repeat(-(-count // (len(noise) - begin)))[:count].reshape(shape).clone()
    save_file(teacher, folder / f"{case}.safetensors")
    torch.save(teacher, folder / f"{case}.pth")


def make_sparse(path, depth):
    """A safetensors file of a ViT 2048 wide that is nearly all hole: 14 GB, and next to nothing on disk."""
    entries, end = {}, 0
    for name, shape in vit_shapes(2048, depth).items():
        count = 1
        for size in shape:
            count *= size
        entries[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + 4 * count]}
        end += 4 * count
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + end)
    return end


def load(path):
    import torch
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True, mmap=True)


def forget(path):
    """Lets the system forget what it keeps of the file in memory; what is not yet on disk would stay."""
    os.sync()
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_afresh(path):
    """Reads the file from the disk, front to back, and gives the bytes a second. What the system keeps of it in memory
    then lies in large pieces, as after any reading; just written or read by rows it may lie in pieces of a page, from
    which all sides read at a third of the speed."""
    forget(path)
    block = bytearray(256 << 10)  # small: what this process holds counts in its children's peak
    begin, size = time.perf_counter(), 0
    with open(path, "rb", buffering=0) as file:
        while got := file.readinto(block):
            size += got
    return size / (time.perf_counter() - begin)


def run(command, out=None, cold=None):
    """Seconds, peak memory in MiB and output of one process, which makes the file `out` anew; with `cold`, that file
    is read from the disk."""
    if out:
        out.unlink(missing_ok=True)
        os.sync()  # what the side before has left to write is not this one's
    if cold:
        forget(cold)
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024, output


def compare_results(paths):
    """All inherited tensors of all results, bit by bit."""
    import torch
    reference = load(paths[0])
    compared = [key for key in reference if "head" not in key]
    for path in paths[1:]:
        result = load(path)
        assert set(result) == set(reference), f"{path.name}: other names"
        for key in compared:
            assert result[key].dtype == reference[key].dtype, f"{path.name}: {key} has another dtype"
            assert torch.equal(result[key].view(torch.uint8), reference[key].view(torch.uint8)), f"{path.name}: {key} differs"
    print(f"{len(compared)} inherited tensors equal bit by bit on all {len(paths)} sides; torch {torch.__version__}", flush=True)


def has_timm():
    return importlib.util.find_spec("timm") is not None


def measure(case, cli, floor, rounds, folder, routes):
    # This process imports no torch: a child's peak memory counts its parent's from before the exec.
    own = [sys.executable, __file__]
    word = CASES[case]["word"]
    print(f"\n{CASES[case]['title']}", flush=True)
    if not (folder / f"{case}.pth").exists():
        run(own + ["--make", case, str(folder)])
    sides, outs, gate = {}, {}, []
    for ending in ("safetensors", "pth"):
        teacher = str(folder / f"{case}.{ending}")
        if floor:
            outs[f"floor {ending}"] = folder / f"floor.{ending}"
            sides[f"floor {ending}"] = [str(floor), teacher, word, str(folder / f"floor.{ending}"), "--as-published"]
        for name, more in (("published", ["--as-published"]), ("default", [])):
            out = folder / f"heirloom-{name}.{ending}"
            outs[f"heirloom-cli {ending}, {name}"] = out
            sides[f"heirloom-cli {ending}, {name}"] = [str(cli), "select", teacher, "--student", word, "-o", str(out)] + more
            if name == "published":
                gate.append(out)
    for route in routes:
        if route == "script" and "timm" not in CASES[case]:
            continue
        out = folder / f"python-{route}.{'safetensors' if route == 'safetensors' else 'pth'}"
        outs[f"python {route}"] = out
        sides[f"python {route}"] = own + ["--python-side", case, route, str(folder), str(out)]
        gate.append(out)
    for ending in ("safetensors", "pth"):
        read_afresh(folder / f"{case}.{ending}")
    for side, command in sides.items():
        run(command, outs[side])
    subprocess.run(own + ["--equal"] + [str(out) for out in gate], check=True)

    times = {side: [] for side in sides}
    memory = dict.fromkeys(sides, 0.0)
    inner = {}
    for _ in range(rounds):
        for side, command in sides.items():
            seconds, peak, output = run(command, outs[side])
            times[side].append(seconds)
            memory[side] = max(memory[side], peak)
            if side.startswith("floor"):
                for key, value in json.loads(output).items():
                    inner.setdefault(side, {}).setdefault(key, []).append(value)
    best = min(statistics.median(taken) for side, taken in times.items() if not side.startswith("floor"))
    print(f"{'side':<36}{'median s':>10}{'fastest':>10}{'slowest':>10}{'ratio':>8}{'peak MiB':>10}")
    for side, taken in times.items():
        median = statistics.median(taken)
        print(f"{side:<36}{median:>10.3f}{min(taken):>10.3f}{max(taken):>10.3f}{median / best:>8.1f}{memory[side]:>10.0f}")
    if "python script" in times:
        ours = statistics.median(times["heirloom-cli pth, published"])
        script = statistics.median(times["python script"])
        print(f"python script: {script / ours:.0f} x heirloom-cli pth, published ({'with' if has_timm() else 'without'} timm)")
    for side, figures in inner.items():
        median = {key: statistics.median(values) for key, values in figures.items()}
        print(f"{side}: {median['read'] / 1e6:.0f} MB read and {median['written'] / 1e6:.0f} MB written in {median['seconds']:.3f} s, "
              f"with fsync {median['with_fsync']:.3f} s")
        ending = side.split()[1]
        for name in ("published", "default"):
            ours = statistics.median(times[f"heirloom-cli {ending}, {name}"])
            print(f"  heirloom-cli {ending}, {name}: {ours:.3f} s is {(ours - 0.020) / median['with_fsync']:.2f} x that + 20 ms "
                  f"({(ours - 0.020) / median['seconds']:.2f} x without the fsync)")


def measure_cold(case, cli, floor, rounds, folder):
    """The same from the disk, beside the time that the disk takes for the whole file and for the selected rows."""
    print(f"\n{CASES[case]['title']}, nothing in memory", flush=True)
    own = [sys.executable, __file__]
    if not (folder / f"{case}.pth").exists():
        run(own + ["--make", case, str(folder)])
    for ending, route in (("safetensors", "safetensors"), ("pth", "pth-mmap")):
        teacher, out = folder / f"{case}.{ending}", folder / f"cold.{ending}"
        words = [str(teacher), CASES[case]["word"]]
        sides = {"heirloom-cli published": [str(cli), "select", words[0], "--student", words[1], "-o", str(out), "--as-published"],
                 "heirloom-cli default": [str(cli), "select", words[0], "--student", words[1], "-o", str(out)],
                 "floor": [str(floor), words[0], words[1], str(out), "--as-published"],
                 f"python {route}": own + ["--python-side", case, route, str(folder), str(out)]}
        times, speeds, needed = {side: [] for side in sides}, [], 0
        for _ in range(rounds):
            speeds.append(read_afresh(teacher))
            for side, command in sides.items():
                seconds, _, output = run(command, out, teacher)
                times[side].append(seconds)
                if side == "floor":
                    needed = json.loads(output)["read"]
        speed = statistics.median(speeds)
        print(f"{teacher.name}: {teacher.stat().st_size / 1e9:.2f} GB, the disk reads {speed / 1e9:.2f} GB/s; "
              f"{needed / 1e9:.2f} GB are needed, {needed / speed:.2f} s")
        for side, taken in times.items():
            median = statistics.median(taken)
            print(f"  {side:<24}{median:>8.3f} s   {100 * needed / speed / median:>5.0f} % of the disk's speed")


def measure_sparse(cli, folder):
    print("\n14 GB of F32, nearly all hole: peak memory", flush=True)
    teacher = folder / "sparse.safetensors"
    size = make_sparse(teacher, 69)
    for ending in ("safetensors", "pth"):
        seconds, peak, _ = run([str(cli), "select", str(teacher), "--student", "vit_small_patch16_224", "--as-published",
                                "-o", str(folder / f"sparse-student.{ending}")])
        print(f"  {size / 1e9:.1f} GB to .{ending}: {peak:.0f} MiB, {seconds:.2f} s")
    teacher.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", type=pathlib.Path, help="heirloom-cli")
    parser.add_argument("--floor", type=pathlib.Path, help="heirloom_select_floor")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cases", default="vit-s", help="comma-separated: vit-s, vit-l (2.4 GB of disk), llm (6.9 GB), sparse")
    parser.add_argument("--cold", action="store_true", help="read the teachers from the disk each time")
    parser.add_argument("--routes", default="pth,pth-mmap,safetensors,script", help="of Python")
    parser.add_argument("--folder", type=pathlib.Path, help="where teachers are kept; a temporary one unless given")
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--python-side", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--equal", nargs="+", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.make:
        make_teacher(arguments.make[0], pathlib.Path(arguments.make[1]))
    elif arguments.python_side:
        case, route, folder, out = arguments.python_side
        python_side(case, route, pathlib.Path(folder), pathlib.Path(out))
    elif arguments.equal:
        compare_results(arguments.equal)
    elif arguments.cli:
        with tempfile.TemporaryDirectory() as name:
            folder = arguments.folder or pathlib.Path(name)
            folder.mkdir(parents=True, exist_ok=True)
            for case in arguments.cases.split(","):
                if case == "sparse":
                    measure_sparse(arguments.cli.resolve(), folder)
                elif arguments.cold:
                    measure_cold(case, arguments.cli.resolve(), arguments.floor.resolve(), arguments.rounds, folder)
                else:
                    measure(case, arguments.cli.resolve(), arguments.floor and arguments.floor.resolve(), arguments.rounds, folder,
                            [route for route in arguments.routes.split(",") if route])
    else:
        parser.error("--cli is needed")


if __name__ == "__main__":
    main()
