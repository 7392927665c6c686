# SPDX-License-Identifier: CC0-1.0
"""dialects.json: names and shapes of small vision models in the spellings of several libraries.

    python make_dialects.py

  entries   [name, shape, dtype, is_buffer] of state_dict(), in its order
  saved     the same as save_pretrained() writes them, in the order of names: the spelling of
            transformers 4, which files on hubs have; null for other libraries
"""
import json
import tempfile
from pathlib import Path

import timm
import torch
import transformers as T
from safetensors import safe_open
from torchvision import models as V

SMALL = dict(hidden_size=128, num_attention_heads=2, num_hidden_layers=2, intermediate_size=512, image_size=32, patch_size=8)
DINO = dict(hidden_size=128, num_attention_heads=2, num_hidden_layers=2, image_size=28, patch_size=14)
SWIN = dict(image_size=64, patch_size=2, embed_dim=32, depths=[2, 1], num_heads=[1, 2], window_size=4)
NEXT = dict(depths=[1, 1, 2, 1], hidden_sizes=[8, 16, 32, 64], num_labels=10)

MODELS = {
    "vit": lambda: T.ViTModel(T.ViTConfig(**SMALL)),
    "vit-plain": lambda: T.ViTModel(T.ViTConfig(**SMALL), add_pooling_layer=False),
    "vit-classifier": lambda: T.ViTForImageClassification(T.ViTConfig(num_labels=10, **SMALL)),
    "deit-two-heads": lambda: T.DeiTForImageClassificationWithTeacher(T.DeiTConfig(num_labels=10, **SMALL)),
    "dinov2": lambda: T.Dinov2Model(T.Dinov2Config(**DINO)),
    "dinov2-swiglu": lambda: T.Dinov2Model(T.Dinov2Config(use_swiglu_ffn=True, **DINO)),
    "dinov2-classifier": lambda: T.Dinov2ForImageClassification(T.Dinov2Config(num_labels=10, **DINO)),
    "dinov2-registers": lambda: T.Dinov2WithRegistersModel(T.Dinov2WithRegistersConfig(**DINO)),
    "clip-vision": lambda: T.CLIPVisionModel(T.CLIPVisionConfig(**SMALL)),
    "clip-vision-projection": lambda: T.CLIPVisionModelWithProjection(T.CLIPVisionConfig(projection_dim=64, **SMALL)),
    "swin": lambda: T.SwinModel(T.SwinConfig(**SWIN)),
    "swin-classifier": lambda: T.SwinForImageClassification(T.SwinConfig(num_labels=10, **SWIN)),
    "convnext": lambda: T.ConvNextModel(T.ConvNextConfig(**NEXT)),
    "convnextv2-classifier": lambda: T.ConvNextV2ForImageClassification(T.ConvNextV2Config(**NEXT)),
    "timm-clip": lambda: timm.create_model("vit_base_patch16_clip_224", depth=2, num_classes=512),
    "timm-dinov2-swiglu": lambda: timm.create_model("vit_giant_patch14_dinov2", depth=2),
    "timm-eva02_base": lambda: timm.create_model("eva02_base_patch14_224", depth=2),
    "timm-eva02_clip": lambda: timm.create_model("eva02_base_patch16_clip_224", depth=2),
    "timm-swin-window12": lambda: timm.create_model("swin_base_patch4_window12_384", depths=(1, 1, 1, 1)),
    "timm-swin-small-image": lambda: timm.create_model("swin_tiny_patch4_window7_224", img_size=64),
    "timm-resnet18d": lambda: timm.create_model("resnet18d", num_classes=10),
    "torchvision-swin": lambda: V.SwinTransformer([2, 2], 32, [2, 2], [1, 2], [4, 4], num_classes=10),
    "torchvision-vit": lambda: V.VisionTransformer(32, 8, 2, 2, 128, 512, num_classes=10),
}


def dtype_name(dtype):
    return {torch.float32: "F32", torch.int64: "I64"}[dtype]


def saved(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        rows, config = [], json.loads((Path(folder) / "config.json").read_text())
        with safe_open(Path(folder) / "model.safetensors", "pt") as file:
            for name in sorted(file.keys()):
                tensor = file.get_tensor(name)
                rows.append([name, list(tensor.shape), dtype_name(tensor.dtype)])
    return rows, config


def main():
    cases = []
    for label, build in MODELS.items():
        isHugging = not label.startswith(("timm-", "torchvision-"))
        with torch.device("cpu" if isHugging else "meta"):
            model = build()
        parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}
        case = {
            "model": label,
            "class": type(model).__name__,
            "parameters": sum(p.numel() for p in model.parameters()),
            "entries": [[name, list(t.shape), dtype_name(t.dtype), name not in parameters] for name, t in model.state_dict().items()],
            "saved": None,
            "config": None,
        }
        if isHugging:
            case["saved"], case["config"] = saved(model)
        cases.append(case)
    lines = ",\n".join(json.dumps(case) for case in cases)
    versions = {"torch": torch.__version__, "timm": timm.__version__, "transformers": T.__version__}
    Path(__file__).with_name("dialects.json").write_text('{"versions": %s, "models": [\n%s\n]}\n' % (json.dumps(versions), lines))


main()
