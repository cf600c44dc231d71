"""Frame accuracy, edit score and F1@{10,25,50} of temporal segmentation, for src/models/tasks/segments.ts.

pip install numpy && python test/golden/segments.py > test/golden/segments.json

Written from the definitions that MS-TCN evaluates by (Farha & Gall 2019, after Lea et al. 2016):
 - accuracy: right frames over all frames of all recordings;
 - edit: 100 * (1 - L / max(m, n)), L the Levenshtein distance of the m predicted and n true segments' labels without
   background, averaged over recordings;
 - F1@k: in the order of time, a predicted segment finds the true segment of its label with the highest IoU if that is at
   least k and nobody found it before; true and false positives and misses are summed over recordings.
Labels are letters, a frame each; x is background. Figures are in per cent.
"""
import itertools
import json

import numpy as np

OVERLAPS = (0.1, 0.25, 0.5)
rng = np.random.default_rng(1)


def segments(frames):
    at, found = 0, []
    for label, run in itertools.groupby(frames):
        length = len(list(run))
        if label != "x":
            found.append((label, at, at + length))
        at += length
    return found


def levenshtein(a, b):
    table = np.add.outer(np.arange(len(a) + 1), np.arange(len(b) + 1))
    for i, j in itertools.product(range(1, len(a) + 1), range(1, len(b) + 1)):
        table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
    return int(table[-1, -1])


def edit(truth, predicted):
    a, b = ([label for label, _, _ in segments(frames)] for frames in (predicted, truth))
    longest = max(len(a), len(b))
    return 100.0 if longest == 0 else 100 * (1 - levenshtein(a, b) / longest)


def iou(a, b):
    if a[0] != b[0]:
        return 0.0
    return (min(a[2], b[2]) - max(a[1], b[1])) / (max(a[2], b[2]) - min(a[1], b[1]))


def counts(truth, predicted, overlap):
    real, seen = segments(truth), segments(predicted)
    hit = [False] * len(real)
    for each in seen:
        values = [iou(each, other) for other in real]
        best = int(np.argmax(values)) if values else None
        if best is not None and values[best] >= overlap and not hit[best]:
            hit[best] = True
    return sum(hit), len(seen) - sum(hit), len(real) - sum(hit)


def f1(videos, overlap):
    tp, fp, fn = np.sum([counts(*video, overlap) for video in videos], axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = np.divide(tp, tp + fp), np.divide(tp, tp + fn)
        return 100 * float(np.nan_to_num(2 * precision * recall / (precision + recall)))


def video():
    labels = "xabcd"[: rng.integers(1, 6)]
    truth = "".join(str(rng.choice(list(labels))) * rng.integers(1, 15) for _ in range(rng.integers(1, 9)))
    predicted = list(truth)
    for _ in range(rng.integers(0, 6)):
        start = rng.integers(len(truth))
        predicted[start : start + rng.integers(1, 9)] = str(rng.choice(list(labels)))
        predicted = predicted[: len(truth)] + list(truth[len(predicted) :])
    shift = rng.integers(-6, 7) if rng.random() < 0.5 else 0
    predicted = list(np.roll(predicted, shift))
    return truth, "".join(predicted)


def blanked(frames):
    return "x" * len(frames)


def case(videos):
    frames = sum(len(truth) for truth, _ in videos)
    right = sum(a == b for truth, predicted in videos for a, b in zip(truth, predicted))
    figures = [100 * right / frames, float(np.mean([edit(*each) for each in videos])), *(f1(videos, o) for o in OVERLAPS)]
    return {"videos": videos, "figures": [round(f, 8) for f in figures]}


cases = [case([video() for _ in range(rng.integers(1, 4))]) for _ in range(300)]
for truth, predicted in [video() for _ in range(4)]:
    cases += [case([(blanked(truth), predicted)]), case([(truth, blanked(truth))])]
cases += [case([("xxxx", "xxxx")]), case([("aaaa", "aaaa")]), case([("a", "b")]), case([("aabb", "abab")])]
print(json.dumps({"numpy": np.__version__, "cases": cases}, separators=(",", ":")))
