"""What kind of comment each text is: those that resemble each other are of the same kind.

Owns how a text gets its kind: by the one word of it that adds most to the score, all its
features taken together. Copies with a word changed keep that word, and abuse of the same
sort shares it; what this finds and misses is measured by `benchmarks.learning_from_few`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from models.pooling import WordSums
from models.reading import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from models.classifier import CommentClassifier
    from models.features import HashedNgrams
    from models.reading import Reading

#: There are 2 ** KIND_BITS kinds.
KIND_BITS = 12
#: A word that begins so names somebody, and tells nothing of what is said.
_MENTION = ord("@")
#: Signs at the ends of a word that are not of it.
_AROUND = b".,;:!?\"'()[]*-_"


def kinds(
    texts: Sequence[str],
    heads: Sequence[int],
    *,
    vectoriser: HashedNgrams,
    classifier: CommentClassifier,
) -> list[str]:
    """Return the kind of each text, three hexadecimal digits.

    Args:
        texts: normalised.
        heads: for each text the head whose score matters.
        vectoriser: that of the release.
        classifier: that of the release.
    """
    found = [""] * len(texts)
    for head in set(heads):
        places = [place for place, one in enumerate(heads) if one == head]
        reading = vectoriser.read([texts[place] for place in places])
        for place, word in zip(
            places, _telling(reading, classifier.head_weights(head)), strict=True
        ):
            found[place] = f"{crc32(word.strip(_AROUND)) % (1 << KIND_BITS):03x}"
    return found


def _telling(reading: Reading, weights: NDArray[np.float32]) -> Iterator[bytes]:
    """Yield the word of each text that adds most; b"" of a text without any."""
    sums = WordSums.of(reading, weights)
    of_words = sums.sums.sum(axis=0)
    data = reading.buffer.data
    spaces = np.flatnonzero(data == SPACE)
    of_words[data[np.minimum(spaces[: len(of_words)] + 1, len(data) - 1)] == _MENTION] = -np.inf
    for first, last in zip(
        sums.first_words, np.append(sums.first_words[1:], len(spaces) - 1), strict=True
    ):
        if last <= first:
            yield b""
            continue
        word = first + int(of_words[first:last].argmax())
        yield data[spaces[word] + 1 : spaces[word + 1]].tobytes()
