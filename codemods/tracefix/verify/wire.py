"""Pickled messages over a pair of pipes, each after its length."""

from __future__ import annotations

import pickle
import struct
from typing import Any, BinaryIO

_LENGTH = struct.Struct("!Q")
HEADER = _LENGTH.size


def pack(message: object) -> bytes:
    """`message` as it goes over the pipe."""
    body = pickle.dumps(message, protocol=4)
    return _LENGTH.pack(len(body)) + body


def unpack(received: bytes | bytearray) -> bytes | None:
    """The body of the message that `received` holds, or None where it is not whole yet."""
    if len(received) < HEADER:
        return None
    (size,) = _LENGTH.unpack_from(received)
    body = bytes(received[HEADER : HEADER + size])
    return body if len(body) == size else None


def send(stream: BinaryIO, message: object) -> None:
    """Write `message` whole."""
    stream.write(pack(message))
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next message; EOFError where the other side is gone."""
    return pickle.loads(_exactly(stream, _LENGTH.unpack(_exactly(stream, HEADER))[0]))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        data = stream.read(size - len(received))
        if not data:
            raise EOFError("the other side is gone")
        received += data
    return bytes(received)
