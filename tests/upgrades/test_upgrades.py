"""This version goes on with the data folder of each earlier one, and refuses a later one's."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

from moderation.errors import NewerRecordError
from moderation.record import Record
from moderation.record.operations import SCHEMA_VERSION
from tests.conftest import Service, start_service
from tests.test_service import wait_until
from tests.upgrades.make_data import ADMIN_PASSWORD, ANSWERS, API_KEY, token_of

pytestmark = pytest.mark.timeout(180)

HERE = Path(__file__).parent
#: What differs once comments that waited are decided, or only because time goes by. A place in
#: a list is signed, and the list has grown.
CHANGING = frozenset({"next", "total", "waiting_s", "author_history"})
EARLIER = sorted(HERE.glob("schema-*.tar.xz"))


class Upgraded:
    """A service of this version on the data of an earlier one, and what that one said."""

    def __init__(self, service: Service, said: dict[str, Any]) -> None:
        self.service = service
        self.answers: dict[str, Any] = said["answers"]
        self.waiting: list[str] = said["waiting"]
        self.token = token_of(service.data_dir, "admin")

    def ask(self, path: str) -> dict[str, Any]:
        """What this version answers, to whoever asked the earlier one."""
        with self.service.client() as client:
            is_for_moderators = path.startswith(("/v1/queue", "/v1/labels"))
            secret = self.token if is_for_moderators else API_KEY
            answer = client.get(path, headers={"Authorization": f"Bearer {secret}"})
        return {"status": answer.status_code, "body": answer.json()}


@pytest.fixture(scope="module", params=EARLIER, ids=[one.name for one in EARLIER])
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """This version, started on the data folder of an earlier one."""
    data_dir = tmp_path_factory.mktemp("upgraded")
    said: dict[str, Any] = {}
    with tarfile.open(request.param) as archive:
        for entry in filter(tarfile.TarInfo.isfile, archive.getmembers()):
            content = cast(IO[bytes], archive.extractfile(entry)).read()
            if entry.name == ANSWERS:
                said = json.loads(content)
            else:
                (data_dir / entry.name).parent.mkdir(exist_ok=True)
                (data_dir / entry.name).write_bytes(content)
    service = start_service(
        data_dir, MODERATION_API_KEY=API_KEY, MODERATION_ADMIN_PASSWORD=ADMIN_PASSWORD
    )
    yield Upgraded(service, said)
    service.kill_group()


def without_what_waited(body: Any, waiting: list[str]) -> Any:
    """An answer without comments that the earlier version had not decided."""
    if isinstance(body, list):
        kept = [one for one in body if not (isinstance(one, dict) and _about(one) in waiting)]
        return [without_what_waited(one, waiting) for one in kept]
    if isinstance(body, dict):
        return {
            name: without_what_waited(one, waiting)
            for name, one in body.items()
            if name not in CHANGING
        }
    return body


def _about(one: dict[str, Any]) -> Any:
    return one.get("comment_id", one.get("id"))


def differences(expected: Any, found: Any, place: str = "") -> Iterator[str]:
    """Where an answer does not say what an earlier one said; it may say more."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name, one in expected.items():
            yield from differences(one, found.get(name), f"{place}.{name}")
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            yield f"{place}: {len(found)} instead of {len(expected)}"
        for number, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{place}[{number}]")
    elif expected != found:
        yield f"{place}: {found!r} instead of {expected!r}"


def test_there_is_the_data_of_every_earlier_version() -> None:
    names = [one.name for one in EARLIER]
    assert names == [f"schema-{version}.tar.xz" for version in range(1, SCHEMA_VERSION)]


def test_every_question_is_answered_as_before(upgraded: Upgraded) -> None:
    for path, before in upgraded.answers.items():
        now = upgraded.ask(path)
        expected = without_what_waited(before, upgraded.waiting)
        assert not [*differences(expected, without_what_waited(now, upgraded.waiting))], path


def test_what_waited_is_decided_once(upgraded: Upgraded) -> None:
    def decided() -> list[Any]:
        return [upgraded.ask(f"/v1/comments/{one}")["body"] for one in upgraded.waiting]

    wait_until(lambda: all(one["status"] != "pending" for one in decided()), 60)
    assert [one["revision"] for one in decided()] == [1] * len(upgraded.waiting)


def test_the_indexes_agree_with_the_records_once_mended(upgraded: Upgraded) -> None:
    # Version 1 left a comment that readers' reports held out of most orders of the queue
    for options in (["--repair"], []):
        done = subprocess.run(
            [Path(sys.executable).with_name("moderation"), "check", *options],
            env={"MODERATION_DATA_DIR": str(upgraded.service.data_dir), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_old_comments_can_be_decided_reported_and_erased(upgraded: Upgraded) -> None:
    headers = {"Authorization": f"Bearer {upgraded.token}"}
    held = upgraded.ask("/v1/queue?limit=1")["body"]["comments"][0]
    with upgraded.service.client() as client:
        key = {"Authorization": f"Bearer {API_KEY}"}
        place = f"/v1/comments/{held['id']}"
        said = client.post(f"{place}/decision", json={"action": "reject"}, headers=headers)
        assert said.status_code == 200, said.text
        told = client.post(f"{place}/reports", json={"reason": "rude"}, headers=key)
        assert told.status_code == 202, told.text
        assert client.delete(place, headers=key).status_code == 204
        assert client.get(place, headers=key).status_code == 404


def test_a_repeat_of_an_old_comment_is_known(upgraded: Upgraded) -> None:
    first = next(
        one["body"]
        for path, one in upgraded.answers.items()
        if path.startswith("/v1/comments/") and one["status"] == 200
    )
    body = {name: first[name] for name in ("id", "text", "author", "created_at")}
    with upgraded.service.client() as client:
        for text, status in ((first["text"], 202), ("something else", 422)):
            answer = client.post(
                f"/v1/articles/{first['article_id']}/comments",
                json=body | {"text": text},
                headers={"Authorization": f"Bearer {API_KEY}"},
            )
            assert answer.status_code == status, answer.text


def test_data_of_a_later_version_are_left_alone(record: Record) -> None:
    record.connection.hset("moderation:{0}:service", "schema", SCHEMA_VERSION + 1)

    with pytest.raises(NewerRecordError, match="newer version"):
        record.prepare()
