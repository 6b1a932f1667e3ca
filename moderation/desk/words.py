"""Tries word lists on a text, as the workers match them: through evasion."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.errors import NoAnswerError
from moderation.record.queue import Queue

#: How long to wait for a worker; shorter than a Redis command may take.
ANSWER_S = 8.0


def found_words(queue: Queue, site: str, text: str, words: Sequence[str]) -> list[str]:
    """The entries of a list that stand in a text, in the list's own spelling.

    Raises:
        NoAnswerError: no worker answered in time, or none could read the text.
        RedisAwayError: Redis does not answer.
    """
    answer = queue.ask(site, {"texts": [text], "words": list(words)}, wait_s=ANSWER_S)
    if "error" in answer:
        raise NoAnswerError("the workers could not read this text")
    return [str(entry) for entry in answer["results"][0]["words"]]
