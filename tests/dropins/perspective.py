"""Asking as a client of Perspective API does, and what its errors look like."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import API_KEY

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
ERROR_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"


def ask(client: FlaskClient, path: str, body: Any, *, key: str = API_KEY) -> TestResponse:
    return client.post(path, query_string={"key": key}, json=body)


def asked(text: str, *attributes: str, **more: Any) -> dict[str, Any]:
    """The body of a request to analyse a text."""
    wanted = {name: {} for name in attributes or ("TOXICITY",)}
    return {"comment": {"text": text}, "requestedAttributes": wanted} | more


def analyze(client: FlaskClient, text: str, *attributes: str, **more: Any) -> dict[str, Any]:
    """The answer to a request that is in order."""
    response = ask(client, ANALYZE, asked(text, *attributes, **more))
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def suggested(text: str, scores: dict[str, float], **more: Any) -> dict[str, Any]:
    """The body of a request that suggests scores of a text."""
    summaries = {name: {"summaryScore": {"value": value}} for name, value in scores.items()}
    return {"comment": {"text": text}, "attributeScores": summaries} | more


def error(response: TestResponse, code: int, status: str) -> dict[str, Any]:
    """An error, checked to be one of Google's shape."""
    assert response.status_code == code, response.text
    assert response.mimetype == "application/json"
    assert [*response.json] == ["error"]
    found: dict[str, Any] = response.json["error"]
    assert found.keys() - {"details"} == {"code", "message", "status"}
    assert (found["code"], found["status"]) == (code, status)
    assert all(detail["@type"] for detail in found.get("details", ()))
    return found


def refused(response: TestResponse, kind: str) -> str:
    """The message of an error that Perspective itself gives."""
    found = error(response, 400, "INVALID_ARGUMENT")
    assert found["details"] == [{"@type": ERROR_TYPE, "errorType": kind}]
    message: str = found["message"]
    return message
