"""Reads a benchmark's Parquet files as the guide shows, and prints what pandas and rliable make of them as JSON: python read_export.py FOLDER"""

import json
import sys

import numpy as np
import pandas as pd
from rliable import library, metrics

folder = sys.argv[1]
runs = pd.read_parquet(f"{folder}/runs.parquet")
scores = {name: own.pivot(index="seed", columns="env", values="score").to_numpy() for name, own in runs.groupby("variant")}
names = ("aggregate_iqm", "aggregate_mean", "aggregate_median", "aggregate_optimality_gap")
points, intervals = library.get_interval_estimates(scores, lambda s: np.array([getattr(metrics, name)(s) for name in names]), reps=2000)

episodes = pd.read_parquet(f"{folder}/episodes.parquet")
means = episodes.groupby(["env", "variant"])["return"].mean()
evaluations = pd.read_parquet(f"{folder}/evaluations.parquet")
table = pd.read_csv(f"{folder}/results.csv")
print(
    json.dumps(
        {
            "aggregates": {name: {"points": points[name].tolist(), "intervals": intervals[name].T.tolist()} for name in scores},
            "means": {f"{env} {variant}": value for (env, variant), value in means.items()},
            "steps": episodes["step"].tolist()[:2],
            "evaluations": evaluations[["step", "episode", "return"]].iloc[0].tolist(),
            "rows": table["phase"].value_counts().to_dict(),
            "types": {name: str(kind) for name, kind in episodes.dtypes.items()},
        }
    )
)
