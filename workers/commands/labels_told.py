"""What `moderation labels` prints: for people, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click

from moderation.desk.labels import Added, LabelSummary
from workers.labelled_files import LabelledFile

#: Contradictions that are named; the others are counted.
NAMED_CONTRADICTIONS = 20
#: Places that are named of one text.
NAMED_PLACES = 10


@dataclass(frozen=True)
class Imported:
    """A file, and what became of its labels."""

    file: LabelledFile
    added: Added

    @property
    def contradictions(self) -> list[str]:
        """Where rows contradict each other, or a label that is there, in words."""
        folding = self.file.folding
        earlier = [
            f"{folding.place(id_)} (an earlier import)" for id_ in self.added.contradicting
        ]
        return [*map(_listed, folding.contradictions), *earlier]

    @property
    def counts(self) -> dict[str, int]:
        """Its rows by what became of them."""
        folding = self.file.folding
        within = sum(len(places) for places in folding.contradictions)
        return {
            "rows": folding.rows + self.file.bad_rows.count,
            "imported": self.added.imported,
            "known": self.added.known,
            "duplicates": folding.duplicates,
            "contradictory": within + len(self.added.contradicting),
            "skipped_rows": self.file.bad_rows.count,
        }


def complain(imported: Imported) -> None:
    """Names on standard error what was passed over or left out of a file."""
    name, bad_rows = imported.file.path.name, imported.file.bad_rows
    if bad_rows.count:
        click.echo(f"{name}: {bad_rows.count:,} rows passed over\n{bad_rows}", err=True)
    if found := imported.contradictions:
        named = found[:NAMED_CONTRADICTIONS]
        more = len(found) - len(named)
        lines = [*named, *([f"and {more:,} more"] if more else [])]
        noun = "text" if len(found) == 1 else "texts"
        head = f"{name}: {len(found):,} {noun} with contradictory labels left out"
        click.echo("\n".join([head, *lines]), err=True)


def tell_imported(site: str, imported: Sequence[Imported], *, as_json: bool) -> None:
    """Tells what became of files."""
    counts = [one.counts for one in imported]
    total = {name: sum(one[name] for one in counts) for name in counts[0]}
    if as_json:
        files = [
            {
                "file": one.file.path.name,
                **one.counts,
                "contradictions": list(map(list, one.file.folding.contradictions)),
            }
            for one in imported
        ]
        click.echo(json.dumps({"site": site, **total, "files": files}))
        return
    click.echo(f"imported {total['imported']:,} labels into the site {site}")
    for name, words in (
        ("known", "were there already"),
        ("duplicates", "rows say again what another one says"),
        ("contradictory", "rows contradict others, and were left out"),
    ):
        if total[name]:
            click.echo(f"{total[name]:,} {words}")


def summary_lines(site: str, found: LabelSummary) -> Iterator[str]:
    """A summary for people, line by line."""
    origins = ", ".join(f"{count:,} {origin}" for origin, count in found.by_origin.items())
    yield f"{found.total:,} labels of {site}" + (f": {origins}" if origins else "")
    for name, (zeros, ones) in found.by_category.items():
        yield f"  {name:16} {zeros:>7,} say 0 {ones:>7,} say 1"
    if found.contradictions:
        yield f"{found.contradictions:,} texts have contradictory labels"
    if not found.can_train:
        for name, (zeros, ones) in found.missing.items():
            yield f"to train {name}: {zeros} more of 0 and {ones} more of 1 are needed"


def _listed(places: Sequence[str]) -> str:
    more = len(places) - NAMED_PLACES
    named = ", ".join(places[:NAMED_PLACES])
    return f"{named} and {more:,} more" if more > 0 else named
