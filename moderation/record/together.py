"""Calls that come at the same time share one round trip.

A busy API process has many requests open at once. While one of them is at Redis, the others
collect here, and the next trip takes them all: under load a request costs a fraction of a
round trip, and alone it waits for nobody.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items that one trip carries: Redis answers nobody else meanwhile.
MOST_AT_ONCE = 100


class _Call(Generic[Item, Result]):
    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | None = None
        self.error: Exception | None = None
        self.done = False


class Together(Generic[Item, Result]):
    """Runs items of concurrent callers in batches.

    An item may be run twice when its caller is ended in the middle.

    Args:
        run: takes items and gives their results in the same order. What it raises, every
            caller of the batch gets.
    """

    def __init__(self, run: Callable[[Sequence[Item]], Sequence[Result]]) -> None:
        self._run = run
        self._waiting: deque[_Call[Item, Result]] = deque()
        self._travelling = threading.Lock()

    def do(self, item: Item) -> Result:
        """The result for one item."""
        call: _Call[Item, Result] = _Call(item)
        self._waiting.append(call)
        with self._travelling:
            while not call.done:  # unless somebody before us took it along
                self._travel()
        if call.error is not None:
            raise call.error
        return call.result  # type: ignore[return-value] # set with `done`

    def _travel(self) -> None:
        calls = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
        try:
            results = self._run([call.item for call in calls])
            for call, result in zip(calls, results, strict=True):
                call.result = result
        except Exception as error:
            for call in calls:
                call.error = error
        except BaseException:
            # Our own caller is being ended. The others travel again: each item may be
            # repeated.
            self._waiting.extendleft(reversed(calls))
            raise
        for call in calls:
            call.done = True
