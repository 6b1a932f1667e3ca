"""Where the moderation service tells of its decisions.

A message is believed only if the service signed it, after the Standard Webhooks specification:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, current_app, request
from standardwebhooks import Webhook, WebhookVerificationError

from examples.article_site.store import Note, Store

PATH = "/webhooks/moderation"

receiver = Blueprint("webhook", __name__)


@receiver.post(PATH)
def receive() -> Response:
    """Takes over a decision, and answers at once: the service waits for it."""
    store: Store = current_app.extensions["store"]
    secret = store.recall(Note.WEBHOOK_SECRET)
    if secret is None:
        return Response(status=HTTPStatus.UNAUTHORIZED)
    try:
        # The signature is that of the bytes as they came: never parse and write them anew.
        message = Webhook(secret).verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):  # ValueError: not even shaped like one
        return Response(status=HTTPStatus.UNAUTHORIZED)
    if message["type"] == "decision.created":
        # A message that comes twice has the same revision, and the store takes that once: there
        # is no need to remember each `webhook-id`.
        store.decide(message["data"])
    return Response(status=HTTPStatus.NO_CONTENT)
