# SPDX-License-Identifier: GPL-3.0-or-later
"""The families of the grid: small nets of the stock classes of timm, torchvision and transformers.

Each family is a builder (sizes -> model), the teacher's sizes, two smaller students, a wider and a
deeper one, the words that a file cannot tell (heads), and its input.
"""
from dataclasses import dataclass, field

import timm
import torch
import torchvision
import transformers


@dataclass
class Family:
    name: str
    build: object  # sizes -> model
    teacher: dict
    students: list  # two
    wider: dict
    deeper: dict
    hint: object = lambda sizes: ""  # ":heads=4"
    image: int = 32  # 0: text
    mlp: tuple = ("*.mlp", "mlp", 1)  # spaces for the explicit list, which size they have, and its divisor
    notes: str = field(default="")


def heads(sizes):
    return f":heads={sizes['heads']}"


def plain(dim, depth, head_count, mlp):
    return {"dim": dim, "depth": depth, "heads": head_count, "mlp": mlp}


# A teacher, an even and an uneven student (3 : 2 in width), one twice as wide, one deeper.
COLUMN = dict(teacher=plain(48, 12, 6, 96), students=[plain(24, 6, 3, 48), plain(32, 4, 4, 64)],
              wider=plain(96, 12, 12, 192), deeper=plain(48, 16, 6, 96))


def timm_vit(name, **more):
    def build(s):
        return timm.create_model(name, pretrained=False, embed_dim=s["dim"], depth=s["depth"], num_heads=s["heads"], mlp_ratio=s["mlp"] / s["dim"],
                                 **({"img_size": 32, "patch_size": 8, "num_classes": 10} | more))
    return build


def torch_vit(s):
    return torchvision.models.VisionTransformer(image_size=32, patch_size=8, num_layers=s["depth"], num_heads=s["heads"], hidden_dim=s["dim"], mlp_dim=s["mlp"], num_classes=10)


def hf(kind, head, **more):
    def build(s):
        config = getattr(transformers, kind + "Config")(
            hidden_size=s["dim"], num_hidden_layers=s["depth"], num_attention_heads=s["heads"], **({"intermediate_size": s["mlp"]} | more | s.get("more", {})))
        config._attn_implementation = "eager"
        return getattr(transformers, kind + head)(config)
    return build


def hf_dinov2(s):
    config = transformers.Dinov2Config(hidden_size=s["dim"], num_hidden_layers=s["depth"], num_attention_heads=s["heads"], mlp_ratio=s["mlp"] // s["dim"], image_size=32, patch_size=8)
    return transformers.Dinov2Model(config)


def timm_swin(s):
    return timm.models.swin_transformer.SwinTransformer(img_size=32, patch_size=2, window_size=4, embed_dim=s["dims"][0], depths=s["depths"], num_heads=s["heads"], num_classes=10)


def torch_swin(s):
    return torchvision.models.SwinTransformer(patch_size=[2, 2], embed_dim=s["dims"][0], depths=s["depths"], num_heads=s["heads"], window_size=[4, 4], num_classes=10)


def hf_swin(s):
    return transformers.SwinForImageClassification(transformers.SwinConfig(image_size=32, patch_size=2, embed_dim=s["dims"][0], depths=s["depths"], num_heads=s["heads"], window_size=4, num_labels=10))


def stages(first, depths, head_count=None, growth=2):
    sizes = {"dims": [first * growth**i for i in range(len(depths))], "depths": depths}
    if head_count:
        sizes["heads"] = [head_count * 2**i for i in range(len(depths))]
    return sizes


def stage_heads(s):
    return ":heads=" + "-".join(map(str, s["heads"]))


SWIN = dict(teacher=stages(32, [2, 4], 4), students=[stages(16, [2, 2], 2), stages(24, [2, 2], 3)], wider=stages(64, [2, 4], 8), deeper=stages(32, [2, 6], 4), hint=stage_heads, mlp=("", "", 1))


def timm_convnext(**more):
    def build(s):
        return timm.models.convnext.ConvNeXt(depths=s["depths"], dims=s["dims"], num_classes=10, **more)
    return build


def torch_convnext(s):
    setting = [torchvision.models.convnext.CNBlockConfig(d, (s["dims"] + [None])[i + 1], s["depths"][i]) for i, d in enumerate(s["dims"])]
    return torchvision.models.ConvNeXt(setting, num_classes=10)


def hf_convnext(kind):
    def build(s):
        config = getattr(transformers, kind + "Config")(hidden_sizes=s["dims"], depths=s["depths"], num_labels=10, image_size=64)
        return getattr(transformers, kind + "ForImageClassification")(config)
    return build


CONVNEXT = dict(teacher=stages(16, [2, 2, 4, 2]), students=[stages(8, [1, 1, 2, 1]), stages(12, [2, 1, 3, 2])], wider=stages(32, [2, 2, 4, 2]), deeper=stages(16, [2, 2, 6, 2]), image=64, mlp=("", "", 1))


def resnet(block, **more):
    def build(s):
        return timm.models.resnet.ResNet(block=block, layers=s["depths"], channels=s["dims"], stem_width=s["dims"][0], num_classes=10, **more)
    return build


def torch_resnet(s):
    """torchvision's class has fixed widths: depths alone, and width_per_group for the inner channels."""
    return torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, s["depths"], num_classes=10, width_per_group=s["group"])


RESNET = dict(teacher=stages(16, [2, 2, 3, 2]), students=[stages(8, [1, 2, 2, 1]), stages(12, [2, 1, 2, 2])], wider=stages(32, [2, 2, 3, 2]), deeper=stages(16, [2, 3, 4, 2]), mlp=("", "", 1))


class CifarBlock(torch.nn.Module):
    """Basic block with a shortcut that has no parameters (He et al. 2016, option A)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(outputs)
        self.conv2 = torch.nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(outputs)
        self.stride, self.extra = stride, (outputs - inputs) // 2

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.stride != 1:
            x = torch.nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra, self.extra))
        return torch.relu(x + y)


class CifarResNet(torch.nn.Module):
    """ResNet-(6n + 2) under akamaster/pytorch_resnet_cifar10's names."""

    def __init__(self, depths, dims, classes=10):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, dims[0], 3, 1, 1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(dims[0])
        inputs = dims[0]
        for i, (depth, width) in enumerate(zip(depths, dims)):
            blocks = []
            for b in range(depth):
                blocks.append(CifarBlock(inputs, width, 2 if i > 0 and b == 0 else 1))
                inputs = width
            setattr(self, f"layer{i + 1}", torch.nn.Sequential(*blocks))
        self.linear = torch.nn.Linear(dims[-1], classes)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def mixer(s):
    return timm.models.mlp_mixer.MlpMixer(img_size=32, patch_size=8, num_blocks=s["depth"], embed_dim=s["dim"], mlp_ratio=(s["tokens_mlp"] / s["dim"], s["mlp"] / s["dim"]), num_classes=10)


def mixed(dim, depth):
    return {"dim": dim, "depth": depth, "tokens_mlp": dim // 2, "mlp": 4 * dim}


def hf_distilbert(s):
    return transformers.DistilBertForMaskedLM(transformers.DistilBertConfig(dim=s["dim"], n_layers=s["depth"], n_heads=s["heads"], hidden_dim=s["mlp"], vocab_size=96, max_position_embeddings=40))


def hf_gpt2(s):
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=s["dim"], n_layer=s["depth"], n_head=s["heads"], n_inner=s["mlp"], vocab_size=96, n_positions=40))


def hf_opt(**more):
    def build(s):
        config = transformers.OPTConfig(**({"hidden_size": s["dim"], "num_hidden_layers": s["depth"], "num_attention_heads": s["heads"], "ffn_dim": s["mlp"],
                                            "word_embed_proj_dim": s["dim"], "vocab_size": 96, "max_position_embeddings": 40} | more))
        config._attn_implementation = "eager"
        return transformers.OPTForCausalLM(config)
    return build


def decoder(kind, **more):
    """Six query heads on two key/value heads, heads of eight."""
    def sizes(dim, depth, query, key, mlp):
        return plain(dim, depth, query, mlp) | {"kv_heads": key, "more": {"num_key_value_heads": key}}
    own_size = {"head_dim": 8} if kind != "Qwen2" else {}
    return dict(build=hf(kind, "ForCausalLM", vocab_size=96, max_position_embeddings=64, **own_size, **more),
                teacher=sizes(48, 12, 6, 2, 96), students=[sizes(24, 6, 3, 1, 48), sizes(32, 4, 4, 2, 64)], wider=sizes(96, 12, 12, 4, 192), deeper=sizes(48, 16, 6, 2, 96),
                hint=lambda s: f":heads={s['heads']},kv_heads={s['kv_heads']},head_dim=8", image=0)


BERT = dict(vocab_size=96, max_position_embeddings=40)
VISION = dict(image_size=32, patch_size=8)

FAMILIES = [
    Family("vit (timm)", timm_vit("vit_tiny_patch16_224"), **COLUMN, hint=heads),
    Family("vit (transformers)", hf("ViT", "ForImageClassification", **VISION, num_labels=10), **COLUMN, hint=heads),
    Family("vit (torchvision)", torch_vit, **COLUMN, hint=heads),
    Family("vit pooled, q/k norm (timm)", timm_vit("vit_tiny_patch16_224", class_token=False, global_pool="avg", qk_norm=True), **COLUMN),
    Family("deit distilled (timm)", timm_vit("deit_tiny_distilled_patch16_224"), **COLUMN, hint=heads),
    Family("deit3 (timm)", timm_vit("deit3_small_patch16_224"), **COLUMN, hint=heads),
    Family("dinov2 (timm)", timm_vit("vit_small_patch14_dinov2"), **COLUMN, hint=heads),
    Family("dinov2 registers (timm)", timm_vit("vit_small_patch14_reg4_dinov2"), **COLUMN, hint=heads),
    Family("dinov2 swiglu (timm)", timm_vit("vit_giant_patch14_dinov2"), **COLUMN, hint=heads, mlp=("*.mlp", "mlp", 2)),
    Family("dinov2 (transformers)", hf_dinov2, **COLUMN, hint=heads),
    Family("clip vision (transformers)", hf("CLIPVision", "Model", **VISION), **COLUMN, hint=heads),
    Family("clip vision (timm)", timm_vit("vit_base_patch16_clip_224"), **COLUMN, hint=heads),
    Family("swin (timm)", timm_swin, **SWIN),
    Family("swin (torchvision)", torch_swin, **SWIN),
    Family("swin (transformers)", hf_swin, **SWIN),
    Family("mixer (timm)", mixer, teacher=mixed(48, 12), students=[mixed(24, 6), mixed(32, 4)], wider=mixed(96, 12), deeper=mixed(48, 16), mlp=("blocks.*.mlp", "mlp", 1)),
    Family("convnext (timm)", timm_convnext(), **CONVNEXT),
    Family("convnext (torchvision)", torch_convnext, **CONVNEXT),
    Family("convnext (transformers)", hf_convnext("ConvNext"), **CONVNEXT),
    Family("convnextv2 (timm)", timm_convnext(use_grn=True, ls_init_value=None, conv_mlp=True), **CONVNEXT),
    Family("convnextv2 (transformers)", hf_convnext("ConvNextV2"), **CONVNEXT),
    Family("resnet basic (timm)", resnet(timm.models.resnet.BasicBlock), **RESNET),
    Family("resnet bottleneck (timm)", resnet(timm.models.resnet.Bottleneck), **RESNET),
    Family("wide resnet (timm)", resnet(timm.models.resnet.Bottleneck, base_width=128), **RESNET),
    Family("resnet bottleneck (torchvision)", torch_resnet, teacher={"depths": [1, 2, 2, 1], "group": 64}, students=[{"depths": [1, 1, 1, 1], "group": 32}, {"depths": [1, 2, 1, 1], "group": 48}],
           wider={"depths": [1, 2, 2, 1], "group": 128}, deeper={"depths": [2, 2, 2, 1], "group": 64}, mlp=("", "", 1)),
    Family("resnet CIFAR (akamaster's names)", lambda s: CifarResNet(s["depths"], s["dims"]), teacher=stages(16, [3, 3, 3]), students=[stages(8, [2, 2, 2]), stages(12, [1, 1, 1])],
           wider=stages(32, [3, 3, 3]), deeper=stages(16, [5, 5, 5]), mlp=("", "", 1)),
    Family("bert (transformers)", hf("Bert", "ForMaskedLM", **BERT), **COLUMN, hint=heads, image=0),
    Family("minilm (transformers)", hf("Bert", "Model", **BERT), **COLUMN, hint=heads, image=0),
    Family("roberta (transformers)", hf("Roberta", "Model", **BERT, type_vocab_size=1), **COLUMN, hint=heads, image=0),
    Family("distilbert (transformers)", hf_distilbert, **COLUMN, hint=heads, image=0),
    Family("gpt2 (transformers)", hf_gpt2, **COLUMN, hint=heads, image=0),
    Family("opt (transformers)", hf_opt(), **COLUMN, hint=heads, image=0),
    Family("opt post-norm (transformers)", hf_opt(word_embed_proj_dim=16, do_layer_norm_before=False), **COLUMN, hint=heads, image=0),
    Family("llama (transformers)", **decoder("Llama")),
    Family("mistral (transformers)", **decoder("Mistral")),
    Family("qwen2 (transformers)", **decoder("Qwen2", tie_word_embeddings=True)),
    Family("qwen3 (transformers)", **decoder("Qwen3")),
]
