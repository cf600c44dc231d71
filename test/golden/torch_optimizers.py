"""Writes torch_optimizers.json: 50 steps of torch.optim with a rate a group and groups frozen in between.

    pip install torch && python test/golden/torch_optimizers.py

A frozen group's gradients are None, as after `requires_grad_(False)` and `zero_grad(set_to_none=True)`.
Gradients are random, biased towards the start values, over four orders of magnitude; all cases share them.
"""
import json
from pathlib import Path

import torch

STEPS = 50
SIZES = {"stem/kernel": 7, "body/gamma": 4, "head/kernel": 6}
CASES = {
    "sgd": {"kind": "sgd"},
    "sgd with weight decay": {"kind": "sgd", "weightDecay": 0.01},
    "sgd with momentum": {"kind": "sgd", "momentum": 0.9},
    "sgd with Nesterov momentum and weight decay": {
        "kind": "sgd", "momentum": 0.8, "nesterov": True, "weightDecay": 0.02},
    "adam": {"kind": "adam"},
    "adamw": {"kind": "adamw"},
    "adamw with its own betas, epsilon and weight decay": {
        "kind": "adamw", "betas": [0.8, 0.95], "epsilon": 1e-3, "weightDecay": 0.1},
}


def rates(step):
    """Learning rate of each group, None while frozen."""
    body = None if step < 10 or 25 <= step < 35 else 0.003 if step < 40 else 0.0005
    stem = None if step < 20 or 30 <= step < 33 else 0.001
    return {"stem/kernel": stem, "body/gamma": body, "head/kernel": 0.01 if step < 30 else 0.004}


def build(options, groups):
    options = dict(options)
    kind = options.pop("kind")
    names = {"weightDecay": "weight_decay", "epsilon": "eps"}
    options = {names.get(name, name): value for name, value in options.items()}
    make = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
    return make(groups, lr=0.0, foreach=False, **options)


def run(options, start, gradients):
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
    optimizer = build(options, [{"params": [parameter]} for parameter in parameters.values()])
    trace = []
    for step in range(STEPS):
        for group, (name, rate) in zip(optimizer.param_groups, rates(step).items()):
            parameters[name].grad = None if rate is None else gradients[step][name].clone()
            group["lr"] = 0.0 if rate is None else rate
        optimizer.step()
        trace.append({name: parameter.detach().clone() for name, parameter in parameters.items()})
    slot_names = {"exp_avg": "m", "exp_avg_sq": "v", "momentum_buffer": "momentum"}
    slots = {
        name: {slot_names[key]: value for key, value in optimizer.state[parameter].items()
               if key in slot_names and value is not None}
        for name, parameter in parameters.items()
    }
    return trace, slots


def plain(tree):
    if isinstance(tree, torch.Tensor):
        return [float(f"{value:.9g}") for value in tree.tolist()]  # 9 digits name a float32
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    return [plain(value) for value in tree]


def main():
    torch.manual_seed(1)
    start = {name: torch.randn(size) for name, size in SIZES.items()}
    scales = {name: 10.0 ** torch.randint(-3, 1, (size,)) for name, size in SIZES.items()}
    gradients = [
        {name: scales[name] * (0.3 * start[name] + torch.randn(size)) for name, size in SIZES.items()}
        for _ in range(STEPS)
    ]
    cases = []
    for name, options in CASES.items():
        trace, slots = run(options, start, gradients)
        cases.append({"name": name, "options": options, "values": plain(trace), "slots": plain(slots)})
    golden = {
        "torch": torch.__version__.split("+")[0],
        "rates": [rates(step) for step in range(STEPS)],
        "start": plain(start),
        "gradients": plain(gradients),
        "cases": cases,
    }
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
