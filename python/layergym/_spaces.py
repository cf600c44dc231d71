"""layergym's spaces as Gymnasium's, and their values as bytes: column by column, so that a batch is one numpy call a leaf."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np
from gymnasium import spaces

from ._frames import ALIGNMENT, HEADER, Cursor, ProtocolError, text


def space_of(described: dict[str, Any]) -> spaces.Space:
    """The Gymnasium space that a layergym space's JSON describes."""
    kind = described["kind"]
    if kind == "discrete":
        return spaces.Discrete(described["n"], start=described.get("start", 0))
    if kind == "box":
        shape = tuple(described["shape"])
        dtype = np.dtype(described.get("dtype", "float32"))
        low, high = (_bounds(described[name], shape, dtype) for name in ("low", "high"))
        return spaces.Box(low, high, shape, dtype)
    if kind == "multi-discrete":
        return spaces.MultiDiscrete(described["sizes"])
    if kind == "multi-binary":
        return spaces.MultiBinary(described["n"])
    if kind == "dict":
        return spaces.Dict({key: space_of(part) for key, part in described["spaces"].items()})
    if kind == "tuple":
        return spaces.Tuple([space_of(part) for part in described["spaces"]])
    if kind == "one-of":
        return spaces.OneOf([space_of(part) for part in described["spaces"]])
    if kind == "sequence":
        return spaces.Sequence(space_of(described["space"]))
    if kind == "graph":
        edges = described["edgeSpace"]
        return spaces.Graph(space_of(described["nodeSpace"]), None if edges is None else space_of(edges))
    if kind == "text":
        lengths = {"min_length": described["minLength"], "max_length": described["maxLength"]}
        return spaces.Text(**lengths, charset=described["characters"])
    raise ValueError(f"a space of the kind {kind!r} is none that this version of the Python package knows")


def _bounds(bound: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    values = [float(each) for each in (bound if isinstance(bound, list) else [bound])]
    # Whole numbers may have no bound, which only floats can say: 53 bits hold them all.
    flat = np.array(values, np.float64 if dtype.kind in "iu" else dtype)
    return np.full(shape, flat[0]) if len(values) == 1 else flat.reshape(shape)


class Codec:
    """Values of one space to bytes and back."""

    def __init__(self, described: dict[str, Any]) -> None:
        self.space = space_of(described)
        self.kind = described["kind"]
        self.parts: list[tuple[Any, Codec]] = []
        if self.kind == "dict":
            self.parts = [(key, Codec(part)) for key, part in described["spaces"].items()]
        elif self.kind == "one-of":
            self.choices = [Codec(part) for part in described["spaces"]]
        elif self.kind == "sequence":
            self.each = Codec(described["space"])
        elif self.kind == "graph":
            self.nodes = Codec(described["nodeSpace"])
            self.edges = None if described["edgeSpace"] is None else Codec(described["edgeSpace"])
        elif self.kind == "text":
            pass
        elif self.kind == "tuple":
            self.parts = [(i, Codec(part)) for i, part in enumerate(described["spaces"])]
        else:
            self.shape = tuple(self.space.shape or ())
            self.wire = np.dtype(WIRE.get(self.kind, self.space.dtype)).newbyteorder("<")
            self.size = int(np.prod(self.shape, dtype=int)) if self.shape else 1

    def write(self, out: bytearray, values: Any, count: int) -> None:
        """Appends a batch: an array [count, ...] for a leaf, a tuple or dict of such for composites."""
        if self.parts:
            for key, part in self.parts:
                part.write(out, values[key], count)
            return
        if self.kind == "text":
            for value in values:
                out += text(value)
            return
        if self.kind == "one-of":
            for index, value in values:
                out += int(index).to_bytes(4, "little")
                choice = self.choices[int(index)]
                choice.write(out, choice.batch([value]), 1)
            return
        if self.kind == "sequence":
            for value in values:
                out += len(value).to_bytes(4, "little")
                self.each.write(out, self.each.batch(value), len(value))
            return
        if self.kind == "graph":
            for value in values:
                self._write_graph(out, value)
            return
        _align(out)
        batch = np.ascontiguousarray(values, self.wire)
        if batch.size != count * self.size:
            raise ValueError(f"{count} values of {self.space} have {count * self.size} numbers, not {batch.size}")
        out += batch.tobytes()

    def read(self, cursor: Cursor, count: int) -> Any:
        """A batch as Gymnasium's vector environments give it; arrays are the caller's own."""
        if self.parts:
            columns = [(key, part.read(cursor, count)) for key, part in self.parts]
            return dict(columns) if self.kind == "dict" else tuple(column for _, column in columns)
        if self.kind == "text":
            return tuple(cursor.text() for _ in range(count))
        if self.kind == "one-of":
            return tuple(self._one(cursor) for _ in range(count))
        if self.kind == "sequence":
            return tuple(self._sequence(cursor) for _ in range(count))
        if self.kind == "graph":
            return tuple(self._graph(cursor) for _ in range(count))
        cursor.align()
        start = cursor.take(count * self.size * self.wire.itemsize)
        flat = np.frombuffer(cursor.data, self.wire, count * self.size, start)
        return flat.reshape((count, *self.shape)).astype(self.space.dtype)

    def _one(self, cursor: Cursor) -> tuple[np.int64, Any]:
        index = cursor.u32()
        if index >= len(self.choices):
            raise ProtocolError(f"a OneOf of {len(self.choices)} spaces has no index {index}")
        choice = self.choices[index]
        return np.int64(index), choice.first(choice.read(cursor, 1))

    def _sequence(self, cursor: Cursor) -> tuple[Any, ...]:
        count = cursor.u32()
        batch = self.each.read(cursor, count)
        return tuple(self.each.at(batch, i) for i in range(count))

    def _write_graph(self, out: bytearray, value: spaces.GraphInstance) -> None:
        count = 0 if value.edges is None else len(value.edges)
        out += len(value.nodes).to_bytes(4, "little") + count.to_bytes(4, "little")
        self.nodes.write(out, value.nodes, len(value.nodes))
        if self.edges is not None and count > 0:
            self.edges.write(out, value.edges, count)
            _align(out)
            out += np.ascontiguousarray(value.edge_links, "<i4").tobytes()

    def _graph(self, cursor: Cursor) -> spaces.GraphInstance:
        nodes, edges = cursor.u32(), cursor.u32()
        seen = self.nodes.read(cursor, nodes)
        if self.edges is None or edges == 0:
            return spaces.GraphInstance(seen, None, None)
        between = self.edges.read(cursor, edges)
        cursor.align()
        start = cursor.take(8 * edges)
        links = np.frombuffer(cursor.data, "<i4", 2 * edges, start).reshape(edges, 2).astype(np.int32)
        return spaces.GraphInstance(seen, between, links)

    def first(self, batch: Any) -> Any:
        """The only value of a batch of one, of the type that the space holds."""
        return self.at(batch, 0)

    def at(self, batch: Any, index: int) -> Any:
        """One value of a batch, of the type that the space holds."""
        if self.kind == "dict":
            return {key: part.at(batch[key], index) for key, part in self.parts}
        if self.kind == "tuple":
            return tuple(part.at(batch[key], index) for key, part in self.parts)
        return batch[index]

    def batch(self, values: Sequence[Any]) -> Any:
        """Values side by side, as `write` takes them."""
        if self.kind == "dict":
            return {key: part.batch([value[key] for value in values]) for key, part in self.parts}
        if self.kind == "tuple":
            return tuple(part.batch([value[key] for value in values]) for key, part in self.parts)
        if self.kind in ("text", "one-of", "sequence", "graph"):
            return tuple(values)
        return np.array(values, self.wire).reshape((len(values), *self.shape))


def _align(out: bytearray) -> None:
    out += bytes(-(HEADER.size + len(out)) % ALIGNMENT)


WIRE = {"discrete": np.int32, "multi-discrete": np.int32, "multi-binary": np.uint8}


def flatten_batch(space: spaces.Space, batch: Any) -> np.ndarray:
    """
    A batch as rows of numbers, float64 [n, width]: one-hot for discrete choices, numbers in order for a Box, the parts
    of a Dict or Tuple one after the other; as `gymnasium.spaces.flatten` of each.
    """
    if isinstance(space, spaces.Dict):
        return np.concatenate([flatten_batch(part, batch[key]) for key, part in space.spaces.items()], axis=1)
    if isinstance(space, spaces.Tuple):
        return np.concatenate([flatten_batch(part, batch[i]) for i, part in enumerate(space.spaces)], axis=1)
    array = np.asarray(batch)
    if isinstance(space, spaces.Discrete):
        return np.eye(int(space.n))[array - int(space.start)]
    if isinstance(space, spaces.MultiDiscrete):
        return np.concatenate([np.eye(int(n))[array[:, i]] for i, n in enumerate(space.nvec)], axis=1)
    return array.reshape(len(array), -1).astype(np.float64)
