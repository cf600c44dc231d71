"""Files as numpy writes them: pip install numpy && python test/golden/npy_numpy.py > test/golden/npy_numpy.json"""
import base64
import io
import json

import numpy as np

SHAPES = [("uint8", [2, 3]), ("int32", [5]), ("float32", [1, 2, 3, 2]), ("float32", [1]), ("uint8", [0, 4])]


def case(dtype, shape):
    values = (np.arange(np.prod(shape)) * 7 % 11).astype(dtype)
    file = io.BytesIO()
    np.lib.format.write_array(file, values.reshape(shape), version=(1, 0))
    return {"dtype": dtype, "shape": shape, "values": values.tolist(),
            "file": base64.b64encode(file.getvalue()).decode()}


print(json.dumps({"numpy": np.__version__, "cases": [case(*each) for each in SHAPES]}, indent=1))
