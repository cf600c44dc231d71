"""Agents written in Python for layergym: `--plugin my_agent.py --agent my-agent`, wherever a command takes an agent."""

from __future__ import annotations

import base64
import importlib.util
import os
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Sequence

import numpy as np
from gymnasium import Space

from . import _frames as wire
from ._frames import Cursor, Frame, FrameReader, ProtocolError
from ._spaces import Codec


@dataclass(frozen=True)
class Trajectory:
    """One actor's part of one episode, in order; T steps. Batches as Gymnasium's vector environments have them."""

    episode: int
    actor: str
    observations: Any  # [T + 1, ...]: the last one followed the last action
    actions: Any  # [T, ...]
    rewards: np.ndarray  # [T]
    durations: np.ndarray  # [T]: the factor to the next value is gamma ** duration
    log_probabilities: np.ndarray  # [T], NaN where the agent said none
    values: np.ndarray  # [T], NaN where the agent said none
    masks: np.ndarray | None  # bool [T + 1, n]; None where everything is allowed
    terminated: bool
    truncated: bool


@dataclass(frozen=True)
class Decisions:
    """What an agent chose: actions [n, ...], and what learning wants to know of them, float [n]."""

    actions: Any
    log_probabilities: np.ndarray | None = None
    values: np.ndarray | None = None


class Agent:
    """
    Acts and learns. A subclass in a file that `--plugin` names is an agent of layergym, called by `id` (default: the
    class's name in kebab-case). `settings`: by name the default, which `--agent-config` overrides, and what it does.
    """

    id: ClassVar[str | None] = None
    description: ClassVar[str] = "an agent written in Python"
    settings: ClassVar[dict[str, tuple[Any, str]]] = {}
    # What one `learn` takes: so many 'step's or 'episode's.
    appetite: tuple[str, int] = ("episode", 1)

    def __init__(
        self,
        observation_space: Space,
        action_space: Space,
        settings: dict[str, Any],
        rng: np.random.Generator,
        gamma: float,
    ) -> None:
        """`rng`: for initial weights, and for what learning draws."""

    @classmethod
    def refuses(cls, observation_space: Space, action_space: Space) -> str | None:
        """Why it can't act in these spaces, None where it can."""
        return None

    def act(
        self,
        observations: Any,
        masks: np.ndarray | None,
        explore: bool,
        rng: np.random.Generator,
    ) -> Any:
        """
        Actions of a batch of n observations, [n, ...], or `Decisions`. masks: bool [n, choices], None where everything
        is allowed. Draws from `rng` alone, and changes nothing that `state` holds.
        """
        raise NotImplementedError

    def learn(self, trajectories: Sequence[Trajectory]) -> dict[str, float]:
        """Improves by trajectories that it acted in, of which there may be none; named figures of the update, all finite."""
        return {}

    def state(self) -> dict[str, Any]:
        """All that its future depends on: numbers, texts, lists, dicts, numpy arrays, states of generators."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on as the agent that the state came from."""


def spaces_of(asked: dict[str, Any]) -> tuple[Codec, Codec]:
    return Codec(asked["observationSpace"]), Codec(asked["actionSpace"])


class Host:
    """Answers layergym's requests about the agents of one file."""

    def __init__(self, agents: dict[str, type[Agent]]) -> None:
        self._agents = agents
        self._made: dict[int, tuple[Agent, Codec, Codec]] = {}
        self._handles = 0

    def answer(self, frame: Frame) -> bytes:
        """The payload that answers a frame. Raises what the agent raises."""
        cursor = Cursor(frame.data)
        if frame.kind == wire.HELLO:
            return self._hello(cursor)
        if frame.version != wire.PROTOCOL:
            raise ProtocolError(f"the frame speaks version {frame.version}, this end {wire.PROTOCOL}")
        if frame.kind == wire.DESCRIBE:
            return wire.words({"agents": [self._facts(id, kind) for id, kind in self._agents.items()]})
        if frame.kind == wire.REFUSES:
            asked = cursor.words()
            seen, acted = spaces_of(asked)
            return wire.words({"reason": self._agents[asked["agent"]].refuses(seen.space, acted.space)})
        if frame.kind == wire.CREATE:
            return self._create(cursor.words())
        if frame.handle not in self._made:
            raise ProtocolError(f"there is no agent {frame.handle}: it is disposed of, or was never made")
        agent, seen, acted = self._made[frame.handle]
        if frame.kind == wire.ACT:
            return self._act(agent, seen, acted, cursor)
        if frame.kind == wire.LEARN:
            trajectories = [read_trajectory(cursor, seen, acted) for _ in range(cursor.u32())]
            cursor.end()
            return wire.words({name: float(figure) for name, figure in agent.learn(trajectories).items()})
        if frame.kind == wire.STATE:
            return wire.words(packed(agent.state()))
        if frame.kind == wire.RESTORE:
            agent.restore(unpacked(cursor.words()))
            return wire.words({})
        if frame.kind == wire.DISPOSE:
            del self._made[frame.handle]
            return wire.words({})
        raise ProtocolError(f"there is no request of kind {frame.kind} in version {wire.PROTOCOL}")

    def _hello(self, cursor: Cursor) -> bytes:
        magic, lowest, highest = wire.GREETING.unpack_from(cursor.data, cursor.take(wire.GREETING.size))
        if magic != wire.MAGIC or not lowest <= wire.PROTOCOL <= highest:
            raise ProtocolError(f"this end speaks version {wire.PROTOCOL}, the other {lowest} to {highest}")
        return wire.hello({})

    @staticmethod
    def _facts(id: str, kind: type[Agent]) -> dict[str, Any]:
        settings = {name: {"value": value, "says": says} for name, (value, says) in kind.settings.items()}
        return {"id": id, "description": kind.description, "settings": settings}

    def _create(self, asked: dict[str, Any]) -> bytes:
        seen, acted = spaces_of(asked)
        rng = np.random.default_rng(asked["seed"])
        agent = self._agents[asked["agent"]](seen.space, acted.space, asked["settings"], rng, asked["gamma"])
        self._handles += 1
        self._made[self._handles] = (agent, seen, acted)
        unit, count = agent.appetite
        return wire.words({"handle": self._handles, "appetite": {"unit": unit, "count": count}})

    @staticmethod
    def _act(agent: Agent, seen: Codec, acted: Codec, cursor: Cursor) -> bytes:
        count, size, explore, *seed = (cursor.u32() for _ in range(5))
        masks = read_masks(cursor, count, size)
        observations = seen.read(cursor, count)
        cursor.end()
        chosen = agent.act(observations, masks, bool(explore), np.random.default_rng(seed))
        decisions = chosen if isinstance(chosen, Decisions) else Decisions(chosen)
        columns = (decisions.log_probabilities, decisions.values)
        out = bytearray(sum(bit for bit, column in zip((1, 2), columns) if column is not None).to_bytes(4, "little"))
        out += bytes(4)
        for column in columns:
            if column is not None:
                out += np.ascontiguousarray(column, "<f8").reshape(count).tobytes()
        acted.write(out, decisions.actions, count)
        return bytes(out)


def read_masks(cursor: Cursor, count: int, size: int) -> np.ndarray | None:
    if size == 0:
        return None
    start = cursor.take(count * size)
    return np.frombuffer(cursor.data, np.uint8, count * size, start).reshape(count, size).astype(bool)


def read_trajectory(cursor: Cursor, seen: Codec, acted: Codec) -> Trajectory:
    facts = cursor.words()
    steps, size = cursor.u32(), cursor.u32()
    cursor.align()
    columns = np.frombuffer(cursor.data, "<f8", 4 * steps, cursor.take(32 * steps)).reshape(4, steps).copy()
    masks = read_masks(cursor, steps + 1, size)
    actions = acted.read(cursor, steps)
    observations = seen.read(cursor, steps + 1)
    return Trajectory(
        observations=observations,
        actions=actions,
        rewards=columns[0],
        durations=columns[1],
        log_probabilities=columns[2],
        values=columns[3],
        masks=masks,
        **facts,
    )


def packed(value: Any) -> Any:
    """JSON-safe: arrays as base64 with dtype and shape, integers that JSON rounds as text."""
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        data = base64.b64encode(array.tobytes()).decode()
        return {"$array": data, "dtype": array.dtype.str, "shape": list(value.shape)}
    if isinstance(value, np.generic):
        return packed(value.item())
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return {"$integer": str(value)}
    if isinstance(value, dict):
        return {str(key): packed(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [packed(part) for part in value]
    return value


def unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [unpacked(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "$array" in value:
        data = np.frombuffer(base64.b64decode(value["$array"]), np.dtype(value["dtype"]))
        return data.reshape(value["shape"]).copy()
    if "$integer" in value:
        return int(value["$integer"])
    return {key: unpacked(part) for key, part in value.items()}


def agents_in(path: str) -> dict[str, type[Agent]]:
    """Every subclass of Agent that a file defines, by id."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    kinds = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Agent)]
    return {kind.id or kebab(kind.__name__): kind for kind in kinds if kind.__module__ == module.__name__}


def kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def main(path: str) -> int:
    """Answers frames on stdin until it ends; what agents print goes to stderr."""
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    host = Host(agents_in(path))
    frames = FrameReader()
    while chunk := os.read(0, 1 << 18):
        frames.push(chunk)
        while (frame := frames.next()) is not None:
            try:
                answer = wire.frame(frame.kind | wire.ANSWER, frame.request, frame.handle, host.answer(frame))
            except Exception as error:  # noqa: BLE001 - whatever an agent raises is told
                where = traceback.format_exception(error)
                said = {"kind": "failure", "code": "python", "message": "".join(where).strip()}
                answer = wire.frame(wire.ERROR, frame.request, frame.handle, wire.words(said))
            view = memoryview(answer)
            while view:
                view = view[output.write(view) :]
    return 0

