"""Which approved comments a person is to look at: by lot, and the same lot each time.

A pure function of the comment's id and of a secret: who posts comments cannot choose an id
that is never drawn, and a comment that is decided again has the same lot. A larger share
draws all that a smaller one draws, and more.
"""

from __future__ import annotations

from hashlib import blake2b

#: Bytes of a lot.
LOT_BYTES = 8
LOTS = 1 << 8 * LOT_BYTES


def is_drawn(secret: str, site: str, comment_id: str, *, share: float) -> bool:
    """Whether a comment belongs to the share that is drawn.

    Args:
        secret: known to the service alone.
        site: whose comment.
        comment_id: the comment.
        share: of how many, from 0 (none) to 1 (all).
    """
    lot = blake2b(
        f"{site}:{comment_id}".encode("utf-8", "surrogatepass"),
        digest_size=LOT_BYTES,
        key=secret.encode(),
    ).digest()
    return int.from_bytes(lot, "big") < share * LOTS
