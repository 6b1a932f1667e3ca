"""`moderation score`: comments in, scores out, one JSON object a line.

Owns reading the lines and writing them, a batch at a time; what is computed is the
business of `release`.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from models.commands.common import EXIT_BAD_INPUT, load_or_explain, model_option
from models.dataset import open_text
from models.release import BATCH_SIZE, Release, Scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SCORE_HELP = """\
Score comments, one JSON object a line; no server needed.

Reads JSON Lines with a "text" from FILE, plain or compressed by gzip or xz, or from
standard input, and writes a line for each, in order:

\b
  $ echo '{"text": "Thank you for this article."}' | moderation score
  {"scores": {"toxicity": 0.01, ...}, "action": "approve", "spans": [], "language": "en"}

A comment is held when a score reaches its category's threshold, or when it is in a
"language" that the release does not know; null where that cannot be told. "spans" are the
words that raised a score: offsets in code points of the text as posted.
"""


class BadLineError(Exception):
    """Raised when a line of the input is not a JSON object with a `text`."""


@click.command(help=SCORE_HELP)
@click.argument("file", type=click.File("rb"), default="-")
@model_option
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it always does.")
def score(file: BinaryIO, folder: Path | None) -> None:
    """Score comments, one JSON object a line; no server needed."""
    release = load_or_explain(folder)
    with open_text(file) as lines:
        try:
            for result in _results(release, _with_progress(_texts(lines))):
                click.echo(json.dumps(result, ensure_ascii=False))
        except BadLineError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(EXIT_BAD_INPUT)


def _texts(lines: TextIO) -> Iterator[str | BadLineError]:
    """Yield the text of each line; for a bad one an error, and then nothing more.

    The error is yielded, not raised, so that the batch before it still gets out.
    """
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            text = _text(json.loads(line))
            if text is None:
                yield BadLineError(
                    f'line {number}: not an object with a "text" that is a string'
                )
                return
            yield text
    except (ValueError, EOFError, OSError, RecursionError) as error:
        yield BadLineError(f"line {number or 1}: {error}")


def _text(row: Any) -> str | None:
    text = row.get("text") if isinstance(row, dict) else None
    return text if isinstance(text, str) else None


def _results(release: Release, texts: Iterable[str | BadLineError]) -> Iterator[dict[str, Any]]:
    """Yield scores, action, spans and language of each text, a batch at a time.

    Raises:
        BadLineError: when it is the turn of a bad line.
    """
    iterator = iter(texts)
    while batch := list(islice(iterator, BATCH_SIZE)):
        good = [text for text in batch if isinstance(text, str)]
        for text, scored in zip(good, release.score(good), strict=True):
            yield _result(release, text, scored)
        if isinstance(batch[-1], BadLineError):
            raise batch[-1]


def _result(release: Release, text: str, scored: Scored) -> dict[str, Any]:
    by_score = release.holds(scored.scores)
    held = release.would_hold(scored)
    return {
        "scores": {name: round(value, 6) for name, value in scored.scores.items()},
        "action": "hold" if held else "approve",
        "spans": [
            {
                "begin": span.begin,
                "end": span.end,
                "category": span.category,
                "score": round(span.score, 6),
            }
            for span in (release.explain([text])[0] if by_score else [])
        ],
        "language": scored.language,
    }


def _with_progress(texts: Iterator[str | BadLineError]) -> Iterator[str | BadLineError]:
    """Count the comments on standard error, if a person is watching nothing else."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from texts
        return
    with click.progressbar(
        texts, label="Scoring", file=sys.stderr, show_pos=True, item_show_func=None
    ) as counted:
        yield from counted
