"""Mean IoU by torchmetrics, for src/models/tasks/mean-iou.ts.

pip install torch torchmetrics==1.9.0 && python test/golden/jaccard_torchmetrics.py > test/golden/jaccard_torchmetrics.json

Masks are a letter a pixel: a is class 0, and - is 255, ignored. Classes may be missing in the truth, in the prediction, or in both.
"""
import json

import numpy as np
import torch
import torchmetrics
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex

IGNORED = 255
rng = np.random.default_rng(1)


def letters(values):
    return "".join("-" if v == IGNORED else chr(97 + v) for v in values.tolist())


def case():
    classes = int(rng.integers(2, 9))
    n = int(rng.integers(20, 120))
    truth = rng.choice(rng.choice(classes, size=rng.integers(1, classes + 1), replace=False), size=n)
    predicted = rng.choice(rng.choice(classes, size=rng.integers(1, classes + 1), replace=False), size=n)
    predicted = np.where(rng.random(n) < rng.random(), truth, predicted)
    truth = np.where(rng.random(n) < rng.choice([0.0, 0.2]), IGNORED, truth)
    if (truth == IGNORED).all():
        truth[0] = 0
    given = torch.tensor(predicted), torch.tensor(truth)
    options = {"num_classes": classes, "ignore_index": IGNORED}
    return {
        "classes": classes, "truth": letters(truth), "predicted": letters(predicted),
        "mean": round(float(MulticlassJaccardIndex(average="macro", **options)(*given)), 8),
        "perClass": [round(float(v), 8) for v in MulticlassJaccardIndex(average="none", **options)(*given)],
        "accuracy": round(float(MulticlassAccuracy(average="micro", **options)(*given)), 8),
    }


print(json.dumps({"torchmetrics": torchmetrics.__version__, "cases": [case() for _ in range(200)]}, separators=(",", ":")))
