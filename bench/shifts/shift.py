"""Shifted copies of a labelled folder of pictures, each a dataset of its own: what surgical fine-tuning is measured on.

    pip install corrupt-tta==0.1.7
    python bench/shifts/shift.py PICTURES OUT [--train 100] [--test 100] [--skip 0] [--only fog,flipped]

PICTURES holds labels.csv with the columns path, label, split. OUT gets a folder for every corruption of ImageNet-C
(Hendrycks & Dietterich 2019), six with other labels (flipped: class i becomes C - 1 - i, as Lee et al. 2023; swapped:
neighbours 2i and 2i + 1 trade places; rotated: i + 1; rotated3, rotated5 and rotated7: i + 3, i + 5, i + 7) and one that
is unchanged, each with pictures as PNG and a labels.csv. All hold the same pictures: --train and --test a class, after the first --skip training pictures of each. The
severities are those that leave a small picture recognisable: blurs were made for pictures seven times as wide.
"""

import argparse
import csv
import pathlib
from collections import Counter

import numpy as np
from corrupt_tta import corrupt
from PIL import Image

SEVERITIES = {
    "gaussian_noise": 2, "shot_noise": 2, "impulse_noise": 2, "speckle_noise": 3,
    "gaussian_blur": 1, "glass_blur": 1, "defocus_blur": 1, "motion_blur": 1, "zoom_blur": 1,
    "fog": 3, "frost": 2, "snow": 2, "spatter": 3,
    "contrast": 3, "brightness": 4, "saturate": 4,
    "jpeg_compression": 4, "pixelate": 3, "elastic_transform": 2,
}

# What class i of c becomes.
RELABELLED = {
    "flipped": lambda i, c: c - 1 - i,
    "swapped": lambda i, c: min(i ^ 1, c - 1),
    "rotated": lambda i, c: (i + 1) % c,
    "rotated3": lambda i, c: (i + 3) % c,
    "rotated5": lambda i, c: (i + 5) % c,
    "rotated7": lambda i, c: (i + 7) % c,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--train", type=int, default=100)
    parser.add_argument("--test", type=int, default=100)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    rows = chosen(options)
    names = options.only.split(",") if options.only else [*SEVERITIES, *RELABELLED, "unchanged"]
    for name in names:
        write(name, rows, options)
        print(name, len(rows), flush=True)


def chosen(options) -> list[dict]:
    """Rows of labels.csv, so many of each class and split."""
    limits = {"train": range(options.skip, options.skip + options.train), "test": range(options.test)}
    seen = Counter()
    rows = []
    with open(options.pictures / "labels.csv", newline="") as file:
        for row in csv.DictReader(file):
            key = row["label"], row["split"]
            if seen[key] in limits[row["split"]]:
                rows.append(row)
            seen[key] += 1
    return rows


def write(name: str, rows: list[dict], options) -> None:
    folder = options.out / name
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    classes = sorted({row["label"] for row in rows})
    lines = []
    for i, row in enumerate(rows):
        picture = np.asarray(Image.open(options.pictures / row["path"]).convert("RGB"))
        if name in SEVERITIES:
            np.random.seed(i)
            picture = np.clip(corrupt(picture, SEVERITIES[name], name), 0, 255).astype(np.uint8)
        path = f"pictures/{i:05d}.png"
        Image.fromarray(picture).save(folder / path)
        label = row["label"]
        if name in RELABELLED:
            label = classes[RELABELLED[name](classes.index(label), len(classes))]
        lines.append([path, label, row["split"], i])
    with open(folder / "labels.csv", "w", newline="") as file:
        csv.writer(file).writerows([["path", "label", "split", "group"], *lines])


if __name__ == "__main__":
    main()
