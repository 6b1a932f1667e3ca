"""The files of the archive."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from moderation.archive import Archive, read
from moderation.errors import ArchiveBusyError, ArchiveDamagedError

ROWS = [{"id": f"c{number}", "text": f"Grüße {number}\n"} for number in range(3)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def test_what_is_written_is_read_in_order(archive: Archive) -> None:
    first, second = archive.add("demo", ROWS[:2]), archive.add("demo", ROWS[2:])

    assert archive.files("demo") == [first, second]
    assert [row for path in archive.files("demo") for row in read(path)] == ROWS
    assert archive.files("other") == []


def test_nobody_else_may_read_the_files(archive: Archive, tmp_path: Path) -> None:
    path = archive.add("demo", ROWS)

    assert path.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in (tmp_path / "archive").rglob("*"))


def test_a_file_that_was_half_written_is_no_part_of_the_archive(archive: Archive) -> None:
    # Given: the process ends in the middle of a slice
    def rows():
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive.add("demo", rows())

    # Then
    assert archive.files("demo") == []
    archive.tidy("demo")
    path = archive.add("demo", ROWS)
    assert list(path.parent.iterdir()) == [path]


def test_comments_are_taken_out_and_an_empty_file_goes(archive: Archive) -> None:
    path = archive.add("demo", ROWS)

    assert archive.rewrite(path, lambda row: row["id"] != "c1") == 1
    assert list(read(path)) == [ROWS[0], ROWS[2]]
    assert archive.rewrite(path, lambda _: True) == 0
    assert archive.rewrite(path, lambda _: False) == 2
    assert archive.files("demo") == []


def test_a_rewrite_that_fails_leaves_the_file_as_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive.add("demo", ROWS)
    monkeypatch.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(OSError("full")))

    with pytest.raises(OSError, match="full"):
        archive.rewrite(path, lambda row: row["id"] == "c0")
    assert list(read(path)) == ROWS


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b'{"id": "c0"}\n')[:-9], b"no gzip", gzip.compress(b"secret\n")],
    ids=["cut", "no gzip", "no JSON"],
)
def test_a_damaged_file_is_named_and_its_texts_are_not(
    archive: Archive, content: bytes
) -> None:
    path = archive.add("demo", ROWS)
    path.write_bytes(content)

    with pytest.raises(ArchiveDamagedError, match=path.name) as caught:
        list(read(path))
    assert "secret" not in str(caught.value)


def test_one_process_at_a_time_changes_it(archive: Archive) -> None:
    with archive.locked(), pytest.raises(ArchiveBusyError), archive.locked():
        pass
    with archive.locked():
        pass
