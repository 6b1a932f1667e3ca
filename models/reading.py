"""A batch of texts as one buffer of bytes, and where in it which features are.

Owns how texts lie in the buffer: behind one another in UTF-8, a space between each two.
Knows nothing of how features are found or weighed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from models.hashing import BYTE_CODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SPACE = 32


class Kind(IntEnum):
    """A kind of feature, in the order of the columns. The rows of each are of unit length."""

    CHARACTERS = 0
    WORDS = 1
    KNOWN_WORDS = 2


@dataclass(frozen=True)
class Occurrences:
    """Where features of one kind and length were found: one entry for each, in order.

    `columns` are those of the feature matrix; `begins` are places in the buffer of bytes.
    `length` in bytes is one number, or one for each.
    """

    kind: Kind
    columns: NDArray[np.uint32]
    begins: NDArray[np.int32]
    length: int | NDArray[np.int32]

    @property
    def ends(self) -> NDArray[np.int32]:
        """The places behind the last bytes."""
        return np.asarray(self.begins + self.length, dtype=np.int32)


@dataclass(frozen=True)
class Buffer:
    """Texts as bytes: a space, then each text with a space behind it."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int32]

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The random code of each byte."""
        return BYTE_CODES[self.data]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Buffer:
        """Lay out `texts`; row i occupies `starts[i]` up to `starts[i + 1]`."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        data = np.frombuffer(b" " + b" ".join([*encoded, b""]), dtype=np.uint8)
        lengths = np.fromiter(map(len, encoded), dtype=np.int32, count=len(encoded)) + 1
        return cls(data, np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))


@dataclass(frozen=True)
class Reading:
    """A batch of texts, and where in it which features are."""

    buffer: Buffer
    occurrences: tuple[Occurrences, ...]

    @property
    def n_texts(self) -> int:
        """How many texts there are."""
        return len(self.buffer.starts) - 1
