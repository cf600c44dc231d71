"""Frames as docs/protocol.md describes them, put together by struct alone: no code of either end. Prints the JSON."""

import json
import math
import struct


def frame(kind, request, handle, payload):
    return struct.pack("<IBBHII", len(payload) + 12, kind, 1, 0, request, handle) + payload


def text(words):
    return struct.pack("<I", len(words)) + words.encode()


def pad(payload):
    return payload + bytes(-(16 + len(payload)) % 8)


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


MADE = '{"id": "CartPole-v1", "options": {}, "size": 1, "autoreset": "disabled"}'
EPISODE = '{"episode":3,"actor":"shared","terminated":true,"truncated":false}'
NAN = [math.nan] * 4

# Two environments whose masks have two entries and whose observations are boxes of two; the second's episode ended.
two = pad(struct.pack("<ddBB", 1, -0.5, 0, 1) + bytes([1, 0, 1, 1])) + floats(0, 1) + floats(2, 3)
two = pad(two + struct.pack("<II", 1, 1)) + floats(4, 5) + text('[{},{"lives":2}]')
# Two observations, boxes of one; masks of three; exploring, with the generator's seed [8, 9].
act = pad(struct.pack("<IIIII", 2, 3, 1, 8, 9) + bytes([1, 1, 1, 1, 0, 1])) + floats(0.5, 1.5)
acted = pad(struct.pack("<I", 1) + bytes(4) + struct.pack("<dd", -0.5, -1.5)) + struct.pack("<ii", 2, 0)
# One episode of two steps, without masks, log-probabilities and values.
learn = pad(struct.pack("<I", 1) + text(EPISODE) + struct.pack("<II", 2, 0))
learn = pad(learn + struct.pack("<dddd", 1, 0, 1, 1) + struct.pack("<dddd", *NAN)) + struct.pack("<ii", 0, 2)
learn = pad(learn) + floats(0.25, 0.5, 0.75)

# Two values of a Dict: bytes [2, 2] of a uint8 Box, sequences of int16 boxes of one, a graph with edges and one without.
values = pad(b"") + bytes([1, 2, 3, 4, 5, 6, 7, 8])
values = pad(values + struct.pack("<I", 2)) + struct.pack("<hh", -1, 300) + struct.pack("<I", 0)
values = pad(values)
values = pad(values + struct.pack("<II", 2, 1)) + struct.pack("<ii", 2, 0)
values = pad(values) + floats(0.5)
values = pad(values) + struct.pack("<ii", 1, 0)
values = pad(values + struct.pack("<II", 1, 0)) + struct.pack("<i", 1)

FRAMES = {
    "hello": frame(1, 1, 0, b"LGYM" + struct.pack("<HH", 1, 1) + text("{}")),
    "make": frame(2, 2, 0, text(MADE)),
    "reset": frame(3, 3, 1, text('{"seed": 7}')),
    "step": frame(4, 4, 1, struct.pack("<i", 1)),
    "close": frame(6, 5, 1, b""),
    "stepped": frame(0x84, 4, 1, pad(struct.pack("<dB", 1.0, 2)) + floats(0.5, -1, 0.25, 2) + bytes(8)),
    "steppedTwo": frame(0x84, 9, 3, two),
    "error": frame(0xFF, 6, 9, text('{"kind":"input","code":"serve.handle","message":"no"}')),
    "act": frame(19, 7, 1, act),
    "acted": frame(0x93, 7, 1, acted),
    "learn": frame(20, 8, 1, learn),
    "values": frame(4, 9, 1, values),
}
print(json.dumps({name: bytes.hex() for name, bytes in FRAMES.items()}, indent=2))
