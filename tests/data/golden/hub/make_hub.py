# SPDX-License-Identifier: CC0-1.0
"""hub.json: what files of vision models on the Hugging Face hub hold, by their published config.

    python make_hub.py

  id        on the hub
  tensors   of the file that save_pretrained() writes: number, elements, and the SHA-256 over
            "name [sizes]\\n" in the order of names
"""
import hashlib
import json
import tempfile
from pathlib import Path

import transformers as T
from safetensors import safe_open

TINY = dict(hidden_size=192, num_attention_heads=3, intermediate_size=768)
SMALL = dict(hidden_size=384, num_attention_heads=6, intermediate_size=1536)
REGISTERS = dict(image_size=518, patch_size=14, num_register_tokens=4)

MODELS = {
    "google/vit-base-patch16-224": lambda: T.ViTForImageClassification(T.ViTConfig(num_labels=1000)),
    "google/vit-base-patch16-224-in21k": lambda: T.ViTModel(T.ViTConfig()),
    "google/vit-base-patch32-384": lambda: T.ViTForImageClassification(T.ViTConfig(num_labels=1000, image_size=384, patch_size=32)),
    "facebook/deit-tiny-patch16-224": lambda: T.ViTForImageClassification(T.ViTConfig(num_labels=1000, **TINY)),
    "facebook/deit-small-distilled-patch16-224": lambda: T.DeiTForImageClassificationWithTeacher(T.DeiTConfig(num_labels=1000, **SMALL)),
    "facebook/dinov2-small": lambda: T.Dinov2Model(T.Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, patch_size=14)),
    "facebook/dinov2-with-registers-small": lambda: T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(hidden_size=384, num_attention_heads=6, **REGISTERS)),
    "microsoft/swin-tiny-patch4-window7-224": lambda: T.SwinForImageClassification(T.SwinConfig(num_labels=1000)),
    "facebook/convnext-tiny-224": lambda: T.ConvNextForImageClassification(T.ConvNextConfig(num_labels=1000)),
    "facebook/convnextv2-atto-1k-224": lambda: T.ConvNextV2ForImageClassification(T.ConvNextV2Config(num_labels=1000, depths=[2, 2, 6, 2], hidden_sizes=[40, 80, 160, 320])),
}


def main():
    rows = []
    for name, build in MODELS.items():
        digest, elements, count = hashlib.sha256(), 0, 0
        with tempfile.TemporaryDirectory() as folder:
            build().save_pretrained(folder)
            with safe_open(Path(folder) / "model.safetensors", "pt") as file:
                for tensor in sorted(file.keys()):
                    shape = file.get_slice(tensor).get_shape()
                    digest.update(f"{tensor} {list(shape)}\n".encode())
                    size = 1
                    for n in shape:
                        size *= n
                    elements, count = elements + size, count + 1
        rows.append(json.dumps({"id": name, "tensors": {"count": count, "elements": elements, "sha256": digest.hexdigest()}}))
    text = f'{{"transformers": "{T.__version__}", "models": [\n' + ",\n".join(rows) + "]}\n"
    (Path(__file__).parent / "hub.json").write_text(text)


main()
