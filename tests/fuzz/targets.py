"""What holds for any bytes: a target for each reader of what strangers send.

A target takes bytes and raises if the reader does what it promises never to do: another
exception than its own, a place outside of the text, a character that should be gone. It knows
nothing of how inputs are found.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
from flask import Flask
from marshmallow import ValidationError

from models import dataset, language, table_files
from models.features import HashedNgrams
from models.release import Release
from models.release_files import load, shipped
from models.screening import FEWEST_SCREENED, normalise_all
from models.text import normalise, normalise_with_offsets
from moderation import hostile, settings
from moderation.api.base import Cursors
from moderation.api.policy_schemas import PolicySchema
from moderation.api.problems import Problem
from moderation.api.schemas import NewCommentSchema
from moderation.delivery.addresses import UnsuitableUrlError, target_of
from moderation.dropins.akismet.forms import UnreadableFormError, read_form
from moderation.dropins.perspective import payload
from moderation.dropins.perspective.passages import read_html
from moderation.dropins.perspective.refusals import Refusal
from moderation.dropins.plain_text import pieces
from moderation.encoding import compact_json, read_json
from moderation.errors import SettingsError, UnsuitableScheduleError
from moderation.policy import Policy, text_fingerprint
from moderation.record.schedules import next_time
from moderation.wordlists import WordList

Target = Callable[[bytes], None]

#: Name → target.
TARGETS: dict[str, Target] = {}

#: So much of a table file is read.
MOST_ROWS = 1_000
SECRET = "canary-of-a-password"


def target(function: Target) -> Target:
    """Lists a target under its name."""
    TARGETS[function.__name__] = function
    return function


def text_of(data: bytes) -> str:
    """Any bytes as a text; what is not UTF-8 becomes half characters, which JSON can spell."""
    return data.decode("utf-8", "surrogateescape")


@target
def normaliser(data: bytes) -> None:
    """The normaliser, its twin that follows offsets, and the one for batches agree."""
    text = text_of(data)
    plain = normalise(text)
    tracked = normalise_with_offsets(text)

    plain.encode()
    assert plain == " ".join(plain.split())
    assert tracked.text == plain
    assert normalise_all([text] * FEWEST_SCREENED) == [plain] * FEWEST_SCREENED
    assert all(
        0 <= begin < end <= len(text)
        for begin, end in zip(tracked.begins, tracked.ends, strict=True)
    )


@target
def languages(data: bytes) -> None:
    """The detector names a language of two or three letters, or none."""
    text = text_of(data)
    [found] = language.detect([text], [normalise(text)], known={"en"})

    assert found is None or (found.isalpha() and len(found) in (2, 3))


@target
def features(data: bytes) -> None:
    """Any text becomes one row of numbers."""
    rows = HashedNgrams(char_bits=12, word_bits=12).transform([normalise(text_of(data))])

    assert rows.shape[0] == 1
    assert np.isfinite(rows.data).all()


@target
def explanations(data: bytes) -> None:
    """Scores are probabilities, and spans lie in the text as posted."""
    text = text_of(data)
    release = _release()
    [scored] = release.score([text])
    [spans] = release.explain([text])

    assert all(0 <= score <= 1 for score in scored.scores.values())
    assert all(0 <= span.begin < span.end <= len(text) for span in spans)


@target
def word_lists(data: bytes) -> None:
    """A list, its entries in the first line, finds only its own entries, where they stand."""
    first, _, text = text_of(data).partition("\n")
    entries = first.split(",")
    words = WordList(entries, normalise)

    assert set(words.find(text, normalise(text))) <= set(entries)
    for begin, end, entry in words.places(text):
        assert 0 <= begin < end <= len(text)
        assert entry in entries


@target
def shown_text(data: bytes) -> None:
    """Nothing that is shown hides, turns the line, or towers."""
    text = text_of(data)
    shown = "".join(piece.text for piece in hostile.pieces(text))
    line = hostile.one_line(text, 80)

    assert not {"\u202e", "\u200b", "\0", "\x1b"} & set(shown)
    assert len(line) <= 80
    assert not {"\n", "\r", "\x1b"} & set(line)


@target
def html(data: bytes) -> None:
    """HTML is read piece by piece, without a gap, and sentences lie in what was posted."""
    text = text_of(data)
    read = list(pieces(text))
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2

    assert [piece.begin for piece in read[:1]] in ([], [0])
    assert all(one.end == following.begin for one, following in pairwise(read))
    assert not read or read[-1].end == len(text)
    for _, (begin, end) in read_html(text).sentences():
        assert 0 <= begin < end <= units


@target
def json_bodies(data: bytes) -> None:
    """A body is read or refused, and what was read can be written again."""
    with suppress(ValueError):
        compact_json(read_json(data))


@target
def comment_bodies(data: bytes) -> None:
    """A comment is taken or refused by its schema, and its text has a fingerprint."""
    with suppress(ValueError, ValidationError):
        taken = NewCommentSchema().load(read_json(data))
        taken["text"].encode()
        text_fingerprint(taken["text"])


@target
def policies(data: bytes) -> None:
    """A policy that passes its schema is a policy, and is stored as it is."""
    with suppress(ValueError, ValidationError):
        policy = Policy.from_json(PolicySchema().load(read_json(data)))
        assert Policy.from_json(policy.to_json()) == policy


@target
def perspective_messages(data: bytes) -> None:
    """Perspective's message is read, or refused in Google's words."""
    with suppress(Refusal):
        payload.read(data, "AnalyzeCommentRequest")


@target
def akismet_forms(data: bytes) -> None:
    """A form in whatever charset becomes texts without half characters."""
    with suppress(UnreadableFormError):
        for value in read_form(b"", data).values():
            value.encode()


@target
def table_rows(data: bytes) -> None:
    """A file of labelled comments is read, row by row, or refused by our own errors."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows")
        path.write_bytes(data)
        with (
            suppress(dataset.DatasetError, *table_files.UNREADABLE),
            path.open("rb", buffering=0) as file,
        ):
            for row in islice(table_files.rows(path, file, list), MOST_ROWS):
                assert row.complaint or row.cells


@target
def webhook_urls(data: bytes) -> None:
    """A URL that is taken says where it leads, in characters that a header may have."""
    with suppress(UnsuitableUrlError):
        found = target_of(text_of(data), allow_private=True)
        assert 1 <= found.port <= 65_535
        assert found.host
        assert found.host == found.host.lower()
        assert f"{found.authority}{found.path}".isascii()
        assert found.path.startswith("/")
        assert found.path.isprintable()


@target
def cursors(data: bytes) -> None:
    """No cursor is taken that the service did not give, and those that it gave are."""
    with _app().app_context():
        of_list = Cursors("comments", "demo")
        assert of_list.read(of_list.write(len(data))) == len(data)
        with suppress(Problem):
            # Out of a query, where nothing is half a character.
            raise AssertionError(f"taken: {of_list.read(data.decode('utf-8', 'replace'))!r}")


@target
def schedules(data: bytes) -> None:
    """A schedule names a time to come, or is refused."""
    with suppress(UnsuitableScheduleError):
        next_time(text_of(data))


@target
def setting_values(data: bytes) -> None:
    """A setting is taken or refused by our own error."""
    name, _, value = text_of(data).partition("=")
    with suppress(SettingsError):
        settings.Settings.load({f"{settings.PREFIX}{name.upper()}": value})


@target
def masked_urls(data: bytes) -> None:
    """A password in a URL is masked, whatever stands around it."""
    before, _, after = text_of(data).partition("\n")
    for url in (
        f"redis://{before}:{SECRET}@{after}",
        f"rediss://:{SECRET}{before}@host/{after}",
        f"unix:///run/{before.replace('?', '')}?password={SECRET}&{after}",
    ):
        assert SECRET not in settings.mask_url(url), url


@cache
def _release() -> Release:
    return load(shipped())


@cache
def _app() -> Flask:
    app = Flask(__name__)
    app.extensions["moderation-cursor-secret"] = "a secret for this test"
    return app
