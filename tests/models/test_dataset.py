"""Reading labelled files: what is accepted, and what is named when it is not."""

from __future__ import annotations

import gzip
import lzma
from typing import TYPE_CHECKING

import pytest

from models.dataset import DatasetError, Example, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CSV = 'text,label,threat,source\n"two\nlines",1,,here\nfine,0,0,there\n'


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.csv", bytes), ("a.csv.gz", gzip.compress), ("a.csv.xz", lzma.compress)],
)
def test_csv_is_read_however_it_is_compressed(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(CSV.encode()))

    examples = list(read(tmp_path / name, ignore=["source"]))

    assert examples == [
        Example("two\nlines", {"label": 1}),
        Example("fine", {"label": 0, "threat": 0}),
    ]


def test_json_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"text": "one", "toxic": true}\n{"text": "two", "spam": 0, "threat": null}\n'
    )

    assert list(read(path)) == [Example("one", {"toxicity": 1}), Example("two", {"spam": 0})]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text,colour\na,1\n", "unknown column `colour`"),
        ("text,label\na,1\nb,2\n", "line 3: `label` is neither 0 nor 1"),
        ("text,label\na\n", "line 2: not as many fields"),
        ("text,label\na,1,1\n", "line 2: not as many fields"),
        ("label\n1\n", "line 2: no `text`"),
    ],
)
def test_a_bad_csv_file_is_refused_by_name_and_line(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)

    with pytest.raises(DatasetError, match=rf"bad\.csv: {complaint}"):
        list(read(path))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: not a JSON object"),
        ("{}", "line 2: no `text`"),
    ],
)
def test_a_bad_json_line_is_refused_by_number(
    tmp_path: Path, line: str, complaint: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a", "label": 1}\n' + line)

    with pytest.raises(DatasetError, match=complaint):
        list(read(path))


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode())[:-4])

    with pytest.raises(DatasetError, match=r"cut\.csv\.gz"):
        list(read(path, ignore=["source"]))
