"""COCO's evaluation of boxes by pycocotools, for src/models/tasks/coco.ts.

pip install pycocotools==2.0.11 && python test/golden/coco_pycocotools.py > test/golden/coco_pycocotools.json

Cases are not stored: test/models/tasks/coco-cases.ts draws the same ones from the same generator. Coordinates are
multiples of 0.25 and scores of 1/64 (many are equal), so that both languages have the same numbers.
Of each case: the twelve figures, then the mean over recalls and thresholds of each class; -1: no box to be found.
"""
import contextlib
import io
import json

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

CASES = 1200


class Draws:
    """The 32-bit linear congruential generator of Numerical Recipes; the upper bits are used."""

    def __init__(self, seed):
        self.state = (seed * 2654435761 + 12345) % 2**32

    def below(self, n):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 8) % n


def case(seed):
    draw = Draws(seed)
    classes = 1 + draw.below(4)
    images = 1 + draw.below(4)
    most = [3, 8, 8, 150][draw.below(4)]
    reach = [120, 600, 1600][draw.below(3)]
    truth, detections = [], []
    for image in range(images):
        boxes = [box(draw, classes, reach) for _ in range(draw.below(6))]
        truth.append([b + [1 if draw.below(8) == 0 else 0] for b in boxes])
        found = []
        for _ in range(draw.below(most + 1)):
            if boxes and draw.below(3) > 0:
                near = boxes[draw.below(len(boxes))]
                label = near[0] if draw.below(5) > 0 else draw.below(classes)
                moved = [shifted(draw, v) for v in near[1:3]] + [max(0.25, shifted(draw, v)) for v in near[3:]]
                found.append([label] + moved)
            else:
                found.append(box(draw, classes, reach))
        detections.append([d + [draw.below(64) / 64] for d in found])
    return classes, truth, detections


def box(draw, classes, reach):
    return [draw.below(classes), draw.below(reach) / 4, draw.below(reach) / 4, (1 + draw.below(reach)) / 4, (1 + draw.below(reach)) / 4]


def shifted(draw, value):
    by = [1, 9, 41][draw.below(3)]
    return value + (draw.below(by) - by // 2) / 4


def figures(classes, truth, detections):
    annotations = [
        {"image_id": i + 1, "category_id": b[0] + 1, "bbox": b[1:5], "area": b[3] * b[4], "iscrowd": b[5]}
        for i, boxes in enumerate(truth) for b in boxes
    ]
    for n, annotation in enumerate(annotations):
        annotation["id"] = n + 1
    found = [
        {"image_id": i + 1, "category_id": d[0] + 1, "bbox": d[1:5], "score": d[5]}
        for i, own in enumerate(detections) for d in own
    ]
    coco = COCO()
    coco.dataset = {
        "info": {}, "images": [{"id": i + 1} for i in range(len(truth))],
        "categories": [{"id": c + 1} for c in range(classes)], "annotations": annotations,
    }
    coco.createIndex()
    if found:
        results = coco.loadRes(found)
    else:
        results = COCO()
        results.dataset = {**coco.dataset, "annotations": []}
        results.createIndex()
    evaluation = COCOeval(coco, results, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    precision = evaluation.eval["precision"]
    per_class = [precision[:, :, c, 0, 2] for c in range(classes)]
    return [*evaluation.stats, *(p[p > -1].mean() if (p > -1).any() else -1 for p in per_class)]


expected = []
for seed in range(CASES):
    with contextlib.redirect_stdout(io.StringIO()):
        expected.append([round(float(f), 7) for f in figures(*case(seed))])
print(json.dumps({"pycocotools": "2.0.11", "figures": expected}, separators=(",", ":")))
