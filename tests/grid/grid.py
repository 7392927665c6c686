# SPDX-License-Identifier: GPL-3.0-or-later
"""Every family x every rule x two student shapes: is the student what the stock class loads?

    python tests/grid/grid.py --cli build/bin/heirloom-cli [--only llama swin] [--report grid.md]

Run by hand; needs torch, timm, torchvision, transformers and safetensors. For each family a small
random teacher is saved as the stock class saves it. For each rule that `heirloom-cli strategies`
lists, `heirloom-cli select` makes each student, the stock class loads it with strict=True and runs
it: pass when all logits are finite, and for Net2Net equal to the teacher's. A combination that a
rule refuses is a refusal only where EXPECTED knows the rule and the sentence; all else is a failure.
"""
import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

warnings.filterwarnings("ignore")
from families import FAMILIES  # noqa: E402

TOLERANCE = 1e-4  # float32 logits of a student that keeps the function

# (kind, rule): what the refusal must say. Nothing else may be refused.
EXPECTED = {
    ("layers", "distilbert"): r"the table has no row for \d+ of \d+ layers",
    ("published", "as published"): r"the teacher has no tensor of this name, which the published rule needs",
    ("growth", "net2net"): r"normalises after each addition, so no block of it is an identity",
}


def randomise(model, seed):
    """All parameters and statistics away from 0 and 1, so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            p.copy_(1 + 0.1 * noise if p.dim() == 1 and name.endswith("weight") else noise * (0.1 if p.dim() < 2 else 1 / max(1, p[0].numel()) ** 0.5))
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(0.1 * torch.randn(b.shape, generator=generator))
            elif name.endswith("running_var"):
                b.copy_(0.5 + torch.rand(b.shape, generator=generator))
    return model.eval()


def tied_names(model):
    """Second names of a tensor that has several, which stock checkpoints leave out: {second: first}."""
    first, second = {}, {}
    for name, p in model.named_parameters(remove_duplicate=False):
        if id(p) in first:
            second[name] = first[id(p)]
        else:
            first[id(p)] = name
    return second


def save(model, path):
    left_out = tied_names(model)
    save_file({k: v.contiguous() for k, v in model.state_dict().items() if k not in left_out}, path, metadata={"format": "pt"})


def load(model, path):
    """strict=True; a tied second name takes the tensor of the first, as from_pretrained does."""
    state = load_file(path)
    for second, first in tied_names(model).items():
        if second not in state and first in state:
            state[second] = state[first]
    model.load_state_dict(state, strict=True)
    return model.eval()


def run(model, family):
    if family.image:
        x = torch.randn(2, 3, family.image, family.image, generator=torch.Generator().manual_seed(7))
    else:
        x = torch.randint(5, 90, (2, 12), generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        answer = model(x)
    if not isinstance(answer, torch.Tensor):
        answer = answer["logits"] if "logits" in answer else answer["last_hidden_state"]
    return answer


class Family:
    """One family's files in a folder, and its counts."""

    def __init__(self, family, folder, cli):
        self.family, self.folder, self.cli = family, folder, cli
        self.rows = []  # kind, rule, shape, verdict, reason
        self.teacher = randomise(family.build(family.teacher), 1)
        self.files = {"teacher": folder / "teacher.safetensors"}
        save(self.teacher, self.files["teacher"])
        self.logits = run(self.teacher, family)
        self.sizes = {"half": family.students[0], "uneven": family.students[1], "wider": family.wider, "deeper": family.deeper}
        for shape, sizes in self.sizes.items():
            self.files[shape] = folder / f"{shape}.safetensors"
            save(randomise(family.build(sizes), 2), self.files[shape])

    def select(self, shape, words):
        out = self.folder / "out.safetensors"
        out.unlink(missing_ok=True)
        hint = self.family.hint
        command = [self.cli, "select", f"{self.files['teacher']}{hint(self.family.teacher)}", "--student", f"{self.files[shape]}{hint(self.sizes[shape])}", "--seed", "5", "-o", str(out), *words]
        done = subprocess.run(command, capture_output=True, text=True)
        return out, done

    def verdict(self, kind, rule, shape, words):
        out, done = self.select(shape, words)
        if done.returncode == 1 and (kind, rule) in EXPECTED and re.search(EXPECTED[kind, rule], done.stderr):
            return "refused", done.stderr.strip()
        if done.returncode != 0:
            return "FAILED", f"exit {done.returncode}: {done.stderr.strip()}"
        try:
            student = load(self.family.build(self.sizes[shape]), out)
            logits = run(student, self.family)
        except Exception as error:
            return "FAILED", f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
        if not torch.isfinite(logits).all():
            return "FAILED", "logits are not finite"
        if (kind, rule) == ("growth", "net2net") and logits.shape == self.logits.shape:
            difference = (logits - self.logits).abs().max().item()
            if difference > TOLERANCE:
                return "FAILED", f"logits differ from the teacher's by {difference:.2g}"
            return "pass", f"logits equal to {difference:.1g}"
        return "pass", ""

    def try_all(self, rules):
        for kind, rule, words in rules:
            for shape in ("wider", "deeper") if kind == "growth" else ("half", "uneven"):
                chosen = words(self.family, self.sizes[shape])
                verdict, reason = self.verdict(kind, rule, shape, chosen) if chosen is not None else ("FAILED", "no space is known for an explicit list")
                self.rows.append((kind, rule, shape, verdict, reason.replace(str(self.folder) + "/", "")))


def explicit(family, sizes):
    """The first units of every MLP, or of the first residual stream where MLPs differ in size."""
    if family.mlp[0]:
        return ["--set", f"{family.mlp[0]}=explicit:indices=" + "-".join(map(str, range(1, sizes[family.mlp[1]] // family.mlp[2] + 1)))]
    name = family.name
    if "torchvision" in name and "resnet" in name:
        return ["--set", "layer1.0.channels1=explicit:indices=" + "-".join(map(str, range(sizes["group"])))]
    space = "layer1.residual" if "CIFAR" in name else "layer1.0.channels*" if "resnet" in name else "stages.0.residual"
    count = sizes["dims"][0] * (2 if "wide" in name else 1)
    space = "layers.0.residual" if "swin" in name else space
    return ["--set", f"{space}=explicit:indices=" + "-".join(map(str, range(count)))]


def all_rules(cli):
    """Kind, name and the words of each rule that the program lists, and the published rule."""
    listed = json.loads(subprocess.run([cli, "strategies", "--json"], capture_output=True, text=True, check=True).stdout)
    flags = {"layers": "--layers", "elements": "--element", "weights": "--weights", "growth": "--growth"}
    rules = []
    for entry in listed:
        kind, name = entry["kind"], entry["name"]
        if kind == "growth" and name == "none":
            continue
        if name == "explicit":
            rules.append((kind, name, explicit))
            continue
        rules.append((kind, name, lambda family, sizes, words=(flags[kind], name): list(words)))
        for option in entry.get("options", []):  # each word of an option that is a choice
            for value in option["values"].split("|") if "|" in option["values"] else []:
                if value != option["default"]:
                    words = (flags[kind], f"{name}:{option['name']}={value}")
                    rules.append((kind, f"{name}:{option['name']}={value}", lambda family, sizes, words=words: list(words)))
    rules.append(("published", "as published", lambda family, sizes: ["--as-published"]))
    return rules


def report(families, rules):
    lines = ["| family | " + " | ".join(kinds := list(dict.fromkeys(kind for kind, *_ in rules))) + " | pass | refused | failed |"]
    lines.append("|---" * (len(kinds) + 4) + "|")
    total = collections.Counter()
    for name, rows in families:
        counts = collections.Counter(verdict for *_, verdict, _ in rows)
        total += counts
        cells = [f"{sum(r[3] == 'pass' for r in rows if r[0] == kind)}/{sum(r[0] == kind for r in rows)}" for kind in kinds]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {counts['pass']} | {counts['refused']} | {counts['FAILED']} |")
    lines.append(f"\n{sum(total.values())} combinations: {total['pass']} pass, {total['refused']} refused by rule, {total['FAILED']} failed.\n")
    for verdict in ("FAILED", "refused"):
        grouped = collections.defaultdict(list)
        for name, rows in families:
            for kind, rule, shape, given, reason in rows:
                if given == verdict:
                    grouped[reason].append(f"{name} / {kind} {rule} / {shape}")
        for reason, where in sorted(grouped.items(), key=lambda one: -len(one[1])):
            lines.append(f"{verdict} ({len(where)}): {reason}")
            lines += [f"    {one}" for one in where]
    return "\n".join(lines) + "\n", total["FAILED"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cli", required=True, help="heirloom-cli")
    parser.add_argument("--only", nargs="*", default=[], help="families whose name contains one of these")
    parser.add_argument("--kind", nargs="*", default=[], help="layers, elements, weights, growth, published")
    parser.add_argument("--report", type=Path, help="write the table here too")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rules = [one for one in all_rules(args.cli) if not args.kind or one[0] in args.kind]
    done = []
    for family in FAMILIES:
        if args.only and not any(word in family.name for word in args.only):
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                one = Family(family, Path(folder), args.cli)
                one.try_all(rules)
                rows = one.rows
            except Exception as error:
                rows = [("family", "could not be built", "all", "FAILED", f"{type(error).__name__}: {error}")]
        done.append((family.name, rows))
        counts = collections.Counter(verdict for *_, verdict, _ in rows)
        print(f"{family.name}: {dict(counts)}", file=sys.stderr, flush=True)
    text, failed = report(done, rules)
    print(text)
    if args.report:
        args.report.write_text(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
