"""The model card: a release, told to people. Every figure in it was measured in the making.

After Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.categories import LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.release import Release

USE = """\
Pre-moderation of reader comments under articles, English first; fewer comments in the other
languages below were trained on. A comment is held when a score reaches its threshold, and
a person decides. It is not made to reject comments by itself, to judge people, or to
classify texts that are not comments.\
"""

CANDIDATE_USE = """\
Pre-moderation of the comments of the site whose labels it was trained on. A comment is held
when a score reaches its threshold, and a person decides. It is not made to reject comments
by itself, to judge people, or to classify texts that are not comments.\
"""

CANDIDATE_LIMITS = """\
- It repeats the decisions that it was trained on, with their mistakes and their biases.
- A category that the files do not label is the parent's, and so is every threshold of the
  parent's. What follows is about the releases that come with the code.
"""

LIMITS = """\
- The labels are those of crowd workers and experts on Wikipedia, Twitter, Reddit, Gab and
  news sites, with their mistakes and their biases against dialects.
- Quotation, irony and reclaimed words are not understood, denial and counter-speech in part.
- Abuse in plain words is found far better than insinuation.
- Spam that reads like a friendly comment passes.
- `severe_toxicity`, `obscene`, `threat`, `insult` and `identity_attack` were learnt from
  English Wikipedia comments alone.
- Thresholds do not transfer between communities: set your own from your moderators' labels.\
"""


HEADINGS = ("comments", "category", "rows", "AUC", "AP", "R@1%", "R@5%", "ECE", "false")

LEGEND = """\
R@1%: the share of abuse found when 1 % of harmless comments are held. ECE: expected
calibration error. False: the share of harmless comments at or above the category's
threshold.\
"""

OWN_ROWS = "Copies, and sentences of our own (`own_sentences.py`), are included."

WORD_LIST = "For comparison, counting words typical of abuse has an AUC of "


def write(release: Release, details: Mapping[str, Any]) -> str:
    """Return the card of a release in Markdown.

    `details` is what its manifest says besides: that of the shipped release (`build`) has
    `licences` and a word list's figures, that of a candidate (`candidate`) its lineage.
    """
    sections = [
        f"# Release {release.version}",
        f"Written by `{details['command']}`; do not edit.",
        *_lineage(details),
        "## Intended use",
        USE if "licences" in details else CANDIDATE_USE,
        f"Languages: {', '.join(release.languages)}. Comments in others are held.",
        "## Figures",
        "All on comments that were not trained on. `label`: should it be held at all.",
        _table(HEADINGS, _figures(details["metrics"])),
        LEGEND,
        *_word_list(details),
        f"Speed, one core, batches: {details['comments_per_second']:,} comments a second.",
        "## Thresholds",
        _table(
            ("category", "threshold"),
            ((name, _number(bar)) for name, bar in release.thresholds.items()),
        ),
        "## Data",
        *_data(details),
        "## Limits",
        (LIMITS if "licences" in details else CANDIDATE_LIMITS + LIMITS) + "\n",
    ]
    return "\n\n".join(sections)


def _lineage(details: Mapping[str, Any]) -> list[str]:
    """Return what a candidate is made of, so that it can be made again."""
    if "data" not in details:
        return []
    parent = details["parent"]
    return [
        "## Lineage",
        _table(
            ("what", "which"),
            [
                ("parent", parent["version"] if parent else "none"),
                ("parent's weights, SHA-256", f"`{parent['weights']}`" if parent else "–"),
                ("data, SHA-256", f"`{details['data_sha256']}`"),
                ("code, SHA-256", f"`{details['code_sha256']}`"),
                ("seed", str(details["seed"])),
                ("fitted on", f"{details['trained_on_comments']:,} comments"),
                ("calibrated on", f"{details['calibrated_on_comments']:,} comments"),
                ("measured on", f"{details['kept_back_comments']:,} comments"),
            ],
        ),
        "The same data, parent, code and seed give the same predictions.",
    ]


def _word_list(details: Mapping[str, Any]) -> list[str]:
    figures = details.get("word_list_roc_auc")
    return [WORD_LIST + _listed(figures)] if figures else []


def _data(details: Mapping[str, Any]) -> list[str]:
    count = f"Fitted on {details['trained_on_comments']:,} comments."
    if "licences" in details:
        licences = _table(("source", "licence"), details["licences"].items())
        return [f"{count} {OWN_ROWS}", licences]
    files = [
        (one["file"], f"{one['comments']:,}", f"{one['skipped_rows']:,}", f"`{one['sha256']}`")
        for one in details["data"]
    ]
    labelled = [
        (name, f"{counts['1']:,}", f"{counts['0']:,}")
        for name, counts in details["labelled"].items()
    ]
    return [
        f"{count} Disguised copies of abusive ones are included.",
        _table(("file", "comments", "rows skipped", "SHA-256"), files),
        _table(("category learnt", "labelled 1", "labelled 0"), labelled),
    ]


def _listed(figures: Mapping[str, float | None]) -> str:
    return ", ".join(f"{_number(auc)} on {name}" for name, auc in figures.items()) + "."


def _figures(metrics: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for file, categories in metrics.items():
        for name, figures in categories.items():
            yield (
                file,
                f"`{name}`" if name == LABEL else name,
                f"{figures['rows']:,}",
                _number(figures["roc_auc"]),
                _number(figures["average_precision"]),
                _number(figures["recall_at_1_percent_false_holds"]),
                _number(figures["recall_at_5_percent_false_holds"]),
                _number(figures["expected_calibration_error"]),
                _number(figures["false_hold_share"]),
            )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(head), *map(tuple, rows)]
    lines.insert(1, ("---",) * len(lines[0]))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
