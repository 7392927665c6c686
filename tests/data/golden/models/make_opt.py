# SPDX-License-Identifier: CC0-1.0
"""hf-opt-*.json, in the form of the other files here: OPT's stock state dicts.

    python make_opt.py
"""
import json
from pathlib import Path

import torch
import transformers as T

MODELS = {
    "hf-opt-125m": (T.OPTForCausalLM, {}),
    "hf-opt-350m": (T.OPTForCausalLM, dict(hidden_size=1024, num_hidden_layers=24, ffn_dim=4096, num_attention_heads=16, word_embed_proj_dim=512, do_layer_norm_before=False)),
    "hf-opt-125m-classifier": (T.OPTForSequenceClassification, dict(num_labels=3)),
}
FACTS = ["model_type", "hidden_size", "num_hidden_layers", "ffn_dim", "num_attention_heads", "word_embed_proj_dim", "do_layer_norm_before", "enable_bias", "vocab_size", "max_position_embeddings", "tie_word_embeddings"]


def row(value):
    return json.dumps(value)


def main():
    for label, (kind, options) in MODELS.items():
        config = T.OPTConfig(**options)
        with torch.device("meta"):
            model = kind(config)
        model.tie_weights()
        parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}
        entries = [[name, list(t.shape), "F32", name not in parameters] for name, t in model.state_dict().items()]
        facts = {"family": "opt", "class": kind.__name__, "config": {key: getattr(config, key) for key in FACTS} | {"id2label": config.id2label}}
        tied = [["model.decoder.embed_tokens.weight", "lm_head.weight"]] if kind is T.OPTForCausalLM else []
        head = {"model": label, "library": "transformers", "version": T.__version__, "options": options, "facts": facts, "parameters": sum(p.numel() for p in model.parameters()), "tied": tied}
        lines = [f'"{key}": {row(value)}' for key, value in head.items()]
        lines.append('"entries": [\n' + ",\n".join(row(entry) for entry in entries) + "]")
        (Path(__file__).parent / f"{label}.json").write_text("{" + ",\n".join(lines) + "}\n")


main()
