"""The labelled files that the shipped release is made from, and what each counts.

Owns the choice of sources; why each has its weight is in `docs/experiments.md`. Files
whose licence forbids commercial use are measured against, never trained on.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.categories import SPAM, TOXICITY

#: Columns of the data files that say where a row is from.
ORIGIN_COLUMNS = ("source",)


ENGLISH = "en"


@dataclass(frozen=True)
class Source:
    """A file of labelled comments.

    Args:
        name: the file is called NAME.csv.xz.
        licence: of its rows.
        weight: what a row of it counts in training, 1 being a row of Jigsaw's.
        category: what its column `label` is about.
        background: its harmless rows are taken to be free of spam as well. Nobody labelled
            them so, but spam is rare there, and without them the spam head would know no
            other comments than those under three videos.
        lifelike: it is as often abusive as comments are, so that probabilities may be learnt
            from it. Others were picked by keywords, or made half and half.
        language: of most of its rows (ISO 639-1).
    """

    name: str
    licence: str
    weight: float = 1.0
    category: str = TOXICITY
    background: bool = False
    lifelike: bool = False
    language: str = ENGLISH


JIGSAW_LICENCE = "CC0 (labels), CC BY-SA 3.0 (text, Wikipedia)"

TRAINING_SOURCES = (
    Source("jigsaw_train", JIGSAW_LICENCE, background=True, lifelike=True),
    Source("jigsaw_train_more", JIGSAW_LICENCE, background=True, lifelike=True),
    Source("jigsaw_train_cleaned", JIGSAW_LICENCE, lifelike=True),
    Source("civil_toxic_spans", "CC0", weight=0.1, background=True),
    Source("civil_toxic_positives", "CC0", weight=0.2),
    Source("tweets_davidson", "MIT", weight=0.3),
    Source("paradetox", "CC0", weight=0.3),
    Source("hatexplain", "MIT", weight=0.3),
    Source("implicit_hate", "MIT", weight=0.3),
    Source("sbic", "CC BY 4.0", weight=0.5),
    Source("olid", "CC BY 4.0", weight=0.5, background=True),
    Source("mlma_en", "MIT", weight=0.3),
    Source("forum_stormfront", "CC BY-SA 3.0", weight=0.3),
    Source("news_fox", "MIT", weight=0.5, background=True),
    Source("multilingual_de_germeval2018", "CC BY 4.0", language="de"),
    Source("multilingual_de_iwg", "CC BY-SA 3.0", language="de"),
    Source("multilingual_pt_toldbr", "CC BY-SA 4.0", weight=0.5, language="pt"),
    Source("multilingual_ko_beep", "CC BY-SA 4.0", language="ko"),
    Source("multilingual_zh_cold", "Apache-2.0", weight=0.5, language="zh"),
    Source("spam_youtube", "CC BY 4.0", category=SPAM, lifelike=True),
    Source("spam_sms", "CC BY 4.0", category=SPAM, lifelike=True),
    Source("spam_telegram", "MIT", category=SPAM, lifelike=True),
)

#: In the domain of most training rows; never trained on.
DEVELOPMENT_SOURCE = Source("jigsaw_test_a", JIGSAW_LICENCE)

#: Comments as they come: what share of the harmless ones would wait for a moderator?
FALSE_HOLD_SOURCES = (
    Source("wiki_context", "Apache-2.0 (labels), CC BY-SA (text)"),
    Source("news_ucc", "CC BY-NC-SA 4.0"),
)
