"""Writes features_numpy.json: what agents see, computed by numpy in double precision from raw weights, gradients of two
half-batches and activations, as docs and papers define each figure. test/envs/finetune/features.test.ts holds ours to it.

python -m pip install numpy && python test/golden/features_numpy.py
"""
import json
import pathlib

import numpy as np

rng = np.random.default_rng(11)
CLIPS = 4
# Variables of each group, from the input to the head, and forward FLOPs of one clip.
SHAPES = [[(3, 3, 2, 4), (4,)], [(5, 6), (6,), (6,)], [(6, 3), (3,)]]
FLOPS = [7200.0, 900.0, 54.0]
SETTINGS = [{"frozen": True, "learningRate": 2.6e-5}, {"frozen": False, "learningRate": 3e-4}, {"frozen": False, "learningRate": 1e-2}]
DECISIONS = 3


def single(x):
    """As float32 has it, since that is what ours gets."""
    return np.asarray(x, dtype=np.float32).astype(np.float64)


def flat(arrays):
    return np.concatenate([a.ravel() for a in arrays])


def cosine(a, b):
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def cka(x, y):
    """Linear CKA by features (Kornblith et al. 2019, equation 5 with HSIC as in equation 4)."""
    x, y = x - x.mean(0), y - y.mean(0)
    return float(np.linalg.norm(x.T @ y) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))


def log_scaled(x, low, high):
    return 2 * (np.log10(x) - low) / (high - low) - 1


def drawn(scale):
    return [[single(scale * rng.normal(size=s)) for s in shapes] for shapes in SHAPES]


weights = drawn(0.3)
direction = drawn(0.05)
decisions, activations = [], []
pretrained = [single(rng.normal(size=(CLIPS, w)) + 1) for w in (10, 6, 3)]
for t in range(DECISIONS):
    moved = [[single(w + 0.01 * t * rng.normal(size=w.shape)) for w in group] for group in weights]
    halves = [
        [[single(d + s * rng.normal(size=d.shape)) for d in group] for group, s in zip(direction, (0.02, 0.1, 0.4))]
        for _ in range(2)
    ]
    seen = [single(p + 0.2 * t * rng.normal(size=p.shape)) for p in pretrained]
    decisions.append({"weights": moved, "halves": halves, "activations": seen})

GLOBAL = [
    {"budgetLeft": 1.0, "chance": float(np.log(4)), "loss": 1.1, "previousLoss": 1.1, "score": 0.25, "trainLoss": 1.1},
    {"budgetLeft": 0.6, "chance": float(np.log(4)), "loss": 0.7, "previousLoss": 0.85, "score": 0.625, "trainLoss": 0.4},
    {"budgetLeft": 0.05, "chance": float(np.log(4)), "loss": 0.02, "previousLoss": 0.7, "score": 1.0, "trainLoss": 0.001},
]


def observed(t):
    now, before = decisions[t], decisions[t - 1] if t > 0 else None
    parameters = [sum(w.size for w in group) for group in weights]
    relative = []
    for g in range(3):
        mean = (flat(now["halves"][0][g]) + flat(now["halves"][1][g])) / 2
        relative.append(np.linalg.norm(mean) / np.linalg.norm(flat(now["weights"][g])))
    geometric = float(np.exp(np.mean(np.log(relative))))
    world = GLOBAL[t]
    shared = [
        2 * world["budgetLeft"] - 1,
        log_scaled(world["loss"] / world["chance"], -2, 0.5),
        2 * np.log(world["previousLoss"] / world["loss"]),
        np.log(world["loss"] / world["trainLoss"]),
        2 * world["score"] - 1,
    ]
    rows = []
    for g in range(3):
        a, b = flat(now["halves"][0][g]), flat(now["halves"][1][g])
        w, mean = flat(now["weights"][g]), (a + b) / 2
        update = 0.0 if before is None else np.linalg.norm(w - flat(before["weights"][g]))
        persistence = 1.0
        if before is not None:
            persistence = cosine(mean, (flat(before["halves"][0][g]) + flat(before["halves"][1][g])) / 2)
        own = [
            2 * (2 - g) / 2 - 1,
            2 * parameters[g] / sum(parameters) - 1,
            2 * FLOPS[g] / sum(FLOPS) - 1,
            1 if g == 2 else -1,
            1 if SETTINGS[g]["frozen"] else -1,
            log_scaled(SETTINGS[g]["learningRate"], -6, -2),
            log_scaled(np.linalg.norm(mean) / np.linalg.norm(w), -5, 1),
            log_scaled(relative[g] / geometric, -2, 2),
            log_scaled(np.linalg.norm(mean) * np.linalg.norm(w), -3, 3),
            log_scaled(max(update / np.linalg.norm(w), 1e-6), -6, 0),
            log_scaled(np.linalg.norm(mean) ** 2 / np.linalg.norm((a - b) / 2) ** 2, -2, 2),
            -persistence,
            cosine(a, b),
            2 * (1 - cka(now["activations"][g], decisions[0]["activations"][g])) - 1,
        ]
        rows.append([float(x) for x in np.clip(own + shared, -1, 1)])
    return rows


def listed(groups):
    return [[w.ravel().tolist() for w in group] for group in groups]


golden = {
    "numpy": np.__version__,
    "parameters": [sum(w.size for w in group) for group in weights],
    "flops": FLOPS,
    "settings": SETTINGS,
    "global": GLOBAL,
    "decisions": [
        {
            "weights": listed(d["weights"]),
            "halves": [listed(half) for half in d["halves"]],
            "activations": [a.tolist() for a in d["activations"]],
            "observed": observed(t),
        }
        for t, d in enumerate(decisions)
    ],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden) + "\n")
