"""Multinomial logistic regression by scikit-learn, for src/models/logistic.ts.

python3 -m pip install scikit-learn==1.7.2 && python3 test/golden/logistic_sklearn.py > test/golden/logistic_sklearn.json

Ours minimises mean cross-entropy + l2 * s2 / 2 * |W|^2, s2 the mean square norm of a row, with a free bias;
scikit-learn C * sum of cross-entropies + |W|^2 / 2: C = 1 / (n * l2 * s2).
"""

import json

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(1)
cases = []
for n, d, classes in [(40, 6, 3), (20, 50, 4), (30, 8, 5)]:
    labels = np.arange(n) % classes
    rng.shuffle(labels)
    features = (rng.normal(size=(n, d)) + 0.8 * rng.normal(size=(classes, d))[labels]).astype(np.float32)
    weights = rng.uniform(0.5, 2, size=n)
    weights /= weights.mean()
    s2 = float((features.astype(np.float64) ** 2).sum() / n)
    for weighted in (False, True):
        for l2 in (1.0, 0.01, 0.0001):
            model = LogisticRegression(C=1 / (n * l2 * s2), tol=1e-10, max_iter=100_000)
            model.fit(features.astype(np.float64), labels, sample_weight=weights if weighted else None)
            probabilities = model.predict_proba(features.astype(np.float64))
            cases.append({
                "n": n, "classes": classes, "l2": l2,
                "features": [round(float(x), 6) for x in features.ravel()],
                "labels": labels.tolist(),
                "weights": weights.tolist() if weighted else None,
                "probabilities": [round(float(p), 7) for p in probabilities.ravel()],
            })
print(json.dumps({"sklearn": sklearn.__version__, "cases": cases}))
