"""Much of something, some at a time."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from moderation.chunks import in_chunks


@given(st.lists(st.integers(), max_size=30), st.integers(1, 10))
def test_nothing_is_left_out_and_no_chunk_is_larger(things: list[int], size: int) -> None:
    chunks = list(in_chunks(things, size))

    assert [one for chunk in chunks for one in chunk] == things
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(0 < len(chunk) <= size for chunk in chunks)


def test_no_more_is_read_than_is_asked_for() -> None:
    assert next(in_chunks(count(), 3)) == [0, 1, 2]
