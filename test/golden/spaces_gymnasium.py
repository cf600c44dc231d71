"""Flat forms and membership of Discrete with a start, Text and OneOf by Gymnasium 1.4. Prints the JSON."""

import json

import numpy as np
from gymnasium import spaces

KINDS = {
    "discrete": (spaces.Discrete(4, start=-1), {"kind": "discrete", "n": 4, "start": -1}, [-1, 0, 2, -2, 3]),
    "text": (
        spaces.Text(4, min_length=2, charset="abc"),
        {"kind": "text", "maxLength": 4, "minLength": 2, "characters": "abc"},
        ["ab", "cabc", "a", "abcab", "xy"],
    ),
    "one-of": (
        spaces.OneOf([spaces.Discrete(3), spaces.Box(0, 1, (2,))]),
        {
            "kind": "one-of",
            "spaces": [{"kind": "discrete", "n": 3}, {"kind": "box", "low": 0, "high": 1, "shape": [2]}],
        },
        [[0, 2], [1, [0.25, 1]], [0, 3], [1, [0.25, 2]], [1, 0]],
    ),
}


def typed(kind, value):
    if kind == "one-of":
        index, inner = value
        return (np.int64(index), np.array(inner, np.float32) if isinstance(inner, list) else np.int64(inner))
    return np.int64(value) if kind == "discrete" else value


golden = []
for kind, (space, described, values) in KINDS.items():
    for value in values:
        own = typed(kind, value)
        inside = bool(space.contains(own))
        flat = spaces.flatten(space, own).tolist() if inside else None
        golden.append({"space": described, "value": value, "contains": inside, "flat": flat})
print(json.dumps(golden, indent=1))
