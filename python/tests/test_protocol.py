"""This end of the protocol, without layergym: golden frames, cut and broken streams, late answers, other versions."""

import json
import random
import socket
import struct
import threading
import unittest
from pathlib import Path

import numpy as np

from layergym import Agent, Decisions
from layergym import _frames as wire
from layergym._connection import Connection, LayergymError
from layergym._remote import Remote
from layergym._spaces import Codec
from layergym.agent import Host

GOLDEN = {
    name: bytes.fromhex(text)
    for name, text in json.loads(
        (Path(__file__).parents[2] / "test" / "golden" / "protocol.json").read_text()
    ).items()
}
GREETED = wire.frame(wire.HELLO | wire.ANSWER, 1, 0, wire.hello({"layergym": "0"}))


class FakeServer:
    """Answers each request by what a script says; notes what came."""

    def __init__(self, answers):
        self.ours, self.theirs = socket.socketpair()
        self.came = []
        self.answers = answers
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        frames = wire.FrameReader()
        while chunk := self.theirs.recv(65536):
            frames.push(chunk)
            while (frame := frames.next()) is not None:
                self.came.append(frame.data)
                answer = self.answers(frame) if frame.kind != wire.HELLO else GREETED
                if answer:
                    self.theirs.sendall(answer)
        self.theirs.close()


def echo(frame):
    return wire.frame(frame.kind | wire.ANSWER, frame.request, frame.handle, wire.words({"n": frame.request}))


SPACES = {
    "kind": "dict",
    "spaces": {
        "picture": {"kind": "box", "low": 0, "high": 255, "shape": [2, 2], "dtype": "uint8"},
        "list": {
            "kind": "sequence",
            "space": {"kind": "box", "low": "-inf", "high": 300, "shape": [1], "dtype": "int16"},
            "maxLength": 4,
        },
        "graph": {
            "kind": "graph",
            "nodeSpace": {"kind": "discrete", "n": 3},
            "edgeSpace": {"kind": "box", "low": 0, "high": 1, "shape": [1]},
            "maxNodes": 10,
            "maxEdges": 90,
        },
    },
}


class Golden(unittest.TestCase):
    def test_dtypes_sequences_and_graphs(self):
        codec = Codec(SPACES)
        batch = codec.read(wire.Cursor(GOLDEN["values"]), 2)
        for i in range(2):
            self.assertTrue(codec.space.contains(codec.at(batch, i)))
        self.assertEqual((batch["picture"].dtype, batch["picture"].shape), (np.uint8, (2, 2, 2)))
        self.assertEqual([len(each) for each in batch["list"]], [2, 0])
        self.assertEqual(batch["graph"][0].edge_links.tolist(), [[1, 0]])
        self.assertIsNone(batch["graph"][1].edges)
        out = bytearray()
        codec.write(out, codec.batch([codec.at(batch, i) for i in range(2)]), 2)
        self.assertEqual(bytes(out), GOLDEN["values"][16:])

    def test_requests(self):
        facts = {
            "handle": 1,
            "spec": {},
            "renders": False,
            "maskSize": 0,
            "observationSpace": {"kind": "box", "low": -2, "high": 2, "shape": [4]},
            "actionSpace": {"kind": "discrete", "n": 2},
        }

        def answers(frame):
            if frame.kind == wire.MAKE:
                return wire.frame(wire.MAKE | wire.ANSWER, frame.request, 0, wire.words(facts))
            if frame.kind == wire.STEP:
                return GOLDEN["stepped"]
            return wire.frame(frame.kind | wire.ANSWER, frame.request, frame.handle, GOLDEN["stepped"][16:])

        server = FakeServer(answers)
        import layergym._remote as remote_module

        connection, before = Connection(server.ours), remote_module.shared
        remote_module.shared = lambda *_: connection
        try:
            remote = Remote("CartPole-v1", {})
        finally:
            remote_module.shared = before
        remote.reset(7, None)
        outcome = remote.step([1])
        remote.close()
        names = ["hello", "make", "reset", "step", "close"]
        self.assertEqual([each.hex() for each in server.came], [GOLDEN[name].hex() for name in names])
        self.assertEqual(outcome.rewards.tolist(), [1])
        self.assertEqual((outcome.terminated[0], outcome.truncated[0]), (False, True))
        self.assertEqual(outcome.observations.tolist(), [[0.5, -1, 0.25, 2]])

    def test_several(self):
        remote = object.__new__(Remote)
        remote.size, remote.mask_size = 2, 2
        from layergym._spaces import Codec

        remote.observations = Codec({"kind": "box", "low": -9, "high": 9, "shape": [2]})
        outcome = remote._outcome(wire.Cursor(GOLDEN["steppedTwo"]))
        self.assertEqual(outcome.rewards.tolist(), [1, -0.5])
        self.assertEqual(outcome.terminated.tolist(), [False, True])
        self.assertEqual(outcome.masks.tolist(), [[1, 0], [1, 1]])
        self.assertEqual(outcome.observations.tolist(), [[0, 1], [2, 3]])
        self.assertEqual((outcome.final, outcome.final_observations.tolist()), ((1,), [[4, 5]]))
        self.assertEqual(outcome.infos, [{}, {"lives": 2}])

    def test_agent(self):
        seen = {}

        class Told(Agent):
            appetite = ("step", 8)

            def act(self, observations, masks, explore, rng):
                seen.update(observations=observations, masks=masks, explore=explore)
                return Decisions(np.array([2, 0]), np.array([-0.5, -1.5]))

            def learn(self, trajectories):
                seen["trajectory"] = trajectories[0]
                return {"loss": 0.5}

        host = Host({"told": Told})
        spaces = {
            "observationSpace": {"kind": "box", "low": 0, "high": 2, "shape": [1]},
            "actionSpace": {"kind": "discrete", "n": 3},
        }
        asked = {"agent": "told", "settings": {}, "seed": 1, "gamma": 0.9, **spaces}
        frames = wire.FrameReader()
        for name in ("act", "learn"):
            frames.push(GOLDEN[name])
        host.answer(wire.Frame(wire.CREATE, 1, 1, 0, wire.frame(wire.CREATE, 1, 0, wire.words(asked))))
        answer = host.answer(frames.next())
        self.assertEqual(wire.frame(wire.ACT | wire.ANSWER, 7, 1, answer).hex(), GOLDEN["acted"].hex())
        self.assertEqual(seen["observations"].tolist(), [[0.5], [1.5]])
        self.assertEqual(seen["masks"].tolist(), [[True, True, True], [True, False, True]])
        host.answer(frames.next())
        trajectory = seen["trajectory"]
        self.assertEqual((trajectory.episode, trajectory.actor, trajectory.terminated), (3, "shared", True))
        self.assertEqual(trajectory.rewards.tolist(), [1, 0])
        self.assertEqual(trajectory.actions.tolist(), [0, 2])
        self.assertEqual(trajectory.observations.tolist(), [[0.25], [0.5], [0.75]])
        self.assertTrue(np.isnan(trajectory.values).all())


class Streams(unittest.TestCase):
    def test_a_late_answer_is_dropped(self):
        late = []

        def answers(frame):
            if frame.request == 2:
                late.append(echo(frame))
                return None
            return late.pop() + echo(frame) if late else echo(frame)

        connection = Connection(FakeServer(answers).ours)
        with self.assertRaises(TimeoutError):
            connection.request(wire.STEP, 1, b"", 0.05)
        self.assertEqual(connection.request(wire.STEP, 1, b"", 5).words(), {"n": 3})
        self.assertEqual(connection.request(wire.STEP, 1, b"", 5).words(), {"n": 4})

    def test_a_cut_frame_is_waited_for_then_given_up(self):
        connection = Connection(FakeServer(lambda frame: echo(frame)[:-3]).ours)
        with self.assertRaises(TimeoutError):
            connection.request(wire.STEP, 1, b"", 0.05)

    def test_an_answer_that_nobody_asked_for_ends_the_connection(self):
        connection = Connection(FakeServer(lambda frame: echo(frame._replace(request=99))).ours)
        with self.assertRaises(wire.ProtocolError):
            connection.request(wire.STEP, 1, b"", 5)
        with self.assertRaises(ConnectionError):
            connection.request(wire.STEP, 1, b"", 5)

    def test_refusals_are_told(self):
        def answers(frame):
            said = {"kind": "input", "code": "env.ended", "message": "call reset()"}
            return wire.frame(wire.ERROR, frame.request, 0, wire.words(said))

        connection = Connection(FakeServer(answers).ours)
        with self.assertRaisesRegex(LayergymError, "call reset") as caught:
            connection.request(wire.STEP, 1, b"", 5)
        self.assertEqual(caught.exception.code, "env.ended")

    def test_the_other_end_goes(self):
        server = FakeServer(lambda frame: None)
        connection = Connection(server.ours)
        self.addCleanup(connection.close)
        server.theirs.shutdown(socket.SHUT_RDWR)
        with self.assertRaises(ConnectionError):
            connection.request(wire.STEP, 1, b"", 5)
        self.assertFalse(connection.open)

    def test_other_versions_are_refused(self):
        ours, theirs = socket.socketpair()
        theirs.sendall(wire.frame(wire.HELLO | wire.ANSWER, 1, 0, struct.pack("<4sHH", b"LGYM", 2, 2) + wire.words({})))
        with self.assertRaises((ConnectionError, wire.ProtocolError)):
            Connection(ours).request(wire.STEP, 1, b"", 1)

    def test_10000_broken_answers(self):
        dice = random.Random(1)
        served = 0
        while served < 10_000:
            def answers(frame):
                nonlocal served
                served += 1
                answer = bytearray(echo(frame))
                for _ in range(dice.randrange(3)):
                    answer[dice.randrange(wire.HEADER.size)] = dice.randrange(256)
                return bytes(answer[: dice.randrange(len(answer)) + 1] if dice.random() < 0.01 else answer)

            connection = Connection(FakeServer(answers).ours)
            while connection.open and served < 10_000:
                try:
                    said = connection.request(wire.STEP, 1, b"", 0.002).words()
                except (TimeoutError, ConnectionError, wire.ProtocolError, LayergymError):
                    continue
                self.assertEqual(said, {"n": connection._last}, "an answer to another request")
            connection.close()


if __name__ == "__main__":
    unittest.main()
