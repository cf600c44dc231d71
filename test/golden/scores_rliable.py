"""Writes scores_rliable.json: aggregates, profiles and improvements of rliable 1.2.0 (its library needs pandas < 3), and scipy's stratified Welch, for test/runner/inference/scores.test.ts.

python -m pip install rliable "pandas<3" scipy && python test/golden/scores_rliable.py
"""
import json
import pathlib

import numpy as np
from rliable import library, metrics
from scipy import stats

rng = np.random.RandomState(3)
# [runs, environments]
x = np.round(rng.normal([0.2, 0.9, 1.3], [0.1, 0.3, 0.2], (8, 3)), 3)
y = np.round(rng.normal([0.3, 0.6, 1.1], [0.2, 0.2, 0.4], (8, 3)), 3)
y[:2] = x[:2]
names = {
    "interquartileMean": metrics.aggregate_iqm,
    "mean": metrics.aggregate_mean,
    "median": metrics.aggregate_median,
    "optimalityGap": metrics.aggregate_optimality_gap,
}
thresholds = np.linspace(0, 1.6, 9)
reps = 20_000


def intervals(scores):
    every = lambda s: np.array([f(s) for f in names.values()])
    points, bounds = library.get_interval_estimates({"x": scores}, every, reps=reps, random_state=np.random.RandomState(1))
    return {
        name: {"value": float(points["x"][i]), "interval": [float(b) for b in bounds["x"][:, i]]}
        for i, name in enumerate(names)
    }


profile, band = library.create_performance_profile({"x": x}, thresholds, reps=reps)
_, better = library.get_interval_estimates(
    {"pair": (x, y)},
    lambda a, b: np.array([metrics.probability_of_improvement(a, b)]),
    reps=reps,
    random_state=np.random.RandomState(1),
)
# Curves: [runs, environments, points].
curves = np.round(x[:, :, None] * np.linspace(0.3, 1, 4), 3)
iqm = lambda s: np.array([metrics.aggregate_iqm(s[..., point]) for point in range(s.shape[-1])])
line, line_band = library.get_interval_estimates({"x": curves}, iqm, reps=reps, random_state=np.random.RandomState(1))


def stratified_welch():
    """The mean over environments of differences of means: variances add up, degrees of freedom by Satterthwaite."""
    parts = [side[:, e] for e in range(3) for side in (x, y)]
    variances = np.array([part.var(ddof=1) / len(part) for part in parts]) / 9
    error = np.sqrt(variances.sum())
    degrees = np.floor(variances.sum() ** 2 / sum(v**2 / (len(p) - 1) for v, p in zip(variances, parts)))
    difference = float((x.mean(0) - y.mean(0)).mean())
    half = stats.t.ppf(0.975, degrees) * error
    return {
        "mean": difference,
        "interval": [float(difference - half), float(difference + half)],
        "p": float(2 * stats.t.sf(abs(difference) / error, degrees)),
    }


golden = {
    # [environments, runs], as ours.
    "x": x.T.tolist(),
    "y": y.T.tolist(),
    "aggregates": intervals(x),
    "thresholds": thresholds.tolist(),
    "profile": profile["x"].tolist(),
    "profileBand": band["x"].tolist(),
    "probability": float(metrics.probability_of_improvement(x, y)),
    "probabilityInterval": [float(b[0]) for b in better["pair"]],
    "curves": np.moveaxis(curves, 0, 1).tolist(),
    "curve": line["x"].tolist(),
    "curveBand": line_band["x"].tolist(),
    "welch": stratified_welch(),
}
path = pathlib.Path(__file__).with_name("scores_rliable.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
