"""The one thread that goes to the moderation service, however often that is away.

Pages leave their errands in the store and never wait for the service. One thread runs them in
order, so that no comment is posted after it was erased.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from examples.article_site.articles import Article
from examples.article_site.service import (
    CommentRefusedError,
    DecisionsMissingError,
    ModerationService,
    ServiceError,
)
from examples.article_site.store import Errand, Note, Store

log = logging.getLogger(__name__)

#: How long it rests unless somebody wakes it; also how soon it tries again after a failure.
REST_S = 5.0


class Courier:
    """Posts and erases comments at the service, and learns what it missed.

    Args:
        store: the site's database.
        service: the moderation service.
        article: what comments are about.
        webhook_url: where the service is to tell of decisions.
    """

    def __init__(
        self, store: Store, service: ModerationService, *, article: Article, webhook_url: str
    ) -> None:
        self._store = store
        self._service = service
        self._article = article
        self._webhook_url = webhook_url
        self._is_in_touch = False
        self._woken = threading.Event()
        self._is_over = False

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Goes again and again, in a thread of its own, while the block runs."""
        thread = threading.Thread(target=self._work, name="courier", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over = True
            self.wake()
            thread.join()

    def wake(self) -> None:
        """Says that there is something to do."""
        self._woken.set()

    def go(self) -> None:
        """Does all that is to be done, once.

        Raises:
            ServiceError: the service is away, or refuses us; what is left stays to be done.
        """
        try:
            if not self._is_in_touch:
                self._ask_to_be_told()
                self._catch_up()
            self._post()
            self._erase()
        except ServiceError:
            self._is_in_touch = False
            raise
        self._is_in_touch = True

    def _work(self) -> None:
        while not self._is_over:
            try:
                self.go()
            except ServiceError as error:
                log.warning("%s; tried again in %g s", error, REST_S)
            except Exception:
                log.exception("the courier stumbled and goes on")
            self._woken.wait(REST_S)
            self._woken.clear()

    def _ask_to_be_told(self) -> None:
        """Has one webhook endpoint at the service, the one whose secret we know."""
        known, is_known = self._store.recall(Note.WEBHOOK_ID), False
        for endpoint in self._service.webhooks():
            if endpoint["url"] != self._webhook_url:
                continue
            if endpoint["id"] == known and endpoint["enabled"]:
                is_known = True
            else:
                self._service.remove_webhook(endpoint["id"])
        if not is_known:
            webhook_id, secret = self._service.add_webhook(self._webhook_url)
            self._store.remember({Note.WEBHOOK_ID: webhook_id, Note.WEBHOOK_SECRET: secret})

    def _catch_up(self) -> None:
        """Takes over the decisions that no webhook told us of."""
        try:
            self._read_decisions(after=self._store.recall(Note.CURSOR))
        except DecisionsMissingError:
            for comment in self._service.comments(self._article.id):
                if comment["decision"]:
                    self._store.decide(comment["decision"])
            self._read_decisions(after=None)

    def _read_decisions(self, *, after: str | None) -> None:
        for decisions, cursor in self._service.decisions(after):
            for decision in decisions:
                self._store.decide(decision)
            self._store.remember({Note.CURSOR: cursor})

    def _post(self) -> None:
        for comment in self._store.to_do(Errand.POST):
            try:
                self._service.post(comment, self._article)
            except CommentRefusedError as error:
                log.warning("comment %s: %s", comment.id, error)
                self._store.refused(comment.id)
            else:
                self._store.posted(comment.id)

    def _erase(self) -> None:
        for comment in self._store.to_do(Errand.ERASE):
            self._service.erase(comment.id)
            self._store.erased(comment.id)
