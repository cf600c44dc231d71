"""Object detection and scene segmentation in PyTorch, for torch_dense.py: targets, loss, predictions, scores.

Formulas are written from the papers that src/models/tasks/detection and segmentation name, not from that code; figures
of boxes are pycocotools'. test/golden/dense_torch.py has targets and losses of random cases for our tests.
"""
import contextlib
import io
import math

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import minimize_scalar
from torch.nn import functional as F

IGNORED = 255


class Detection:
    """TTFNet's heat and boxes (Liu et al. 2019) on one to three maps; truth: [label, x, y, width, height] an object."""

    REACH, BETA, BOX_WEIGHT, LARGEST, LARGEST_LOG = 0.54, 4, 5, 8, 6

    def __init__(self, size, strides, classes, truth):
        """truth: the train split's, an array [objects, 5] an image."""
        self.size, self.strides, self.classes = size, strides, classes
        self.levels = [(stride, size[0] // stride, size[1] // stride) for stride in strides]
        self.places = sum(rows * columns for _, rows, columns in self.levels)
        self.units = classes + 4
        boxes = np.concatenate(truth)
        self.objects = [np.sum(boxes[:, 0] == label) / len(truth) for label in range(classes)]
        middles = [np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2) * stride + stride / 2
                   for stride, rows, columns in self.levels]
        self.middles = torch.tensor(np.concatenate(middles), dtype=torch.float32)
        self.stride_of = torch.cat([torch.full((rows * columns, 1), float(stride))
                                    for stride, rows, columns in self.levels])
        sides = np.log([[box[3] / stride, box[4] / stride] for box in boxes for stride in [self.level(box)[0]]])
        self.start = [*map(self.prior, self.objects), 0, 0, *sides.mean(0)]

    def level(self, box):
        """The finest map on which an object is smaller than eight places: its stride, rows, columns, first place."""
        side, first = math.sqrt(box[3] * box[4]), 0
        for stride, rows, columns in self.levels:
            if side < self.LARGEST * stride or stride == self.strides[-1]:
                return stride, rows, columns, first
            first += rows * columns

    def prior(self, objects):
        """The logit that loses least where so many of all places are an object's middle."""
        def loss(p):
            return objects * (1 - p) ** 2 * -math.log(p) + (self.places - objects) * p**2 * -math.log(1 - p)
        p = minimize_scalar(loss, bounds=(1e-4, 0.5), method="bounded", options={"xatol": 1e-7}).x
        return math.log(p / (1 - p))

    def target(self, boxes):
        """Of one image: positive and negative [P, C], boxes [P, 4], weights [P]."""
        heat = np.zeros((self.places, self.classes), np.float32)
        positive, corners, weights = np.zeros_like(heat), np.zeros((self.places, 4)), np.zeros(self.places)
        for label, x, y, width, height in sorted(boxes, key=lambda box: -box[3] * box[4]):
            stride, rows, columns, first = self.level([label, x, y, width, height])
            column = min(columns - 1, max(0, math.floor((x + width / 2) / stride)))
            row = min(rows - 1, max(0, math.floor((y + height / 2) / stride)))
            across, on_x = self.bell(np.arange(columns) - column, width / stride)
            down, on_y = self.bell(np.arange(rows) - row, height / stride)
            bell, inside = np.outer(down, across), np.outer(on_y, on_x)
            at = slice(first, first + rows * columns)
            bell, inside = bell.reshape(-1), inside.reshape(-1)
            heat[at, int(label)] = np.where(inside, np.maximum(heat[at, int(label)], bell), heat[at, int(label)])
            positive[first + row * columns + column, int(label)] = 1
            weights[at] = np.where(inside, bell / bell[inside].sum(), weights[at])
            corners[at] = np.where(inside[:, None], [x, y, x + width, y + height], corners[at])
        negative = np.where(positive == 1, 0, (1 - heat) ** self.BETA)
        return [torch.tensor(each, dtype=torch.float32) for each in (positive, negative, corners, weights)]

    def bell(self, distance, side):
        """A Gaussian whose reach is three deviations, and where it is reached."""
        reach = self.REACH * side / 2
        return np.exp(-(distance**2) / (2 * (reach / 3) ** 2)), np.abs(distance) <= math.floor(reach)

    def loss(self, values, targets):
        """[B, P, C + 4] → [B]: penalty-reduced focal loss and 1 − GIoU, by the mean number of objects an image."""
        positive, negative, corners, weights = (torch.stack(each) for each in zip(*targets))
        logits = values[..., :self.classes]
        p = logits.sigmoid()
        heat = positive * (1 - p) ** 2 * F.softplus(-logits) + negative * p**2 * F.softplus(logits)
        box = (weights * (1 - giou(self.corners(values), corners))).sum(1)
        return (heat.sum((1, 2)) + self.BOX_WEIGHT * box) / max(sum(self.objects), 0.01)

    def corners(self, values):
        raw = values[..., self.classes:]
        middle = self.middles + raw[..., :2] * self.stride_of
        half = raw[..., 2:].clamp(max=self.LARGEST_LOG).exp() * self.stride_of / 2
        return torch.cat([middle - half, middle + half], -1)

    def predict(self, values):
        """Of each image: rows of label, score, x, y, width, height, at most 100; peaks, then NMS a class."""
        height, width = self.size
        corners = self.corners(values).clamp(min=0)
        corners = torch.minimum(corners, torch.tensor([width, height, width, height], dtype=torch.float32))
        return [self.found(logits, own) for logits, own in zip(values[..., :self.classes], corners)]

    def found(self, logits, corners, least=0.01, candidates=1000, most=100):
        peaks = []
        for (_, rows, columns), own in zip(self.levels, logits.split([r * c for _, r, c in self.levels])):
            plane = own.T.reshape(1, self.classes, rows, columns)
            hottest = F.max_pool2d(F.pad(plane, (1, 1, 1, 1), value=-math.inf), 3, stride=1)
            peaks.append((plane == hottest).reshape(self.classes, -1).T)
        scores = logits.sigmoid()
        places, labels = torch.nonzero(torch.cat(peaks) & (scores >= least), as_tuple=True)
        order = scores[places, labels].argsort(descending=True, stable=True)[:candidates]
        places, labels = places[order], labels[order]
        scores, boxes = scores[places, labels].double().numpy(), corners[places].double().numpy()
        labels, kept = labels.numpy(), []
        for i, box in enumerate(boxes):
            if (box[2:] <= box[:2]).any():
                continue
            same = [j for j in kept if labels[j] == labels[i]]
            if len(kept) < most and all(overlap(box, boxes[j]) <= 0.5 for j in same):
                kept.append(i)
        return [[labels[i], scores[i], *boxes[i, :2], *(boxes[i, 2:] - boxes[i, :2])] for i in kept]

    def figures(self, truth, predictions):
        """pycocotools' AP and AP50."""
        annotations = [{"image_id": i + 1, "category_id": int(b[0]) + 1, "bbox": [*b[1:]], "area": b[3] * b[4],
                        "iscrowd": 0} for i, boxes in enumerate(truth) for b in boxes]
        for n, annotation in enumerate(annotations):
            annotation["id"] = n + 1
        found = [{"image_id": i + 1, "category_id": int(d[0]) + 1, "score": d[1], "bbox": d[2:]}
                 for i, own in enumerate(predictions) for d in own]
        if not found:
            return {"map": 0.0, "ap50": 0.0}
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO()
            coco.dataset = {"info": {}, "images": [{"id": i + 1} for i in range(len(truth))],
                            "annotations": annotations,
                            "categories": [{"id": label + 1} for label in range(self.classes)]}
            coco.createIndex()
            evaluation = COCOeval(coco, coco.loadRes(found), "bbox")
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return {"map": float(evaluation.stats[0]), "ap50": float(evaluation.stats[1])}


def giou(a, b, epsilon=1e-7):
    """Generalised IoU (Rezatofighi et al. 2019) of boxes [..., 4] by corners."""
    def area(low, high):
        return (high - low).clamp(min=0).prod(-1)
    common = area(torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:]))
    both = area(a[..., :2], a[..., 2:]) + area(b[..., :2], b[..., 2:]) - common
    hull = area(torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:]))
    return common / (both + epsilon) - (hull - both) / (hull + epsilon)


def overlap(a, b):
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    common = max(0, sides[0]) * max(0, sides[1])
    return common / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - common)


class Segmentation:
    """Cross-entropy of cells against the mixture of classes in their pixels; truth is a mask [H, W] an image."""

    def __init__(self, size, strides, classes, truth):
        self.size, self.stride, self.classes, self.units = size, strides[0], classes, classes
        counts = np.bincount(np.concatenate([mask.reshape(-1) for mask in truth]), minlength=256)[:classes]
        self.start = np.log(np.maximum(counts / counts.sum(), 1e-4)).tolist()

    def target(self, mask):
        """[C, h, w]: shares of a cell's pixels; what nothing is known of is of no class."""
        planes = F.one_hot(torch.from_numpy(mask.astype(np.int64)), 256)[..., :self.classes]
        return F.avg_pool2d(planes.permute(2, 0, 1)[None].float(), self.stride)[0]

    def loss(self, values, targets):
        """[B, C, h, w] → [B]."""
        shares = torch.stack(targets)
        known = shares.sum((1, 2, 3)).clamp(min=1e-6)
        return -(shares * F.log_softmax(values, 1)).sum((1, 2, 3)) / known

    def predict(self, values):
        """[H, W] classes of each image."""
        whole = F.interpolate(values, size=tuple(self.size), mode="bilinear", align_corners=False)
        return [*whole.argmax(1).numpy()]

    def figures(self, truth, predictions):
        """Mean IoU over classes that occur or are predicted, and the share of pixels that are right."""
        counts = np.zeros((self.classes, self.classes))
        for mask, predicted in zip(truth, predictions):
            known = mask != IGNORED
            np.add.at(counts, (mask[known], predicted[known]), 1)
        right, either = np.diag(counts), counts.sum(0) + counts.sum(1) - np.diag(counts)
        return {"miou": float((right[either > 0] / either[either > 0]).mean()),
                "accuracy": float(right.sum() / counts.sum())}


TASKS = {"object-detection": Detection, "scene-segmentation": Segmentation}
