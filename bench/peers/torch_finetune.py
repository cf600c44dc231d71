"""Fine-tuning's peer in PyTorch and scikit-learn: the same network, weights, clips and steps as bench/finetune-parity.ts.

    pip install torch scikit-learn numpy && python bench/peers/torch_finetune.py FOLDER

FOLDER is what bench/finetune-parity.ts writes: settings.json, pixels and labels of three splits, weights by layer. One
JSON line for each check and each run goes to stdout. Nothing but pixels, pretrained weights and settings is taken from
there: standardisation, prior, data order, training and choice are done here anew.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import sklearn
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional as F

from torch_mobilenet import Backbone



def fine_tune(clips, settings, run):
    """One run of full fine-tuning: its figures after the last step, and at its best round on the reward split."""
    model = clips.fresh_model()
    optimizer = adamw(model, run["rate"], run["headRate"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_up_and_cosine(step / run["steps"]))
    own = batches(len(clips.labels["train"]), settings["batchSize"], np.random.default_rng(run["seed"]))
    order = iter(run["batches"]) if "batches" in run else own
    best = None
    for step in range(1, run["steps"] + 1):
        train_step(model, optimizer, clips, next(order))
        schedule.step()
        if step % run["roundSteps"] == 0 or step == run["steps"]:
            reward = clips.evaluate(model, "reward")
            test = clips.evaluate(model, "test")
            if best is None or (reward["score"], -reward["loss"]) > best[0]:
                best = ((reward["score"], -reward["loss"]), test)
    return {"accuracy": test["accuracy"], "loss": test["loss"], "bestAccuracy": best[1]["accuracy"]}


def warm_up_and_cosine(progress):
    """Over a tenth of the steps from a tenth of the rate up to it, then half a cosine down to 0."""
    if progress < 0.1:
        return max(0.1, progress / 0.1)
    return (1 + math.cos(math.pi * min(1, (progress - 0.1) / 0.9))) / 2


def linear_probe(clips, settings):
    """Logistic regression for every strength of L2; the best on the reward split is the chosen one."""
    features = {split: clips.head_inputs(split) for split in clips.labels}
    x, y = features["train"].double().numpy(), clips.labels["train"].numpy()
    scale = (x**2).sum() / len(y)
    rows = []
    for l2 in settings["l2"]:
        solver = LogisticRegression(C=1 / (len(y) * l2 * scale), tol=1e-6, max_iter=20000)
        solver.fit(x, y)
        scored = {}
        for split in ("reward", "test"):
            logits = solver.decision_function(features[split].double().numpy())
            logits = torch.tensor(logits if logits.ndim == 2 else np.stack([-logits / 2, logits / 2], 1))
            scored[split] = clips.figures(logits, split)
        rows.append({"l2": l2, "key": (scored["reward"]["score"], -scored["reward"]["loss"]), **scored["test"]})
    chosen = max(rows, key=lambda row: row["key"])
    return [{"l2": row["l2"], "chosen": row is chosen, "accuracy": row["accuracy"], "loss": row["loss"]}
            for row in rows]


class Clips:
    """Pixels [clips, T, H, W, 3] uint8 and labels [clips] of the splits, and what networks make of them."""

    def __init__(self, folder, settings):
        self.folder, self.settings = folder, settings
        splits = ("train", "reward", "test")
        self.pixels = {split: torch.from_numpy(np.load(folder / f"{split}.pixels.npy")) for split in splits}
        self.labels = {split: torch.from_numpy(np.load(folder / f"{split}.labels.npy")).long() for split in splits}
        self.mean, self.deviation = self.statistics()

    def frames(self, split, rows):
        """[clips·T, 3, H, W] as the network takes them."""
        pixels = self.pixels[split][rows].flatten(0, 1).float()
        scaled = pixels * torch.tensor(self.settings["scale"]) + torch.tensor(self.settings["shift"])
        return scaled.permute(0, 3, 1, 2)

    def parts(self, split, size=32):
        return torch.arange(len(self.labels[split])).split(size)

    @torch.no_grad()
    def statistics(self):
        """Of the pretrained features over the train split's clips and frames, by channel."""
        backbone = Backbone(self.folder).eval()
        pooled = torch.cat([backbone(self.frames("train", rows)) for rows in self.parts("train")]).double()
        # One deviation for all channels, as src/models/head.ts has it.
        deviation = pooled.var(0, unbiased=False).mean().sqrt()
        return pooled.mean(0).float(), deviation.expand(pooled.shape[1]).clone().float()

    def fresh_model(self):
        """The pretrained backbone under a head that guesses by the train split's class frequencies."""
        counts = torch.bincount(self.labels["train"], minlength=self.settings["classes"]).double().clamp(min=0.5)
        model = ClipClassifier(Backbone(self.folder), self.mean, self.deviation, self.settings)
        nn.init.zeros_(model.head.weight)
        model.head.bias.data = (counts / counts.sum()).log().float()
        return model.eval()  # batch normalisation by the stored statistics, which never move; scale and shift learn

    @torch.no_grad()
    def head_inputs(self, split):
        model = self.fresh_model()
        return torch.cat([model.head_inputs(self.frames(split, rows)) for rows in self.parts(split)])

    @torch.no_grad()
    def evaluate(self, model, split):
        return self.figures(torch.cat([model(self.frames(split, rows)) for rows in self.parts(split)]), split)

    def figures(self, logits, split):
        """Accuracy and score (half accuracy, half the true class's mean probability), loss in nats."""
        labels = self.labels[split]
        losses = F.cross_entropy(logits, labels, reduction="none")
        correct = (logits.argmax(1) == labels).double()
        return {"accuracy": self.mean_of(correct, labels), "loss": losses.mean().item(),
                "score": self.mean_of((correct + torch.exp(-losses.double())) / 2, labels)}

    def mean_of(self, values, labels):
        if not self.settings["balanced"]:
            return values.mean().item()
        return torch.stack([values[labels == label].mean() for label in labels.unique()]).mean().item()


class ClipClassifier(nn.Module):
    """[B·T, 3, H, W] → [B, classes] logits: one linear layer on all frames' standardised features."""

    def __init__(self, backbone, mean, deviation, settings):
        super().__init__()
        self.backbone = backbone
        self.frames = settings["frames"]
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)
        self.head = nn.Linear(self.frames * len(mean), settings["classes"])

    def head_inputs(self, x):
        return ((self.backbone(x) - self.mean) / self.deviation).reshape(-1, self.head.in_features)

    def forward(self, x):
        return self.head(self.head_inputs(x))


def adamw(model, rate, head_rate):
    """torch's defaults: betas 0.9 and 0.999, weight decay 0.01 on everything."""
    return torch.optim.AdamW([{"params": model.backbone.parameters(), "lr": rate},
                              {"params": model.head.parameters(), "lr": head_rate}])


def train_step(model, optimizer, clips, rows):
    rows = torch.as_tensor(rows)
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(clips.frames("train", rows)), clips.labels["train"][rows])
    loss.backward()
    optimizer.step()
    return loss.item()


def batches(clips, size, rng):
    """Shuffled passes without end; a batch may straddle two."""
    order = np.empty(0, dtype=np.int64)
    while True:
        while len(order) < size:
            order = np.concatenate([order, rng.permutation(clips)])
        yield order[:size]
        order = order[size:]


@torch.no_grad()
def check_forward(clips, folder):
    """Logits of test clips under a random head, against ours."""
    model = clips.fresh_model()
    model.head.weight.data = torch.from_numpy(np.load(folder / "check.kernel.npy")).T.contiguous()
    ours = torch.from_numpy(np.load(folder / "check.logits.npy"))
    theirs = model(clips.frames("test", torch.arange(len(ours))))
    return {"check": "forward", "clips": len(ours), "largestLogit": ours.abs().max().item(),
            "maxLogitDifference": (ours - theirs).abs().max().item()}


def check_steps(clips, check):
    """Train losses of the first steps on the same batches at constant rates, against ours."""
    model = clips.fresh_model()
    optimizer = adamw(model, check["rate"], check["headRate"])
    return {"check": "steps", "ours": check["losses"],
            "theirs": [train_step(model, optimizer, clips, rows) for rows in check["batches"]]}


def main():
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text())
    torch.set_num_threads(settings["threads"])
    threadpool_limits(settings["threads"])  # numpy's and scikit-learn's own
    clips = Clips(folder, settings)
    put = lambda **line: print(json.dumps({"data": settings["data"], **line}), flush=True)
    put(**check_forward(clips, folder))
    put(**check_steps(clips, settings["check"]))
    for row in linear_probe(clips, settings):
        put(engine="scikit-learn", version=sklearn.__version__, schedule="linearProbe", **row)
    for run in settings["runs"]:
        named = {**{key: run[key] for key in ("seed", "rate", "steps")}, "sameBatches": "batches" in run}
        put(engine="torch", version=torch.__version__, schedule="fullFineTune", **named,
            **fine_tune(clips, settings, run))


if __name__ == "__main__":
    main()
