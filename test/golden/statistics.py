"""Writes statistics.json: figures of numpy, scipy, statsmodels and rliable that test/runner/statistics.test.ts, score-interval.test.ts and
test/runner/inference hold ours to.

python -m pip install numpy scipy statsmodels rliable && python test/golden/statistics.py
"""
import itertools
import json
import pathlib

import numpy as np
import rliable
import scipy
import statsmodels
from rliable import metrics
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(7)


def welch(a, b):
    """Difference of means; its interval and p with scipy's degrees of freedom rounded down."""
    result = stats.ttest_ind(a, b, equal_var=False)
    difference = float(np.mean(a) - np.mean(b))
    degrees = np.floor(result.df)
    half = float(stats.t.ppf(0.975, degrees) * abs(difference / result.statistic))
    p = float(2 * stats.t.sf(abs(result.statistic), degrees))
    return {"a": a, "b": b, "interval": [difference - half, difference + half], "p": p}


def sign_flip(values):
    result = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    return {"values": values, "p": float(result.pvalue)}


def detectable(alpha, degrees):
    """Standard errors at which a two-sided t test has a power of 80 %."""
    critical = stats.t.ppf(1 - alpha / 2, degrees)
    # The other tail has none of it.
    errors = optimize.brentq(lambda away: stats.nct.sf(critical, degrees, away) - 0.8, 1, 40)
    return {"alpha": alpha, "degrees": degrees, "errors": float(errors)}


def crossed(seeds, items):
    """Two-way random effects without replication: variances of the mean, by mean squares."""
    x = rng.normal(size=(seeds, items)) + rng.normal(size=(seeds, 1)) + 2 * rng.normal(size=items)
    centre, rows, columns = x.mean(), x.mean(1), x.mean(0)
    ms_rows = items * rows.var(ddof=1)
    ms_columns = seeds * columns.var(ddof=1)
    ms_error = ((x - rows[:, None] - columns + centre) ** 2).sum() / ((seeds - 1) * (items - 1))
    of_seeds = ms_rows / (seeds * items)
    of_items = (ms_columns - ms_error) / (seeds * items)
    within = x.var(1, ddof=1).mean() / (seeds * items)
    t_seeds, t_items = stats.t.ppf(0.975, seeds - 1), stats.t.ppf(0.975, items - 1)
    half = np.sqrt(max(t_seeds**2 * of_seeds, t_items**2 * within) + t_items**2 * max(of_items, 0))
    return {"values": x.tolist(), "interval": [float(centre - half), float(centre + half)]}


def hall(values):
    """Hall (1992): the values of the mean at which his transformation of t reaches Student's, by root finding."""
    x = np.array(values)
    n, s = len(x), x.std(ddof=1)
    skew = stats.skew(x, bias=False)
    transformed = lambda mu: (lambda u: u + skew * u**2 / 3 + skew**2 * u**3 / 27 + skew / (6 * n))((x.mean() - mu) / s)
    bound = stats.t.ppf(0.975, n - 1) / np.sqrt(n)
    ends = [
        optimize.brentq(lambda mu: transformed(mu) - target, x.mean() - 100 * s, x.mean() + 100 * s)
        for target in (bound, -bound)
    ]
    t = stats.t.interval(0.95, n - 1, x.mean(), stats.sem(x))
    return {"values": values, "interval": [float(min(ends[0], t[0])), float(max(ends[1], t[1]))]}


samples = [rng.normal(size=n).tolist() for n in (2, 3, 10, 101)]
ps = [rng.uniform(size=n).__pow__(3).tolist() for n in (1, 4, 11, 66)] + [[0.01, 0.01, 0.04, 0.03, 0.5]]
scores = rng.uniform(size=(7, 5))

golden = {
    "versions": {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "statsmodels": statsmodels.__version__,
        "rliable": getattr(rliable, "__version__", "1.2.0"),
    },
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
    "rliableIqm": {"scores": scores.tolist(), "iqm": float(metrics.aggregate_iqm(scores))},
    "welch": [welch(a, b) for a, b in itertools.combinations(samples, 2)],
    "student": [
        {"degrees": v, "alpha": a, "critical": float(stats.t.ppf(1 - a / 2, v)), "t": t, "p": float(2 * stats.t.sf(t, v))}
        for v in (1, 2, 3.7, 11, 29, 999)
        for a, t in ((0.05, 0.3), (0.05 / 66, 2.1), (0.8, 40.0))
    ],
    "detectable": [detectable(a, v) for v in (2, 4, 11, 29) for a in (0.05, 0.05 / 11)],
    "wilson": [
        {"right": k, "of": n, "interval": [float(x) for x in proportion_confint(k, n, method="wilson")]}
        for k, n in ((35, 80), (0, 10), (10, 10), (1, 1), (500, 1000))
    ],
    "holm": [{"ps": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in ps],
    "signFlip": [sign_flip(rng.normal(0.5, 1, size=n).tolist()) for n in (2, 5, 9, 12)]
    + [sign_flip([0.1, 0.1, -0.1, 0.3, 0.0, 0.2])],
    "crossed": [crossed(3, 30), crossed(5, 40), crossed(20, 12)],
    "hall": [hall(rng.exponential(size=n).tolist()) for n in (3, 6, 12, 30)] + [hall(rng.normal(size=8).tolist())],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=1) + "\n")
