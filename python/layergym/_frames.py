"""Frames of the protocol between layergym and Python (docs/protocol.md): bytes in, bytes out, nothing else."""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

PROTOCOL = 1
HEADER = struct.Struct("<IBBHII")
GREETING = struct.Struct("<4sHH")
MAGIC = b"LGYM"
ANSWER = 0x80
LARGEST = 2**30
ALIGNMENT = 8

HELLO, MAKE, RESET, STEP, RENDER, CLOSE = 1, 2, 3, 4, 5, 6
DESCRIBE, REFUSES, CREATE, ACT, LEARN, STATE, RESTORE, DISPOSE = 16, 17, 18, 19, 20, 21, 22, 23
ERROR = 0xFF


class ProtocolError(RuntimeError):
    """What came is no frame, or none that was asked for: the connection is of no further use."""


class Frame(NamedTuple):
    """A frame that has arrived whole; `data` holds its header too, so that offsets count from the frame's beginning."""

    kind: int
    version: int
    request: int
    handle: int
    data: bytes


def frame(kind: int, request: int, handle: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload) + 12, kind, PROTOCOL, 0, request, handle) + payload


def text(value: str) -> bytes:
    """Length in bytes as u32, then UTF-8."""
    encoded = value.encode()
    return struct.pack("<I", len(encoded)) + encoded


def words(value: Any) -> bytes:
    """A JSON text."""
    return text(json.dumps(value, allow_nan=False))


def hello(facts: dict[str, Any]) -> bytes:
    """The payload of a greeting: both versions, the lowest and the highest that are spoken here, and facts."""
    return GREETING.pack(MAGIC, PROTOCOL, PROTOCOL) + words(facts)


class FrameReader:
    """Cuts a stream of bytes into frames, however it arrives."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def push(self, chunk: bytes) -> None:
        self._bytes += chunk

    def next(self) -> Frame | None:
        """The next whole frame, None while there is none. Raises ProtocolError where the stream can't be followed."""
        if len(self._bytes) < 4:
            return None
        length = int.from_bytes(self._bytes[:4], "little")
        if not 12 <= length <= LARGEST:
            raise ProtocolError(f"a frame has 12 to {LARGEST} bytes, not {length}: this is no layergym")
        whole = length + 4
        if len(self._bytes) < whole:
            return None
        data = bytes(memoryview(self._bytes)[:whole])
        del self._bytes[:whole]
        _, kind, version, _, request, handle = HEADER.unpack_from(data)
        return Frame(kind, version, request, handle, data)


class Cursor:
    """Reads a frame's payload from its first byte on. Raises ProtocolError where it ends too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = HEADER.size

    def take(self, count: int) -> int:
        start = self.at
        if start + count > len(self.data):
            raise ProtocolError(f"the frame ends {start + count - len(self.data)} bytes too early")
        self.at = start + count
        return start

    def u32(self) -> int:
        start = self.take(4)
        return int.from_bytes(self.data[start : start + 4], "little")

    def text(self) -> str:
        count = self.u32()
        start = self.take(count)
        return self.data[start : start + count].decode("utf-8", "replace")

    def words(self) -> Any:
        try:
            return json.loads(self.text())
        except json.JSONDecodeError as error:
            raise ProtocolError(f"the frame's payload is no JSON: {error}") from error

    def align(self) -> None:
        self.take(-self.at % ALIGNMENT)

    def end(self) -> None:
        if self.at != len(self.data):
            raise ProtocolError(f"the frame has {len(self.data) - self.at} bytes more than it should")
