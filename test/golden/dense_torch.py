"""Targets, losses and their gradients by the formulas of bench/peers/torch_dense_tasks.py in PyTorch, for
test/models/tasks/dense-golden.test.ts.

pip install torch numpy scipy pycocotools && python test/golden/dense_torch.py > test/golden/dense_torch.json

Sets of four pictures. Of detection: boxes [label, x, y, width, height] in quarters of a pixel, some over others, small
ones and ones as large as the picture; outputs [places, classes + 4], some past the bound of a side's logarithm. Of
segmentation: masks, a letter a pixel (a is class 0, - is ignored); outputs [h, w, classes] and the classes predicted.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "bench" / "peers"))
from torch_dense_tasks import IGNORED, Detection, Segmentation  # noqa: E402

SIZE, PICTURES = (64, 96), 4
rng = np.random.default_rng(5)


def rounded(values, digits=7):
    return [float(f"{value:.{digits}g}") for value in np.asarray(values, dtype=np.float64).reshape(-1)]


def outputs(*shape):
    return np.round(rng.normal(0, 2, shape), 2).astype(np.float32)


def loss_and_gradient(task, values, targets):
    given = torch.tensor(values, requires_grad=True)
    losses = task.loss(given, targets)
    losses.sum().backward()
    return losses.detach(), given.grad


def boxes(classes):
    rows = []
    for _ in range(rng.integers(0, 5)):
        width, height = (rng.integers(4, side * rng.choice([1, 4]) + 1) / 4 for side in reversed(SIZE))
        x, y = (rng.integers(0, 4 * (side - own) + 1) / 4 for side, own in zip(reversed(SIZE), (width, height)))
        rows.append([int(rng.integers(classes)), x, y, width, height])
    return rows


def detection(strides, classes):
    truth = [boxes(classes) for _ in range(PICTURES)]
    arrays = [np.array(rows).reshape(-1, 5) for rows in truth]
    task = Detection(SIZE, strides, classes, arrays)
    values = outputs(PICTURES, task.places, task.units)
    values[:, ::17, -2] = 7
    targets = [task.target(rows) for rows in arrays]
    losses, gradient = loss_and_gradient(task, values, targets)
    named = zip(("positive", "negative", "boxes", "weights"), zip(*targets))
    return {"strides": strides, "classes": classes, "truth": truth, "start": rounded(task.start),
            "values": rounded(values), "losses": rounded(losses), "gradient": rounded(gradient, 5),
            "targets": {name: [rounded(own) for own in each] for name, each in named}}


def letters(mask):
    return "".join("-" if value == IGNORED else chr(97 + value) for value in mask.reshape(-1).tolist())


def segmentation(strides, classes):
    masks = [rng.integers(0, classes, (SIZE[0] // 2, SIZE[1] // 2)).repeat(2, 0).repeat(2, 1) for _ in range(PICTURES)]
    masks = [np.where(rng.random(SIZE) < share, IGNORED, mask) for share, mask in zip((0, 0.1, 0.5, 0.9), masks)]
    task = Segmentation(SIZE, strides, classes, masks)
    values = outputs(PICTURES, classes, SIZE[0] // strides[0], SIZE[1] // strides[0])
    losses, gradient = loss_and_gradient(task, values, [task.target(mask) for mask in masks])
    last = (0, 2, 3, 1)
    return {"strides": strides, "classes": classes, "truth": [letters(mask) for mask in masks],
            "start": rounded(task.start), "values": rounded(values.transpose(last)), "losses": rounded(losses),
            "gradient": rounded(gradient.permute(last), 5),
            "predicted": [letters(mask) for mask in task.predict(torch.tensor(values))]}


print(json.dumps({
    "torch": torch.__version__, "size": SIZE,
    "detection": [detection([8], 1), detection([8, 16], 2), detection([8, 16, 32], 3)],
    "segmentation": [segmentation([8], 2), segmentation([16], 3), segmentation([8, 16], 5)],
}, separators=(",", ":")))
