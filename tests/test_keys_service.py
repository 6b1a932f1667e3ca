"""A key of a running service is revoked: every process, open stream and drop-in refuses it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Service, new_comment

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]

#: Connections that are enough to reach each of the processes that share the port.
CONNECTIONS = 24


def make_key(service: Service) -> dict[str, Any]:
    with service.client() as client:
        answer = client.post("/v1/keys", json={"name": "for a while"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def revoke(service: Service, key_id: str) -> None:
    with service.client() as client:
        assert client.delete(f"/v1/keys/{key_id}").status_code == 204


def statuses(service: Service, key: str) -> set[int]:
    """What posting with a key is answered, each time on a new connection."""
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{service.url}/v1/articles/keys/comments"
    return {
        httpx.post(url, json=new_comment(), headers=headers, timeout=60).status_code
        for _ in range(CONNECTIONS)
    }


def test_a_revoked_key_is_refused_by_every_process_at_once(service: Service):
    made = make_key(service)
    assert statuses(service, made["key"]) == {202}

    revoke(service, made["id"])

    assert statuses(service, made["key"]) == {401}
    analyze = f"{service.url}/v1alpha1/comments:analyze"
    answer = httpx.post(analyze, params={"key": made["key"]}, json={}, timeout=60)
    assert "API key not valid" in answer.text


def test_an_open_stream_ends_before_its_next_heartbeat_when_its_key_is_revoked(
    service: Service,
):
    made = make_key(service)
    headers = {"Authorization": f"Bearer {made['key']}"}
    url = f"{service.url}/v1/decisions/stream"

    with httpx.stream("GET", url, headers=headers, timeout=60) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry:")
        revoke(service, made["id"])
        rest = list(lines)

    assert ": heartbeat" not in rest
