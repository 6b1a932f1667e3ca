"""A resolver that answers what a test says, and a connector that connects to nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import Any

from moderation.delivery.addresses import Address

PUBLIC = "8.8.8.8"


class FakeResolver:
    """Answers one list of addresses after the other, the last for ever."""

    def __init__(self, *answers: Sequence[str], port: int | None = None) -> None:
        self._answers = list(answers)
        self._port = port
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> Iterable[tuple[Any, ...]]:
        self.asked.append((host, port))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [self._line(address, self._port or port) for address in answer]

    @staticmethod
    def _line(address: str, port: int) -> tuple[Any, ...]:
        stream = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        if ":" in address:
            return (socket.AF_INET6, *stream, (address, port, 0, 0))
        return (socket.AF_INET, *stream, (address, port))


class RecordingConnector:
    """Writes down where it is to connect to, and does not."""

    def __init__(self) -> None:
        self.asked: list[Address] = []

    def __call__(self, address: Address, timeout_s: float) -> socket.socket:
        self.asked.append(address)
        raise ConnectionRefusedError
