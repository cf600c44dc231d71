"""Writes tensorboard.json: an event file by TensorBoard's own writer, which test/runner/tensorboard.test.ts holds
ours to, byte for byte.

python -m pip install tensorboard && python test/golden/tensorboard.py
"""
import io
import json
import pathlib
import sys

sys.path.pop(0)  # this folder, where the script itself would be found as `tensorboard`

import tensorboard
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c
from tensorboard.summary.writer.record_writer import RecordWriter

START = 1_750_000_000.25
EVENTS = [
    {"step": 0, "wallTime": 1_750_000_001.5, "values": {"rollout/ep_rew_mean": 12.3}},
    {"step": 127, "wallTime": 1_750_000_002.0, "values": {"loss": -0.0, "entropy": 0.0}},
    {"step": 128, "wallTime": 1_750_000_003.125, "values": {"größe/läuft": 1e-30, "b": -1e30, "c": 3}},
    {"step": 2**31, "wallTime": 1_750_000_004.0, "values": {"a" * 200: 0.1}},
    {"step": 2**40 + 5, "wallTime": 1_750_000_005.0, "values": {f"many/{i}": i / 7 for i in range(40)}},
]


class Kept(io.BytesIO):
    def flush(self):
        pass


file = Kept()
writer = RecordWriter(file)
writer.write(event_pb2.Event(wall_time=START, file_version="brain.Event:2").SerializeToString())
for event in EVENTS:
    values = [summary_pb2.Summary.Value(tag=tag, simple_value=value) for tag, value in event["values"].items()]
    summary = summary_pb2.Summary(value=values)
    writer.write(
        event_pb2.Event(wall_time=event["wallTime"], step=event["step"], summary=summary).SerializeToString()
    )

golden = {
    "versions": {"tensorboard": tensorboard.__version__},
    "start": START,
    "events": EVENTS,
    "bytes": file.getvalue().hex(),
    "crc32c": [[text, crc32c(text.encode())] for text in ("", "a", "123456789", "layergym" * 40)],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
