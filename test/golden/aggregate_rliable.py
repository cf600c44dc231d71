"""Figures of rliable 1.2.0, and the percentile bootstrap of its IQM (its library needs an older pandas), for test/runner/inference/aggregate.test.ts. Prints the JSON."""

import json

import numpy as np
from rliable import metrics

rng = np.random.RandomState(1)
x = np.round(rng.normal(1, 1, 12), 2)
y = np.round(rng.normal(0.5, 1, 9), 2)
y[:2] = x[:2]
draws = np.random.RandomState(2).randint(0, len(x), (20_000, len(x)))
interval = np.percentile([metrics.aggregate_iqm(x[each][:, None]) for each in draws], [2.5, 97.5])
print(
    json.dumps(
        {
            "x": x.tolist(),
            "y": y.tolist(),
            "probability": float(metrics.probability_of_improvement(x[:, None], y[:, None])),
            "iqmInterval": interval.tolist(),
        }
    )
)
