"""Bytes as numbers, and words as numbers, whole buffers at a time.

Owns the hashes; they are part of the format of a release. Knows nothing of columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Multipliers of the hash; odd, so that they can be inverted modulo 2^32 and 2^64. The
#: second one is the finaliser of MurmurHash3 (public domain, A. Appleby).
ROLL = np.uint32(0x01000193)
MIX = np.uint32(0x85EBCA6B)
PAIR = np.uint32(0x9E3779B1)
WORD_BASE = 0x5851F42D4C957F2D
WORD_BASE_INVERSE = pow(WORD_BASE, -1, 1 << 64)

#: A random code for each byte, the same in every process: it is part of the format.
BYTE_CODES = np.random.Generator(np.random.PCG64(20261124)).integers(
    0, 1 << 32, size=256, dtype=np.uint32
)

#: Bytes that words are made of: letters, digits, apostrophe, and whatever is not ASCII.
IS_WORD_BYTE = np.zeros(256, dtype=bool)
IS_WORD_BYTE[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'_")] = True
IS_WORD_BYTE[128:] = True


def word_hashes(
    data: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]:
    """Return begin, end and hash of every word in a buffer.

    The hash of a word is the sum of its bytes' codes times WORD_BASE ** -place, modulo
    2^64: the difference of two running sums, shifted back to the beginning of the buffer.
    """
    is_word = IS_WORD_BYTE[data]
    borders = np.flatnonzero(is_word[1:] != is_word[:-1]).astype(np.int32) + 1
    begins, ends = borders[::2], borders[1::2]
    downwards = _powers(WORD_BASE_INVERSE, len(data))
    upwards = _powers(WORD_BASE, len(data))
    sums = np.cumsum(BYTE_CODES[data] * downwards, dtype=np.uint64)
    hashes = (sums[ends - 1] - sums[begins - 1]) * upwards[begins]
    return begins, ends, (hashes >> np.uint64(32)).astype(np.uint32)


def scrambled_hashes(
    codes: NDArray[np.uint32], begins: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.uint32]:
    """Return a hash of every word's first byte, and of the others in whatever order."""
    sums = np.cumsum(codes, dtype=np.uint32)
    return np.asarray((sums[ends - 1] - sums[begins]) * PAIR + mix(codes[begins]))


def mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread what the low bits know into the high ones, of which the columns are made."""
    mixed = (hashes ^ (hashes >> np.uint32(15))) * MIX
    return mixed ^ (mixed >> np.uint32(13))


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """Return base ** 0 … base ** (count - 1) modulo 2^64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)
