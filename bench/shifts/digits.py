"""MNIST's test files as a labelled folder of pictures, for shift.py.

    pip install corrupt-tta==0.1.7
    python bench/shifts/digits.py IDX_FOLDER OUT [--train 100] [--test 100]

IDX_FOLDER holds t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz; OUT gets pictures and a labels.csv. --train
and --test are pictures of each digit.
"""

import argparse
import csv
import gzip
import pathlib
from collections import Counter

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
parser.add_argument("idx", type=pathlib.Path)
parser.add_argument("out", type=pathlib.Path)
parser.add_argument("--train", type=int, default=100)
parser.add_argument("--test", type=int, default=100)
options = parser.parse_args()


def read(name: str, header: int) -> np.ndarray:
    return np.frombuffer(gzip.open(options.idx / name).read(), np.uint8)[header:]


pictures = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
labels = read("t10k-labels-idx1-ubyte.gz", 8)
seen = Counter()
rows = [["path", "label", "split"]]
(options.out / "pictures").mkdir(parents=True, exist_ok=True)
for i, (picture, label) in enumerate(zip(pictures, labels)):
    split = "train" if seen[label] < options.train else "test"
    if seen[label] >= options.train + options.test:
        continue
    seen[label] += 1
    path = f"pictures/{i:05d}.png"
    Image.fromarray(picture).save(options.out / path)
    rows.append([path, int(label), split])
with open(options.out / "labels.csv", "w", newline="") as file:
    csv.writer(file).writerows(rows)
