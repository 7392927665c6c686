# SPDX-License-Identifier: GPL-3.0-or-later
"""GGUF files as the gguf package writes them, and what its own reader lists: expected.json."""
import hashlib, json, pathlib, sys

import numpy as np
from gguf import GGMLQuantizationType as Type, GGUFReader, GGUFWriter, quants

here = pathlib.Path(__file__).parent
out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
rng = np.random.default_rng(11)
plain = {Type.F32: "F32", Type.F16: "F16", Type.BF16: "BF16", Type.F64: "F64", Type.I8: "I8",
         Type.I16: "I16", Type.I32: "I32", Type.I64: "I64"}


def write(file, alignment=None):
    writer = GGUFWriter(out / file, "llama")
    writer.add_name("größe")
    writer.add_block_count(2)
    writer.add_float32("llama.rope.freq_base", 10000.5)
    writer.add_bool("general.flag", True)
    writer.add_array("tokenizer.ggml.tokens", ["a", "b", "größe"])
    writer.add_array("tokenizer.ggml.scores", [0.5, 1.5])
    writer.add_array("nested", [[1, 2], [3]])
    if alignment:
        writer.add_custom_alignment(alignment)
    small = rng.random((3, 4)).astype("<f4")
    writer.add_tensor("token_embd.weight", small)
    writer.add_tensor("blk.0.half", small.astype("<f2"))
    writer.add_tensor("blk.0.brain", quants.quantize(small, Type.BF16), raw_dtype=Type.BF16)
    writer.add_tensor("blk.0.double", rng.random((2, 3, 5)))
    for bits in (8, 16, 32, 64):
        writer.add_tensor(f"blk.0.i{bits}", rng.integers(-100, 100, 7).astype(f"<i{bits // 8}"))
    rows = rng.random((2, 64)).astype("<f4")
    writer.add_tensor("blk.1.q8", quants.quantize(rows, Type.Q8_0), raw_dtype=Type.Q8_0)
    writer.add_tensor("blk.1.q4", quants.quantize(rows, Type.Q4_0), raw_dtype=Type.Q4_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    tensors = []
    for tensor in GGUFReader(out / file).tensors:
        answer = {"name": tensor.name, "shape": [int(n) for n in reversed(tensor.shape)],
                  "dtype": plain.get(tensor.tensor_type, "unsupported")}
        if tensor.tensor_type in plain:
            answer["sha256"] = hashlib.sha256(tensor.data.tobytes()).hexdigest()
        tensors.append(answer)
    return tensors


files = {"small.gguf": write("small.gguf"), "aligned64.gguf": write("aligned64.gguf", 64)}
old = bytearray((out / "small.gguf").read_bytes())
old[4] = 2  # version 2 differs in nothing that these files have
(out / "version2.gguf").write_bytes(old)
files["version2.gguf"] = files["small.gguf"]
(out / "expected.json").write_text(json.dumps(files, indent=1) + "\n")
