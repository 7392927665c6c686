# SPDX-License-Identifier: CC0-1.0
"""engine.json: logits of small vision models of timm, torchvision and transformers, one a feature.

    python make_engine.py

  entries   [name, shape, dtype] of the file that holds the model, in its order; the same as
            save_pretrained() writes them where `saved` is true
  changes   what the file does not tell, as Heirloom's names say it
  config    config.json of transformers' models
  logits    of the input, float32, eval mode; `small_logits` with s = 1 / 16, where the eps of a
            norm shows
  gradient  L2 norm of the gradient over all parameters, of the cross entropy with classes 3 and 7

No weights are stored. With v = fill(name), the rule of ../README.md, an element is
    1 + v / 2    gains of norms (one axis and a name that ends in "weight") and running variances
    s v / 4      the rest, s = 1; integers are as the model has them
and the input is fill("input").
"""
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import timm
import torch
import transformers as T
from safetensors import safe_open
from timm.layers import QuickGELU
from timm.layers.mlp import SwiGLUPacked
from timm.models.convnext import ConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.eva import Eva
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torchvision import models as V
from torchvision.models.convnext import CNBlockConfig

MASK = (1 << 64) - 1
DIM, HEADS, DEPTH, CLASSES = 48, 4, 2, 10
TIMM = dict(img_size=32, patch_size=8, embed_dim=DIM, depth=DEPTH, num_heads=HEADS, mlp_ratio=2, num_classes=CLASSES)
HF = dict(hidden_size=DIM, num_attention_heads=HEADS, num_hidden_layers=DEPTH, image_size=32, patch_size=8)
VIT = dict(intermediate_size=96, num_labels=CLASSES, **HF)
DINO = dict(mlp_ratio=2, num_labels=CLASSES, **HF)
NEXT = dict(depths=[1, 1, 2, 1], hidden_sizes=[8, 12, 16, 24], num_labels=CLASSES)
STAGES = dict(depths=(1, 1, 2, 1), dims=(8, 12, 16, 24), num_classes=CLASSES)
RESNET = dict(layers=(1, 2, 1, 1), channels=(8, 12, 16, 24), num_classes=CLASSES)
SWIN = dict(img_size=32, patch_size=2, window_size=4, embed_dim=16, depths=(2, 2), num_heads=(2, 4), num_classes=CLASSES)
EVA = dict(mlp_ratio=8 / 3, swiglu_mlp=True, use_rot_pos_emb=True, ref_feat_shape=(16, 16), **{k: v for k, v in TIMM.items() if k != "mlp_ratio"})
NEXT_V = [CNBlockConfig(8, 12, 1), CNBlockConfig(12, 16, 1), CNBlockConfig(16, 24, 2), CNBlockConfig(24, None, 1)]
clipNorm = partial(torch.nn.LayerNorm, eps=1e-5)
H = f"heads={HEADS}"

# label: (changes, saved by transformers 4's names, model)
MODELS = {
    "timm-vit": (H, 0, lambda: VisionTransformer(**TIMM)),
    "timm-vit-qk_norm": ("", 0, lambda: VisionTransformer(qk_norm=True, **TIMM)),
    "timm-vit-layer_scale": (H, 0, lambda: VisionTransformer(init_values=1e-5, **TIMM)),
    "timm-vit-no_qkv_bias": (H, 0, lambda: VisionTransformer(qkv_bias=False, **TIMM)),
    "timm-vit-registers": (H, 0, lambda: VisionTransformer(reg_tokens=4, no_embed_class=True, **TIMM)),
    "timm-vit-registers-embedded": (H, 0, lambda: VisionTransformer(reg_tokens=4, **TIMM)),
    "timm-vit-no_embed_class": (H, 0, lambda: VisionTransformer(no_embed_class=True, **TIMM)),
    "timm-vit-mean-fc_norm": (H, 0, lambda: VisionTransformer(class_token=False, global_pool="avg", **TIMM)),
    "timm-vit-mean-with-class": (H, 0, lambda: VisionTransformer(global_pool="avg", **TIMM)),
    "timm-vit-mean-without-fc_norm": (H + ",pool=avg", 0, lambda: VisionTransformer(global_pool="avg", fc_norm=False, **TIMM)),
    "timm-vit-swiglu": (H, 0, lambda: VisionTransformer(mlp_layer=SwiGLUPacked, act_layer=torch.nn.SiLU, init_values=1e-5, **TIMM)),
    "timm-vit-pre_norm": (H, 0, lambda: VisionTransformer(pre_norm=True, norm_layer=clipNorm, **TIMM)),
    "timm-vit-quick_gelu": (H + ",act=quick_gelu", 0, lambda: VisionTransformer(pre_norm=True, norm_layer=clipNorm, act_layer=QuickGELU, **TIMM)),
    "timm-deit-distilled": (H, 0, lambda: VisionTransformerDistilled(**TIMM)),
    "timm-eva02": (H, 0, lambda: Eva(**EVA)),
    "timm-eva02-split": (H, 0, lambda: Eva(qkv_fused=False, scale_mlp=True, **EVA)),
    "timm-eva02-clip": (H, 0, lambda: Eva(qkv_fused=False, scale_mlp=True, scale_attn_inner=True, global_pool="token", **EVA)),
    "timm-mixer": ("", 0, lambda: MlpMixer(img_size=32, patch_size=8, num_blocks=2, embed_dim=DIM, num_classes=CLASSES)),
    "timm-convnext": ("", 0, lambda: ConvNeXt(**STAGES)),
    "timm-convnext-conv_mlp": ("", 0, lambda: ConvNeXt(conv_mlp=True, **STAGES)),
    "timm-convnext-kernel5": ("", 0, lambda: ConvNeXt(kernel_sizes=5, **STAGES)),
    "timm-convnextv2-conv_mlp": ("", 0, lambda: ConvNeXt(conv_mlp=True, use_grn=True, ls_init_value=None, **STAGES)),
    "timm-resnet-basic": ("", 0, lambda: ResNet(BasicBlock, **RESNET)),
    "timm-resnet-basic-d": ("", 0, lambda: ResNet(BasicBlock, stem_width=8, stem_type="deep", avg_down=True, **RESNET)),
    "timm-resnet-bottleneck-d": ("", 0, lambda: ResNet(Bottleneck, stem_width=8, stem_type="deep", avg_down=True, **RESNET)),
    "timm-swin": ("", 0, lambda: SwinTransformer(**SWIN)),
    "timm-swin-whole-image-window": ("", 0, lambda: SwinTransformer(**dict(SWIN, patch_size=4, window_size=7, depths=(2, 2, 2), num_heads=(2, 4, 8)))),
    "timm-swin-padded-window": ("image=32", 0, lambda: SwinTransformer(**dict(SWIN, window_size=6))),
    "torchvision-vit": (H, 0, lambda: V.VisionTransformer(32, 8, DEPTH, HEADS, DIM, 96, num_classes=CLASSES)),
    "torchvision-convnext": ("", 0, lambda: V.ConvNeXt(NEXT_V, num_classes=CLASSES)),
    "torchvision-swin": ("image=32", 0, lambda: V.SwinTransformer([2, 2], 16, [2, 2], [2, 4], [4, 4], mlp_ratio=4, num_classes=CLASSES)),
    "torchvision-swin-padded-window": ("image=32", 0, lambda: V.SwinTransformer([2, 2], 16, [2, 2], [2, 4], [6, 6], mlp_ratio=4, num_classes=CLASSES)),
    "transformers-vit": (H, 0, lambda: T.ViTForImageClassification(T.ViTConfig(**VIT))),
    "transformers-vit-saved": (H, 1, lambda: T.ViTForImageClassification(T.ViTConfig(**VIT))),
    "transformers-vit-relu": (H + ",act=relu", 1, lambda: T.ViTForImageClassification(T.ViTConfig(hidden_act="relu", **VIT))),
    "transformers-deit-two-heads": (H, 1, lambda: T.DeiTForImageClassificationWithTeacher(T.DeiTConfig(**VIT))),
    "transformers-dinov2": (H, 0, lambda: T.Dinov2ForImageClassification(T.Dinov2Config(**DINO))),
    "transformers-dinov2-saved": (H, 1, lambda: T.Dinov2ForImageClassification(T.Dinov2Config(**DINO))),
    "transformers-dinov2-swiglu": (H, 0, lambda: T.Dinov2ForImageClassification(T.Dinov2Config(use_swiglu_ffn=True, **DINO))),
    "transformers-dinov2-swiglu-saved": (H, 1, lambda: T.Dinov2ForImageClassification(T.Dinov2Config(use_swiglu_ffn=True, **DINO))),
    "transformers-dinov2-registers": (H, 1, lambda: T.Dinov2WithRegistersForImageClassification(T.Dinov2WithRegistersConfig(**DINO))),
    "transformers-clip": (H, 1, lambda: T.CLIPVisionModelWithProjection(T.CLIPVisionConfig(intermediate_size=96, projection_dim=CLASSES, **HF))),
    "transformers-clip-gelu": (H + ",act=gelu", 1, lambda: T.CLIPVisionModelWithProjection(T.CLIPVisionConfig(intermediate_size=96, projection_dim=CLASSES, hidden_act="gelu", **HF))),
    "transformers-convnext": ("", 1, lambda: T.ConvNextForImageClassification(T.ConvNextConfig(**NEXT))),
    "transformers-convnextv2": ("", 1, lambda: T.ConvNextV2ForImageClassification(T.ConvNextV2Config(**NEXT))),
    "transformers-swin": ("", 0, lambda: T.SwinForImageClassification(T.SwinConfig(image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=CLASSES))),
    "transformers-swin-saved": ("", 1, lambda: T.SwinForImageClassification(T.SwinConfig(image_size=32, patch_size=2, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4, num_labels=CLASSES))),
}


def fill(name, shape):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & MASK
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, int(np.prod(shape)) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        k = (z ^ (z >> np.uint64(31))) >> np.uint64(40)
    return torch.from_numpy((k.astype(np.float32) * np.float32(2.0**-23) - np.float32(1)).reshape(shape))


def value(name, shape, scale):
    v = fill(name, shape)
    isGain = (len(shape) == 1 and name.endswith("weight")) or name.endswith("running_var")
    return 1 + v / 2 if isGain else scale * v / 4


def dtype_name(dtype):
    return {torch.float32: "F32", torch.int64: "I64"}[dtype]


def written(model, scale):
    """What save_pretrained() writes, and that file filled and read again."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors, rows = {}, []
        with safe_open(Path(folder) / "model.safetensors", "pt") as file:
            for name in sorted(file.keys()):
                tensor = file.get_tensor(name)
                rows.append([name, list(tensor.shape), dtype_name(tensor.dtype)])
                tensors[name] = value(name, list(tensor.shape), scale) if tensor.is_floating_point() else tensor
        from safetensors.torch import save_file

        save_file(tensors, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        return rows, type(model).from_pretrained(folder)


def computed(label, scale):
    changes, isSaved, build = MODELS[label]
    torch.manual_seed(0)
    model = build().eval()
    if isSaved:
        rows, model = written(model, scale)
    else:
        rows, state = [], model.state_dict()
        for name, tensor in state.items():
            rows.append([name, list(tensor.shape), dtype_name(tensor.dtype)])
            if tensor.is_floating_point():
                state[name] = value(name, list(tensor.shape), scale)
        model.load_state_dict(state)
    model = model.eval()
    answer = model(fill("input", [2, 3, 32, 32]))
    logits = answer if torch.is_tensor(answer) else answer.image_embeds if "image_embeds" in answer else answer.logits
    torch.nn.functional.cross_entropy(logits, torch.tensor([3, 7])).backward()
    squares = sum((p.grad.double() ** 2).sum() for p in model.parameters() if p.grad is not None)
    return model, rows, [[float(x) for x in row] for row in logits], float(squares.sqrt())


def case(label):
    model, rows, logits, gradient = computed(label, 1)
    config = model.config.to_diff_dict() if hasattr(getattr(model, "config", None), "to_diff_dict") else None
    if config:
        config = json.loads(json.dumps(config, default=str))
        config["architectures"] = [type(model).__name__]
    return {
        "model": label,
        "class": type(model).__name__,
        "changes": MODELS[label][0],
        "saved": bool(MODELS[label][1]),
        "config": config,
        "logits": logits,
        "small_logits": computed(label, 1 / 16)[2],
        "gradient": gradient,
        "entries": rows,
    }


def main():
    torch.set_num_threads(1)
    labels = sys.argv[1:] or list(MODELS)
    cases = [case(label) for label in labels]
    lines = ",\n".join(json.dumps(one) for one in cases)
    versions = {"torch": torch.__version__, "timm": timm.__version__, "transformers": T.__version__}
    Path(__file__).with_name("engine.json").write_text('{"versions": %s, "models": [\n%s\n]}\n' % (json.dumps(versions), lines))


main()
