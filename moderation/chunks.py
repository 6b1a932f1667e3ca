"""Much of something, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Thing = TypeVar("Thing")


def in_chunks(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """Yields the things in order, so many at once, the last few together.

    Python has it as `itertools.batched` from 3.12 on.
    """
    left = iter(things)
    while chunk := list(islice(left, size)):
        yield chunk
