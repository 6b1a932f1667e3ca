"""Reading labelled files: what is accepted, and what is named when it is not."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from typing import TYPE_CHECKING, Any

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import dataset, table_files
from models.dataset import BadRows, BadRowsError, ColumnError, DatasetError, Example, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CSV = 'text,label,threat,source\n"two\nlines",1,,here\nfine,0,0,there\n'
EXAMPLES = [
    Example("two\nlines", {"label": 1}),
    Example("fine", {"label": 0, "threat": 0}),
]


def _write_csv(path: Path, examples: Sequence[Example]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "spam"])
        for one in examples:
            writer.writerow(
                [one.text, *(one.labels.get(name, "") for name in ("label", "spam"))]
            )


def _write_json_lines(path: Path, examples: Sequence[Example]) -> None:
    lines = [json.dumps({"text": one.text, **one.labels}) for one in examples]
    path.write_text("\n".join(lines), encoding="utf-8")


def _write_parquet(path: Path, examples: Sequence[Example]) -> None:
    columns = {
        name: Array([one.labels.get(name) for one in examples], type=DataType.int64())
        for name in ("label", "spam")
    }
    text = Array([one.text for one in examples], type=DataType.string())
    write_parquet(Table.from_pydict({"text": text, **columns}), path)


def _parquet(path: Path, **columns: Array) -> Path:
    write_parquet(Table.from_pydict(columns), path)
    return path


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.csv", bytes),
        ("a.csv.gz", gzip.compress),
        ("a.csv.xz", lzma.compress),
        ("a", bytes),
        ("a.dump", gzip.compress),
    ],
)
def test_csv_is_read_however_it_is_compressed_and_called(
    tmp_path: Path, name: str, pack: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(pack(CSV.encode()))

    assert list(read(tmp_path / name, ignore=["source"])) == EXAMPLES


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson.gz", "a", "a.json"])
def test_json_lines_are_read_whatever_the_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = (
        b'\n{"text": "one", "toxic": true}\n{"text": "two", "spam": 0, "threat": null}\n\n'
    )
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)

    assert list(read(path)) == [Example("one", {"toxicity": 1}), Example("two", {"spam": 0})]


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a"])
def test_parquet_is_read_whatever_the_name(tmp_path: Path, name: str) -> None:
    _write_parquet(tmp_path / name, [Example("one", {"spam": 1}), Example("two", {"label": 0})])

    assert list(read(tmp_path / name)) == [
        Example("one", {"spam": 1}),
        Example("two", {"label": 0}),
    ]


def test_labels_of_parquet_may_be_truth_values_or_floats(tmp_path: Path) -> None:
    path = _parquet(
        tmp_path / "a.parquet",
        text=Array(["a", "b", "c"], type=DataType.large_utf8()),
        label=Array([True, False, None], type=DataType.bool()),
        spam=Array([None, float("nan"), 1.0], type=DataType.float64()),
    )

    assert [one.labels for one in read(path)] == [{"label": 1}, {"label": 0}, {"spam": 1}]


@pytest.mark.parametrize("content", [CSV, '{"text": "fine", "label": 0}'])
def test_a_byte_order_mark_is_passed_over(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a"
    path.write_text(content, encoding="utf-8-sig")

    assert list(read(path, ignore=["source"]))[-1].text == "fine"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.builds(
            Example,
            st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(
                lambda text: f"x{text}"
            ),
            st.dictionaries(st.sampled_from(["label", "spam"]), st.integers(0, 1), min_size=1),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_same_rows_are_the_same_examples_in_every_format(
    tmp_path: Path, rows: list[Example]
) -> None:
    _write_csv(tmp_path / "a.csv", rows)
    _write_json_lines(tmp_path / "a.jsonl", rows)
    _write_parquet(tmp_path / "a.parquet", rows)
    for name in ("a.csv", "a.jsonl"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
        (tmp_path / f"{name}.xz").write_bytes(lzma.compress(content, preset=0))

    for path in tmp_path.iterdir():
        assert list(read(path)) == rows, path.name


def test_cells_that_were_asked_for_come_along(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label,source,share\na,1,here,0.5\nb,0,there,\n")
    (tmp_path / "a.jsonl").write_text(
        '{"text": "a", "label": 1, "share": 0.5}\n{"text": "b", "label": 0}\n'
    )

    for name in ("a.csv", "a.jsonl"):
        found = read(tmp_path / name, ignore=["source"], extra=["share"])
        assert [one.extra for one in found] == [{"share": "0.5"}, {}]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text,colour,label,shape\na,1,2,3\n", "unknown columns `colour`, `shape`; known are"),
        ("text,colour,label\na,1,2\n", "--ignore colour"),
        ("label\n1\n", "no column `text` among `label`"),
        ("", "no column `text`: it is empty"),
        ("text\na\n", "no column with labels"),
        ("text,label,label\na,1,0\n", "more than one column `label`"),
        ("text,toxic,toxicity\na,1,0\n", "more than one column for `toxicity`"),
    ],
)
def test_wrong_columns_are_refused_at_once_by_name(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)

    with pytest.raises(ColumnError) as caught:
        next(read(path))

    assert str(caught.value).startswith("bad.csv: ")
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a secret comment,1\nanother,0\n", id="no header"),
        pytest.param("text,label\na secret comment,1\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"text;label\na secret comment;1\n", id="semicolons"),
    ],
)
def test_a_file_without_any_known_column_is_refused_and_nothing_in_it_told(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(ColumnError, match=r"a header with such names, .* in UTF-8$") as caught:
        next(read(path))

    assert "secret" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred", "`\N{REPLACEMENT CHARACTER}[31mred`"),
        ("caf\udce9", "`caf\N{REPLACEMENT CHARACTER}`"),
        ("n" * 61, f"`{'n' * 60}…`"),
    ],
)
def test_the_name_of_a_column_is_told_so_that_it_does_no_harm(
    tmp_path: Path, name: str, shown: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"text,label,{name}\na,1,2\n", errors="surrogateescape")

    with pytest.raises(ColumnError, match="unknown column") as caught:
        next(read(path))

    assert shown in str(caught.value)
    assert str(caught.value).isprintable()
    assert name not in str(caught.value)


def test_an_unknown_key_in_a_late_json_line_is_refused_by_name_and_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a", "label": 1}\n{"text": "a", "label": 1, "colour": 2}\n')

    with pytest.raises(ColumnError, match=r"bad\.jsonl: line 2: unknown column `colour`"):
        list(read(path))


def test_wrong_columns_of_parquet_are_refused_by_name(tmp_path: Path) -> None:
    path = _parquet(
        tmp_path / "a.parquet",
        colour=Array(["x"], type=DataType.string()),
        text=Array(["x"], type=DataType.string()),
    )

    with pytest.raises(ColumnError, match="unknown column `colour`"):
        list(read(path))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (b"b,2", "`label` is neither 0 nor 1"),
        (b"b,secret", "`label` is neither 0 nor 1"),
        (b"b", "1 fields under 2 columns"),
        (b"b,1,1", "3 fields under 2 columns"),
        (b",1", "no `text`"),
        (b'" \t ",1', "no `text`"),
        (b"b,", "no label"),
        (b"caf\xe9,1", "`text` is not UTF-8"),
        (b'"b"c,1', "',' expected"),
    ],
)
def test_a_bad_row_of_csv_is_named_by_its_first_line(
    tmp_path: Path, row: bytes, complaint: str
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b'text,label\n"two\nlines",1\n\n' + row + b"\nlast,0\n")
    bad_rows = BadRows()

    examples = list(read(path, bad_rows=bad_rows))

    # The rows before and after it are read all the same.
    assert [one.text for one in examples] == ["two\nlines", "last"]
    assert bad_rows.count == 1
    assert bad_rows.named[0].startswith(("line 5: ", "line 4: "))
    assert complaint in str(bad_rows)
    assert "secret" not in str(bad_rows)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "line 2: not JSON: Expecting property name enclosed in double quotes"),
        ("[1]", "line 2: not a JSON object"),
        ("{}", "line 2: no `text`"),
        ('{"text": 5, "label": 1}', "line 2: no `text`"),
        ('{"text": "a"}', "line 2: no label"),
        ('{"text": "a", "label": 0.5}', "line 2: `label` is neither 0 nor 1"),
        ('{"text": "a", "label": [1]}', "line 2: `label` is neither 0 nor 1"),
        ('{"text": "\\ud83d", "label": 1}', "line 2: `text` is not UTF-8"),
        ("[" * 100_000, "line 2: not JSON"),
    ],
)
def test_a_bad_json_line_is_refused_by_number(
    tmp_path: Path, line: str, complaint: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"text": "a", "label": 1}\n' + line)

    with pytest.raises(BadRowsError, match=complaint):
        list(read(path))


def test_bad_rows_of_parquet_are_named_by_number(tmp_path: Path) -> None:
    path = _parquet(
        tmp_path / "bad.parquet",
        text=Array(["a", None, "c"], type=DataType.string()),
        label=Array([1, 1, 7], type=DataType.int64()),
    )

    with pytest.raises(BadRowsError, match=r"row 2: no `text`\nrow 3: `label` is neither"):
        list(read(path))


def test_all_bad_rows_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("text,label\nfine,1\n" + "a,9\n" * 100)

    with pytest.raises(BadRowsError) as caught:
        list(read(path))

    lines = str(caught.value).splitlines()
    assert lines[1] == "line 3: `label` is neither 0 nor 1"
    assert lines[-1] == f"and {100 - dataset.NAMED_BAD_ROWS} more"
    assert len(lines) == dataset.NAMED_BAD_ROWS + 2


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_file_cut_short_is_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "cut.csv"
    path.write_bytes(pack(CSV.encode())[:-4])

    with pytest.raises(DatasetError, match=r"cut\.csv"):
        list(read(path, ignore=["source"]))


def _cut(content: bytes) -> bytes:
    return content[:-20]


def _broken(content: bytes) -> bytes:
    return content[:4] + bytes(len(content) - 12) + content[-8:]


@pytest.mark.parametrize(
    "damage", [_cut, _broken, gzip.compress, lambda _: b"PAR1", lambda _: b""]
)
def test_damaged_parquet_is_refused_without_a_trace(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "bad.parquet"
    _write_parquet(path, [Example("one", {"spam": 1})])
    path.write_bytes(damage(path.read_bytes()))

    with pytest.raises(DatasetError, match=r"bad\.parquet: not a Parquet file"):
        list(read(path))


def test_a_line_too_long_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_files, "MAX_LINE_CHARACTERS", 100)
    path = tmp_path / "long.csv"
    path.write_text("text,label\n" + "a" * 200 + ",1\n")

    with pytest.raises(DatasetError, match="line 2: longer than 100 characters"):
        list(read(path))


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "some text,1\n" * 5 * dataset.PROGRESS_ROWS)
    told: list[Any] = []

    list(read(path, progress=told.append))

    assert len(told) == 5
    assert 0.9 * path.stat().st_size <= sum(told) <= path.stat().st_size


@pytest.mark.parametrize(
    ("cell", "weight"), [("2.5", 2.5), ("", 1.0), (" 50 ", 50.0), ("1e3", 1000.0)]
)
def test_a_row_counts_what_its_weight_says(tmp_path: Path, cell: str, weight: float) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(f"text,label,weight\nhello,1,{cell}\n")

    (example,) = read(file)

    assert example.weight == weight
    assert example.labels == {"label": 1}


@pytest.mark.parametrize("cell", ["0", "-1", "nan", "inf", "heavy", "1e9"])
def test_a_weight_that_is_no_positive_number_makes_a_row_bad(tmp_path: Path, cell: str) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(f"text,label,weight\nhello,1,{cell}\nworld,0,2\n")
    bad_rows = BadRows()

    examples = list(read(file, bad_rows=bad_rows))

    assert [one.weight for one in examples] == [2.0]
    assert bad_rows.named == ["line 2: `weight` is not a positive number up to 1,000,000"]


def test_without_the_column_every_row_counts_one(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("text,label\nhello,1\n")

    assert [one.weight for one in read(file)] == [1.0]
