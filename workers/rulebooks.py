"""The policies of sites, ready to decide with, kept until they change."""

from __future__ import annotations

from models.release import Release
from models.text import normalise
from moderation import policy
from moderation.policy import Rulebook
from moderation.record.policies import Policies
from moderation.wordlists import WordList


class Rulebooks:
    """The rules of each site over the thresholds of a release."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._kept: dict[tuple[str, str], tuple[int, Rulebook]] = {}

    def forget(self) -> None:
        """Drops all of them: other releases are on duty."""
        self._kept.clear()

    def of(self, site: str, release: Release, version: int | None = None) -> Rulebook:
        """The rules of a site.

        Args:
            site: whose.
            release: the one whose scores they are for.
            version: that of the policy, if it is known; else the record is asked.

        Raises:
            RedisAwayError: the policy had to be fetched, and Redis does not answer.
        """
        known = self._kept.get((site, release.version))
        if known and known[0] == version:
            return known[1]
        stored = self._policies.current(site)
        if known and known[0] == stored.version:
            return known[1]
        rules = Rulebook(
            stored.policy,
            policy.effective_thresholds(stored.policy, release.thresholds),
            WordList(stored.policy.banned_words, normalise),
            WordList(stored.policy.suspect_words, normalise),
            release.languages,
        )
        self._kept[site, release.version] = stored.version, rules
        return rules
