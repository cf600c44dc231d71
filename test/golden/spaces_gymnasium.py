"""Flat forms and membership of Discrete with a start, Text, OneOf and dtypes of Box; membership of Sequence and Graph; and what
samples of whole numbers are on average. By Gymnasium 1.4. Prints the JSON."""

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


WHOLE = {"low": ["-inf", 5, "-inf", 2], "high": ["inf", "inf", 5, 4]}
for dtype in ("uint8", "int8", "int16", "int32", "float64"):
    low, high = ([0, 1], [200, 1]) if dtype == "uint8" else ([-3, 1], [100, 1])
    KINDS[dtype] = (
        spaces.Box(np.array(low, dtype), np.array(high, dtype), dtype=dtype),
        {"kind": "box", "low": low, "high": high, "shape": [2], "dtype": dtype},
        [low, high, [0, 0], [high[0] + 1, 1], [7, 1]],
    )
KINDS["sequence"] = (
    spaces.Sequence(spaces.Discrete(3)),
    {"kind": "sequence", "space": {"kind": "discrete", "n": 3}, "maxLength": 5},
    [[], [0, 2], [0, 3], [1]],
)
KINDS["graph"] = (
    spaces.Graph(spaces.Discrete(3), spaces.Discrete(2)),
    {
        "kind": "graph",
        "nodeSpace": {"kind": "discrete", "n": 3},
        "edgeSpace": {"kind": "discrete", "n": 2},
        "maxNodes": 4,
        "maxEdges": 3,
    },
    [
        {"nodes": [0, 2]},
        {"nodes": [0, 3]},
        {"nodes": [0, 2], "edges": [1], "edgeLinks": [0, 1]},
        {"nodes": [0, 2], "edges": [2], "edgeLinks": [0, 1]},
        {"nodes": [0, 2], "edges": [1], "edgeLinks": [0, 2]},
        {"nodes": [0, 2], "edges": [1, 0], "edgeLinks": [0, 1]},
    ],
)
# Their flat forms here need a longest length, which Gymnasium's don't have.
WITHOUT_FLAT = ("sequence", "graph")


def typed(kind, value):
    if kind == "one-of":
        index, inner = value
        return (np.int64(index), np.array(inner, np.float32) if isinstance(inner, list) else np.int64(inner))
    if kind == "sequence":
        return tuple(np.int64(each) for each in value)
    if kind == "graph":
        edges, links = value.get("edges"), value.get("edgeLinks")
        return spaces.GraphInstance(
            np.array(value["nodes"]),
            None if edges is None else np.array(edges),
            None if links is None else np.array(links, np.int32).reshape(-1, 2),
        )
    if kind in ("uint8", "int8", "int16", "int32", "float64"):
        return np.array(value, kind)
    return np.int64(value) if kind == "discrete" else value


golden = []
for kind, (space, described, values) in KINDS.items():
    for value in values:
        own = typed(kind, value)
        inside = bool(space.contains(own))
        flat = spaces.flatten(space, own).tolist() if inside and kind not in WITHOUT_FLAT else None
        golden.append({"space": described, "value": value, "contains": inside, "flat": flat})
box = spaces.Box(
    np.array([-np.inf, 5, -np.inf, 2]), np.array([np.inf, np.inf, 5, 4]), dtype=np.int32, seed=1
)
means = np.mean([box.sample() for _ in range(40_000)], axis=0)
golden.append({"space": {"kind": "box", **WHOLE, "shape": [4], "dtype": "int32"}, "means": means.round(3).tolist()})
print(json.dumps(golden, indent=1))
