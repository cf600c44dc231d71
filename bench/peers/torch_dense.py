"""Peer of detection and segmentation in PyTorch: network, weights, pictures and steps of bench/dense-parity.ts.

    pip install torch numpy scipy pycocotools && python bench/peers/torch_dense.py FOLDER [--times]

FOLDER is what bench/dense-parity.ts writes: settings.json, pixels, boxes or masks of two splits at the input's size,
weights by layer. One JSON line for each check and each run goes to stdout. Standardisation, prior, targets, data order,
training and scores are done here anew. With --times, for each number on stdin so many steps, and a line of their
milliseconds.
"""
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from torch_dense_tasks import TASKS
from torch_finetune import batches, warm_up_and_cosine
from torch_mobilenet import Backbone


class Maps(Backbone):
    """The last maps of the strides outside residual blocks: [N, 3, H, W] → a list [N, C, H/stride, W/stride]."""

    EXPANSIONS = {8: 6, 16: 13}  # the block whose expansion is the last at that stride; 32: the network's end

    def __init__(self, folder, strides):
        super().__init__(folder, self.EXPANSIONS.get(strides[-1]))  # what lies behind is nobody's
        self.strides = strides

    def forward(self, x):
        x, maps = x.contiguous(memory_format=torch.channels_last), []
        for index, layer in enumerate(self.layers[:-1]):
            if index - 1 in self.EXPANSIONS.values():
                expand, depthwise, project = layer.layers
                maps.append(expand(x))
                x = project(depthwise(maps[-1]))
            else:
                x = layer(x)
        return [*maps, self.layers[-1](x)][-len(self.strides):]


class DetectionHead(nn.ModuleDict):
    """A feature pyramid and a tower of separable convolutions that all levels share: maps → [N, places, units]."""

    def __init__(self, channels, strides, start, width=64):
        super().__init__()
        for stride, own in zip(strides, channels):
            self[f"head_lateral_{stride}"] = nn.Conv2d(own, width, 1)
        for name in ("head_tower_1", "head_tower_2"):
            self[f"{name}_depthwise"] = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
            self[name] = nn.Conv2d(width, width, 1)
        self["head_output"] = nn.Conv2d(width, len(start), 1)
        self.strides = strides
        initialise(self, start)

    def forward(self, maps):
        fused = [self[f"head_lateral_{stride}"](own) for stride, own in zip(self.strides, maps)]
        for i in reversed(range(len(fused) - 1)):
            fused[i] = fused[i] + F.interpolate(fused[i + 1], scale_factor=self.strides[i + 1] // self.strides[i])
        return torch.cat([self.tower(own).flatten(2).transpose(1, 2) for own in fused], 1)

    def tower(self, x):
        for name in ("head_tower_1", "head_tower_2"):
            x = F.relu(self[name](self[f"{name}_depthwise"](x)))
        return self["head_output"](x)


class SegmentationHead(nn.ModuleDict):
    """LR-ASPP with a gate by the whole map (Howard et al. 2019): maps → [N, units, h, w]."""

    def __init__(self, channels, strides, start, width=128):
        super().__init__()
        self["head_aspp"] = nn.Conv2d(channels[-1], width, 1)
        self["head_gate"] = nn.Linear(channels[-1], width)
        self["head_output"] = nn.Conv2d(sum(channels[:-1]) + width, len(start), 1)
        self.strides = strides
        initialise(self, start)

    def forward(self, maps):
        gate = self["head_gate"](maps[-1].mean((2, 3))).sigmoid()
        gated = F.relu(self["head_aspp"](maps[-1])) * gate[:, :, None, None]
        joined = [upsampled(own, stride // self.strides[0]) for own, stride in zip([*maps[:-1], gated], self.strides)]
        return self["head_output"](torch.cat(joined, 1))


def upsampled(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


HEADS = {"object-detection": DetectionHead, "scene-segmentation": SegmentationHead}


@torch.no_grad()
def initialise(head, start):
    """Glorot uniform; the last layer at zero with a bias that guesses."""
    for name, layer in head.items():
        rows, columns = layer.weight.shape[:2]
        window = layer.weight[0, 0].numel()
        fan = window * 2 if name.endswith("depthwise") else window * (rows + columns)
        layer.weight.uniform_(-math.sqrt(6 / fan), math.sqrt(6 / fan))
        if layer.bias is not None:
            layer.bias.zero_()
    head["head_output"].weight.zero_()
    head["head_output"].bias.copy_(torch.tensor(start))


class Model(nn.Module):
    def __init__(self, backbone, head, scales):
        super().__init__()
        self.backbone, self.head, self.scales = backbone, head, scales

    def forward(self, x):
        return self.head([(own - mean) / deviation for own, (mean, deviation) in zip(self.backbone(x), self.scales)])


class Pictures:
    """Pixels [N, H, W, 3] uint8 and what is true of them, and what networks make of them."""

    def __init__(self, folder, settings):
        self.folder, self.settings, self.strides = folder, settings, settings["strides"]
        splits = ("train", "test")
        self.pixels = {split: torch.from_numpy(np.load(folder / f"{split}.pixels.npy")) for split in splits}
        self.truth = {split: self.read(split) for split in splits}
        self.task = TASKS[settings["task"]](settings["size"], self.strides, settings["classes"], self.truth["train"])
        self.targets = {split: [self.task.target(each) for each in own] for split, own in self.truth.items()}
        self.channels, self.scales = self.statistics()

    def read(self, split):
        masks = self.folder / f"{split}.masks.npy"
        if masks.exists():
            return [*np.load(masks)]
        boxes = json.loads((self.folder / f"{split}.boxes.json").read_text())
        return [np.array(own, dtype=np.float64).reshape(-1, 5) for own in boxes]

    def frames(self, split, rows):
        scale, shift = torch.tensor(self.settings["scale"]), torch.tensor(self.settings["shift"])
        return (self.pixels[split][rows].float() * scale + shift).permute(0, 3, 1, 2)

    def parts(self, split, size=16):
        return torch.arange(len(self.truth[split])).split(size)

    @torch.no_grad()
    def statistics(self):
        """Of the pretrained maps over the train split, a mean a channel and one deviation."""
        backbone = Maps(self.folder, self.strides).eval()
        sums = None
        for rows in self.parts("train"):
            maps = [own.double() for own in backbone(self.frames("train", rows))]
            now = [(own.mean((2, 3)).sum(0), (own**2).mean((2, 3)).sum(0)) for own in maps]
            sums = now if sums is None else [(a + c, b + d) for (a, b), (c, d) in zip(sums, now)]
        scales = []
        for total, squares in sums:
            mean = total / len(self.truth["train"])
            deviation = (squares / len(self.truth["train"]) - mean**2).mean().sqrt()
            scales.append((mean.float()[:, None, None], deviation.float()))
        return [len(total) for total, _ in sums], scales

    def model(self, weights=None):
        """Pretrained under a fresh head; or with the weights of a folder, head and all."""
        head = HEADS[self.settings["task"]](self.channels, self.strides, self.task.start)
        if weights is not None:
            for name, layer in head.items():
                load(layer, self.folder / weights / "weights", name)
        model = Model(Maps(self.folder / (weights or ""), self.strides), head, self.scales)
        return model.to(memory_format=torch.channels_last).eval()  # the stored statistics normalise, and never move

    @torch.no_grad()
    def evaluate(self, model):
        """On the test split: its mean loss, and the task's figures."""
        losses, predictions = [], []
        for rows in self.parts("test"):
            values = model(self.frames("test", rows))
            losses.append(self.task.loss(values, [self.targets["test"][row] for row in rows]))
            predictions += self.task.predict(values)
        return {"loss": torch.cat(losses).mean().item(), **self.task.figures(self.truth["test"], predictions)}

    def step(self, model, optimizer, rows):
        optimizer.zero_grad(set_to_none=True)
        values = model(self.frames("train", torch.as_tensor(rows)))
        loss = self.task.loss(values, [self.targets["train"][row] for row in rows]).mean()
        loss.backward()
        optimizer.step()
        return loss.item()


@torch.no_grad()
def load(layer, folder, name):
    depthwise = isinstance(layer, nn.Conv2d) and layer.groups > 1
    kernel = torch.from_numpy(np.load(folder / f"{name}.{'depthwise_kernel' if depthwise else 'kernel'}.npy"))
    if kernel.ndim == 2:
        layer.weight.copy_(kernel.T)
    else:
        layer.weight.copy_(kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1))
    if layer.bias is not None:
        layer.bias.copy_(torch.from_numpy(np.load(folder / f"{name}.bias.npy")))


def adamw(model, rate, head_rate):
    """torch's defaults: betas 0.9 and 0.999, weight decay 0.01 on everything; fused is its fastest on CPUs."""
    return torch.optim.AdamW([{"params": model.backbone.parameters(), "lr": rate},
                              {"params": model.head.parameters(), "lr": head_rate}], fused=True)


def fine_tune(pictures, run):
    """Figures after the last step."""
    torch.manual_seed(run["seed"])
    model = pictures.model(run.get("start"))
    optimizer = adamw(model, run["rate"], run["headRate"])
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: warm_up_and_cosine(step / run["steps"]))
    own = batches(len(pictures.truth["train"]), pictures.settings["batchSize"], np.random.default_rng(run["seed"]))
    order = iter(run["batches"]) if "batches" in run else own
    for _ in range(run["steps"]):
        pictures.step(model, optimizer, next(order))
        schedule.step()
    return pictures.evaluate(model)


ROUNDING = 6e-8  # half a unit in the last place of a float


def check_steps(pictures, check):
    """Train losses of the first steps from the same weights on the same batches at constant rates, against ours, and
    against the peer's own from weights that differ by a rounding."""
    def losses(noise):
        model = pictures.model(check["start"])
        torch.manual_seed(1)
        with torch.no_grad():
            for own in model.parameters():
                own.mul_(1 + noise * torch.randn_like(own))
        optimizer = adamw(model, check["rate"], check["headRate"])
        return [pictures.step(model, optimizer, rows) for rows in check["batches"]]
    return {"check": "steps", "ours": check["losses"], "theirs": losses(0), "rounded": losses(ROUNDING)}


def measure_times(pictures):
    model = pictures.model()
    optimizer = adamw(model, 1e-4, 1e-3)
    order = batches(len(pictures.truth["train"]), pictures.settings["batchSize"], np.random.default_rng(1))
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            started = time.perf_counter()
            pictures.step(model, optimizer, next(order))
            times.append(round((time.perf_counter() - started) * 1000, 2))
        print(json.dumps(times), flush=True)


def main():
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text())
    torch.set_num_threads(settings["threads"])
    pictures = Pictures(folder, settings)
    if "--times" in sys.argv:
        return measure_times(pictures)
    put = lambda **line: print(json.dumps({"data": settings["data"], **line}), flush=True)
    put(**check_steps(pictures, settings["check"]))
    trained = settings["trained"]
    put(check="score", ours=trained["figures"], theirs=pictures.evaluate(pictures.model(trained["weights"])))
    for run in settings["runs"]:
        put(engine="torch", version=torch.__version__, seed=run["seed"], steps=run["steps"], rate=run["rate"],
            sameStart="start" in run, **fine_tune(pictures, run))


if __name__ == "__main__":
    main()
