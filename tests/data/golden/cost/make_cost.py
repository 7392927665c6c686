# SPDX-License-Identifier: CC0-1.0
"""cost.json: parameters and multiply-adds of stock models as fvcore and ptflops count them.

    python make_cost.py --cases <golden>/scripts/cases.py

Each model of cases.MODELS is built without weights and run on one sample: an image of its own size,
or 128 tokens of text (on the meta device, where ptflops cannot follow decoders: null). Attention is the plain one (eager, not fused), for
neither counter knows the fused operator.

  parameters       tied ones counted once, no buffers
  buffers          elements of persistent buffers
  fvcore           FlopCountAnalysis.total(): products and what it adds for normalisation
  fvcore_products  of these the operators that multiply matrices: conv, linear, addmm, matmul, bmm, einsum
  ptflops          get_model_complexity_info(backend="aten"): matrix products and batch norm alone
"""
import argparse
import importlib.util
import json
import sys
import warnings
from pathlib import Path

import timm
import torch
import torchvision
import transformers
from fvcore.nn import FlopCountAnalysis
from ptflops import get_model_complexity_info

TOKENS = 128
PRODUCTS = ("conv", "linear", "addmm", "matmul", "bmm", "einsum", "baddbmm")


def build(case):
    library, name, options = case
    is_text = library == "transformers" and not any(word in name for word in ("ViT", "Dino", "ConvNext"))
    with torch.device("meta" if is_text else "cpu"):
        if library == "timm":
            model = timm.create_model(name, pretrained=False, **options)
            size = model.pretrained_cfg["input_size"]
            side = getattr(getattr(model, "patch_embed", None), "img_size", None)
            return model, ("image", [1, 3, *(side or size[1:])])
        if library == "torchvision":
            return getattr(torchvision.models, name)(weights=None, **options), ("image", [1, 3, 224, 224])
        kind, head = name.split(":")
        config = getattr(transformers, kind + "Config")(**options)
        config._attn_implementation = "eager"
        config.use_cache = False
        model = getattr(transformers, kind + head)(config)
        if hasattr(config, "image_size") or kind == "ConvNext":
            side = getattr(config, "image_size", 224)
            side = 224 if kind == "ConvNext" else side
            return model, ("image", [1, 3, side, side])
        return model, ("text", [1, TOKENS])


class Tuple(torch.nn.Module):
    """Calls a transformers model so that it answers with tensors alone, which a trace can hold."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        answer = self.model(x)
        return answer if isinstance(answer, torch.Tensor) else answer[0]


def count(model, kind, shape):
    device = next(model.parameters()).device
    x = torch.zeros(shape, device=device, dtype=torch.long if kind == "text" else torch.float32)
    analysis = FlopCountAnalysis(Tuple(model).eval(), x)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    total = int(analysis.total())
    by_operator = analysis.by_operator()
    products = int(sum(v for k, v in by_operator.items() if k in PRODUCTS))
    macs, _ = get_model_complexity_info(Tuple(model).eval(), tuple(shape[1:]), as_strings=False, print_per_layer_stat=False, verbose=False, backend="aten",
                                        input_constructor=lambda _: {"x": x})
    return {"fvcore": total, "fvcore_products": products, "ptflops": None if macs is None else int(macs)}, dict(by_operator)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--only", nargs="*", help="labels")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "cost.json")
    parser.add_argument("--operators", action="store_true", help="print fvcore's operators")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    timm.layers.set_fused_attn(False)
    torch.backends.mha.set_fastpath_enabled(False)
    plain = torch.nn.MultiheadAttention.forward  # torchvision's; asked for its weights it multiplies them
    torch.nn.MultiheadAttention.forward = lambda self, *words, **keys: plain(self, *words, **(keys | {"need_weights": True}))
    spec = importlib.util.spec_from_file_location("cases", args.cases)
    cases = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cases)
    rows = []
    for label, case in cases.MODELS.items():
        if args.only and label not in args.only:
            continue
        try:
            model, (kind, shape) = build(case)
            counts, operators = count(model, kind, shape)
        except Exception as error:  # a model that cannot be traced is told, not hidden
            print(label, type(error).__name__, str(error)[:300], file=sys.stderr)
            continue
        names = {n for n, _ in model.named_parameters(remove_duplicate=False)}
        buffers = sum(t.numel() for n, t in model.state_dict().items() if n not in names)
        row = {"model": label, "input": shape, "parameters": sum(p.numel() for p in model.parameters()), "buffers": buffers} | counts
        rows.append(row)
        print(json.dumps(row), operators if args.operators else "", flush=True)
    import importlib.metadata as metadata
    made = {m: metadata.version(m) for m in ("torch", "timm", "torchvision", "transformers", "fvcore", "ptflops")}
    text = ",\n".join("  " + json.dumps(row) for row in rows)
    args.out.write_text(f'{{"versions": {json.dumps(made)}, "text_tokens": {TOKENS}, "models": [\n{text}\n]}}\n')


main()
