"""Environments at the other end of a connection: making them, and reading what their steps came to."""

from __future__ import annotations

import json
import re
import struct
from typing import Any, Sequence

import numpy as np

from ._connection import Connection, connect, shared
from ._frames import CLOSE, HEADER, MAKE, RENDER, RESET, STEP, Cursor, words
from ._spaces import Codec

TERMINATED, TRUNCATED = 1, 2
UNSET: Any = object()


class Outcome:
    """What a reset or a step of some environments came to; arrays are the caller's own."""

    __slots__ = ("rewards", "terminated", "truncated", "masks", "observations", "final", "final_observations", "infos")

    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    masks: np.ndarray | None
    observations: Any
    final: tuple[int, ...]
    final_observations: Any
    infos: list[dict[str, Any]] | None


class Remote:
    """`size` environments of one kind, that step together, at the other end of a connection."""

    def __init__(
        self,
        id: str,
        options: dict[str, Any],
        *,
        size: int = 1,
        autoreset: str = "disabled",
        plugins: Sequence[str] = (),
        address: str | None = None,
        token: str | None = None,
        timeout: float | None = 60.0,
        make_timeout: float | None = 600.0,
    ) -> None:
        self._timeout = timeout
        patience = make_timeout or 600.0
        self._connection: Connection = (
            shared(plugins, patience) if address is None else connect(address, token, patience)
        )
        self._own = address is not None
        asked = {"id": id, "options": {camel(key): value for key, value in options.items()}, "size": size}
        facts = self._connection.request(MAKE, 0, words({**asked, "autoreset": autoreset}), make_timeout).words()
        self.size = size
        self.handle: int = facts["handle"]
        self.spec: dict[str, Any] = facts["spec"]
        self.renders: bool = facts["renders"]
        self.mask_size: int = facts["maskSize"]
        self.observations = Codec(facts["observationSpace"])
        self.actions = Codec(facts["actionSpace"])
        self._closed = False

    def reset(self, seed: Any, options: dict[str, Any] | None, mask: list[int] | None = None) -> Outcome:
        asked: dict[str, Any] = {} if options is None else {"options": options}
        if seed is not None:
            asked["seed"] = seed
        if mask is not None:
            asked["mask"] = mask
        return self._outcome(self._ask(RESET, words(asked)))

    def step(self, actions: Any) -> Outcome:
        """`actions`: a batch, as numpy and Gymnasium's vector environments have it."""
        out = bytearray()
        self.actions.write(out, actions, self.size)
        return self._outcome(self._ask(STEP, out))

    def render(self, index: int = 0) -> np.ndarray | str | None:
        """A picture, uint8 [height, width, 3], or a text; None where the environment has neither."""
        cursor = self._ask(RENDER, struct.pack("<I", index))
        kind = cursor.u32()
        if kind == 0:
            return None
        if kind == 2:
            return cursor.text()
        height, width = cursor.u32(), cursor.u32()
        start = cursor.take(height * width * 3)
        return np.frombuffer(cursor.data, np.uint8, height * width * 3, start).reshape(height, width, 3).copy()

    def close(self) -> None:
        """Gives back what the environments hold at the other end. Without effect the second time."""
        if self._closed:
            return
        self._closed = True
        if self._connection.open:
            try:
                self._ask(CLOSE, b"")
            except (ConnectionError, TimeoutError):
                pass
        if self._own:
            self._connection.close()

    def _ask(self, kind: int, payload: bytes | bytearray) -> Cursor:
        return self._connection.request(kind, self.handle, payload, self._timeout)

    def _outcome(self, cursor: Cursor) -> Outcome:
        outcome = Outcome()
        size, data = self.size, cursor.data
        outcome.rewards = np.frombuffer(data, "<f8", size, cursor.take(8 * size)).copy()
        flags = np.frombuffer(data, np.uint8, size, cursor.take(size))
        outcome.terminated = (flags & TERMINATED) != 0
        outcome.truncated = (flags & TRUNCATED) != 0
        outcome.masks = None
        if self.mask_size > 0:
            count = size * self.mask_size
            masks = np.frombuffer(data, np.int8, count, cursor.take(count))
            outcome.masks = masks.reshape(size, self.mask_size).copy()
        outcome.observations = self.observations.read(cursor, size)
        outcome.final, outcome.final_observations, outcome.infos = (), None, None
        if cursor.at + 8 == len(data) and data[cursor.at :] == NOTHING:
            return outcome
        outcome.final = tuple(cursor.u32() for _ in range(cursor.u32()))
        if outcome.final:
            outcome.final_observations = self.observations.read(cursor, len(outcome.final))
        said = cursor.text()
        outcome.infos = json.loads(said) if said else None
        cursor.end()
        return outcome


NOTHING = bytes(8)
FIRST = struct.Struct("<dB")


class Steps:
    """
    The short way of one environment whose actions are Discrete and whose observations are a Box: what every step of
    classic control takes, without what batches need.
    """

    def __init__(self, remote: Remote) -> None:
        self._connection, self._handle, self._timeout = remote._connection, remote.handle, remote._timeout
        codec = remote.observations
        self._masks, self._shape, self._wire, self._size = remote.mask_size, codec.shape, codec.wire, codec.size
        self._at = (FIRST.size + HEADER.size + self._masks + 7) // 8 * 8
        self._end = self._at + self._size * codec.wire.itemsize + 8

    @staticmethod
    def fit(remote: Remote) -> bool:
        discrete = remote.actions.kind == "discrete" and int(remote.actions.space.start) == 0
        return remote.size == 1 and discrete and remote.observations.kind == "box"

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool] | Cursor:
        """What Gymnasium's step returns but for the info, which is empty; the whole answer where it isn't."""
        cursor = self._connection.request(STEP, self._handle, ACTION.pack(action), self._timeout)
        data = cursor.data
        if self._masks or len(data) != self._end:
            return cursor
        reward, flags = FIRST.unpack_from(data, HEADER.size)
        seen = np.frombuffer(data, self._wire, self._size, self._at).reshape(self._shape).copy()
        return seen, reward, bool(flags & TERMINATED), bool(flags & TRUNCATED)


ACTION = struct.Struct("<i")


def camel(name: str) -> str:
    """`max_episode_steps` as layergym names it: maxEpisodeSteps."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def asked_options(
    id: str, options: dict[str, Any], max_episode_steps: Any, render_mode: str | None, modes: Sequence[str]
) -> dict[str, Any]:
    """The options, with Gymnasium's own among them; how to draw is one where there is more than one way."""
    asked = dict(options)
    if max_episode_steps is not UNSET:
        asked["max_episode_steps"] = max_episode_steps
    if render_mode is None:
        return asked
    if render_mode not in modes:
        raise ValueError(f"{id} has the render modes {', '.join(modes) or 'none'}, not {render_mode!r}")
    if "rgb_array" in modes:
        asked["render_mode"] = "rgb" if render_mode == "rgb_array" else render_mode
    return asked
