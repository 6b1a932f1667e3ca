"""Figures of the requests."""

from __future__ import annotations

import pytest
from flask import Flask

from moderation.api.requests import RequestFigures
from moderation.record import Record


def test_a_request_is_answered_before_it_is_counted(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given a record that may take its time to count
    asked: list[object] = []
    monkeypatch.setattr(record.operations, "count", asked.append)
    app = Flask("counted")
    RequestFigures(record.operations).register(app)

    # When
    response = app.test_client().get("/nowhere")

    # Then
    assert response.status_code == 404
    assert asked == []
    response.close()
    assert len(asked) == 1
