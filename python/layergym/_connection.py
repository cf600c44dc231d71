"""A connection to a `layergym serve`: requests and their answers, and the process where it is one of ours."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Sequence

from ._frames import ANSWER, ERROR, GREETING, HELLO, MAGIC, PROTOCOL, Cursor, Frame, FrameReader, ProtocolError, frame, hello

RECEIVE = 1 << 18


class LayergymError(RuntimeError):
    """What layergym answers where it can't do what was asked; `code` is for programs, as 'env.option'."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Connection:
    """
    One stream of frames. An answer is told by its request's number: one that comes after its time-out is dropped, one
    that nobody asked for ends the connection.
    """

    def __init__(self, stream: socket.socket, token: str | None = None, timeout: float = 60.0) -> None:
        self._stream = stream
        self._frames = FrameReader()
        self._lock = threading.Lock()
        self._last = 0
        self._late: set[int] = set()
        self._broken: str | None = None
        self._timeout: float | None = None
        facts = {} if token is None else {"token": token}
        answer = self.request(HELLO, 0, hello(facts), timeout)
        magic, version, _ = GREETING.unpack_from(answer.data, answer.take(GREETING.size))
        if magic != MAGIC or version != PROTOCOL:
            self._end(f"the other end is no layergym that speaks version {PROTOCOL} of the protocol")
        self.version = answer.words().get("layergym")

    @property
    def open(self) -> bool:
        return self._broken is None

    def request(self, kind: int, handle: int, payload: bytes | bytearray, timeout: float | None) -> Cursor:
        """
        The answer's payload. Raises LayergymError where layergym refuses, TimeoutError where no answer comes within so
        many seconds (None: as long as it takes), ConnectionError where the stream has ended.
        """
        with self._lock:
            if self._broken is not None:
                raise ConnectionError(self._broken)
            self._last = self._last % 0xFFFFFFFF + 1
            sent = False
            try:
                self._send(frame(kind, self._last, handle, payload), timeout)
                sent = True
                arrived = self._answer(self._last, timeout)
            except ProtocolError as error:
                self._end(str(error))
                raise
            except OSError as error:
                if isinstance(error, TimeoutError):
                    raise
                self._end(f"layergym is gone ({error}): make the environment anew")
                raise ConnectionError(self._broken) from error
            except BaseException:
                # Ctrl-C: the answer will come late, or half a request is under way.
                if sent:
                    self._late.add(self._last)
                else:
                    self._end("the connection was interrupted in the middle of a request")
                raise
        cursor = Cursor(arrived.data)
        if arrived.kind == ERROR:
            said = cursor.words()
            raise LayergymError(str(said.get("message")), str(said.get("code", "")))
        if arrived.kind != kind | ANSWER or arrived.version != PROTOCOL:
            self._end(f"a request of kind {kind} was answered by a frame of kind {arrived.kind}")
            raise ProtocolError(self._broken)
        return cursor

    def close(self) -> None:
        self._end("the connection is closed")

    def _send(self, data: bytes, timeout: float | None) -> None:
        self._patience(timeout)
        try:
            self._stream.sendall(data)
        except TimeoutError:
            # Half a frame may be under way: nothing can follow it.
            self._end("layergym takes no requests: its process hangs, or is stopped")
            raise

    def _answer(self, request: int, timeout: float | None) -> Frame:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            arrived = self._frames.next()
            if arrived is None:
                self._receive(request, timeout, deadline)
            elif arrived.request == request:
                return arrived
            elif arrived.request in self._late:
                self._late.discard(arrived.request)
            elif arrived.kind == ERROR:
                # The other end can't follow the stream, and says so before it ends.
                raise ProtocolError(str(Cursor(arrived.data).words().get("message")))
            else:
                raise ProtocolError(f"an answer to request {arrived.request} came, which is not under way")

    def _receive(self, request: int, timeout: float | None, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        try:
            if left is not None and left <= 0:
                raise TimeoutError
            self._patience(left if left is not None and timeout is not None and left < 0.9 * timeout else timeout)
            chunk = self._stream.recv(RECEIVE)
        except TimeoutError:
            self._late.add(request)
            raise TimeoutError(
                f"layergym has not answered within {timeout} s: give `timeout` more, or look at what it does; "
                "the environment needs a reset"
            ) from None
        if not chunk:
            raise ConnectionError("the stream has ended")
        self._frames.push(chunk)

    def _patience(self, timeout: float | None) -> None:
        if timeout != self._timeout:
            self._stream.settimeout(timeout)
            self._timeout = timeout

    def _end(self, why: str) -> None:
        if self._broken is None:
            self._broken = why
            self._stream.close()


class Process:
    """A `layergym serve` of our own, over a pair of sockets; it ends when we do, however that is."""

    def __init__(self, command: Sequence[str], plugins: Sequence[str], timeout: float) -> None:
        ours, theirs = socket.socketpair()
        plugin = ["--plugin", *plugins] if plugins else []
        try:
            # What it prints goes to stderr; stdin carries frames both ways.
            self.child = subprocess.Popen([*command, "serve", *plugin], stdin=theirs, stdout=2, start_new_session=True)
        finally:
            theirs.close()
        self.pid = os.getpid()
        self.connection = Connection(ours, timeout=timeout)

    def end(self) -> None:
        if os.getpid() != self.pid:
            return
        self.connection.close()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


_processes: dict[tuple[str, ...], Process] = {}
_processes_lock = threading.Lock()


def shared(plugins: Sequence[str] = (), timeout: float = 60.0) -> Connection:
    """The connection of this process to its own layergym; one for all environments with the same plugins."""
    plugins = tuple(str(Path(name).resolve()) if Path(name).exists() else name for name in plugins)
    with _processes_lock:
        process = _processes.get(plugins)
        # A fork must not talk over its parent's stream.
        if process is None or process.pid != os.getpid() or not process.connection.open:
            process = _processes[plugins] = Process(command(), plugins, timeout)
            atexit.register(process.end)
        return process.connection


def command() -> list[str]:
    """How layergym is started: LAYERGYM_COMMAND, a project's node_modules, the PATH, or the clone that this lies in."""
    given = os.environ.get("LAYERGYM_COMMAND")
    if given:
        return shlex.split(given)
    local = Path("node_modules/.bin/layergym").resolve()
    if local.exists():
        return [str(local)]
    clone = Path(__file__).resolve().parents[2] / "bin" / "layergym.mjs"
    if clone.exists():
        return ["node", str(clone)]
    found = shutil.which("layergym")
    if found:
        return [found]
    raise FileNotFoundError(
        "no layergym here: install it (npm install layergym, then npx layergym setup) in this folder or globally, or "
        "set LAYERGYM_COMMAND to how it is started, as in 'node /path/to/bin/layergym.mjs'"
    )


def connect(address: str, token: str | None = None, timeout: float = 60.0) -> Connection:
    """
    A connection to a server that runs already: 'unix:/path/to/socket' or 'tcp:host:port' with its token
    (default: LAYERGYM_TOKEN).
    """
    scheme, _, rest = address.partition(":")
    if scheme == "unix":
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(timeout)
        stream.connect(rest)
        return Connection(stream, token, timeout)
    if scheme == "tcp" and ":" in rest:
        host, _, port = rest.rpartition(":")
        stream = socket.create_connection((host, int(port)), timeout)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(stream, token or os.environ.get("LAYERGYM_TOKEN"), timeout)
    raise ValueError(f"an address is unix:PATH or tcp:HOST:PORT, not {address!r}")


