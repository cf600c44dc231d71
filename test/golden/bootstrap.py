"""Writes bootstrap.json: figures of numpy and scipy that test/runner/statistics.test.ts holds our statistics to.

python -m pip install numpy scipy && python test/golden/bootstrap.py
"""
import itertools
import json
import pathlib

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(7)


def inflation(seeds):
    return float(np.sqrt(seeds / (seeds - 1)) * stats.t.ppf(0.975, seeds - 1) / stats.norm.ppf(0.975))


def exact_interval(differences):
    """The bootstrap's interval over all S^S * C^C resamples, not a sample of them."""
    seeds, clips = differences.shape
    centre = differences.mean()
    seed_parts = (differences.mean(1) - centre) * inflation(seeds)
    clip_parts = differences.mean(0) - centre
    seed_means = np.array([np.mean(p) for p in itertools.product(seed_parts, repeat=seeds)])
    clip_means = np.array([np.mean(p) for p in itertools.product(clip_parts, repeat=clips)])
    every = (centre + seed_means[:, None] + clip_means[None, :]).ravel()
    return np.percentile(every, [2.5, 97.5]).tolist()


def welch(a, b):
    """Difference of means; its interval with scipy's degrees of freedom rounded down."""
    result = stats.ttest_ind(a, b, equal_var=False)
    difference = float(np.mean(a) - np.mean(b))
    half = float(stats.t.ppf(0.975, np.floor(result.df)) * abs(difference / result.statistic))
    return {"a": a, "b": b, "interval": [difference - half, difference + half]}


samples = [rng.normal(size=n).tolist() for n in (2, 3, 10, 101)]
small = rng.normal(0.3, 1, size=(3, 6))
one_seed = rng.normal(0.1, 1, size=80)
scipy_interval = stats.bootstrap(
    (one_seed,), np.mean, n_resamples=200_000, method="percentile", rng=np.random.default_rng(1)
).confidence_interval

golden = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "samples": [
        {
            "values": values,
            "mean": float(np.mean(values)),
            "standardDeviation": float(np.std(values, ddof=1)),
            "median": float(np.median(values)),
            "interquartileMean": float(stats.trim_mean(values, 0.25)),
            "interval": [float(x) for x in stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))],
            "quantiles": [[q, float(np.quantile(values, q))] for q in (0, 0.025, 0.31, 0.975, 1)],
        }
        for values in samples
    ],
    "welch": [welch(a, b) for a, b in itertools.combinations(samples, 2)],
    "inflation": [[n, inflation(n)] for n in (2, 3, 4, 5, 6, 10, 30)],
    "exact": {"differences": small.tolist(), "mean": float(small.mean()), "interval": exact_interval(small)},
    "oneSeed": {"differences": one_seed.tolist(), "interval": [float(scipy_interval.low), float(scipy_interval.high)]},
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=1) + "\n")
