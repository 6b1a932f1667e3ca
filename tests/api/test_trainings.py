"""/v1/trainings, and the comparison of a release."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from models.release_files import shipped
from moderation.bootstrap import DEMO_SITE
from moderation.domain import Role
from moderation.record import Record
from moderation.trainings import TrainingState
from tests.api.conftest import SignUp
from workers.stored import files_of


@pytest.fixture
def admin(somebody: SignUp) -> FlaskClient:
    return somebody("ada", Role.ADMIN)


@pytest.fixture
def viewer(somebody: SignUp) -> FlaskClient:
    return somebody("vic", Role.VIEWER)


@pytest.fixture
def version(record: Record) -> str:
    """A release that the site has of its own."""
    return record.releases.add(DEMO_SITE, files_of(shipped()), created_by="ada").version


def test_an_admin_starts_one_and_everybody_watches(
    admin: FlaskClient, viewer: FlaskClient, record: Record
):
    started = admin.post("/v1/trainings", json={})

    assert started.status_code == 202
    assert started.json["state"] == "queued"
    assert started.json["started_by"] == "ada"
    record.trainings.begin(DEMO_SITE, started.json["id"])
    record.trainings.beat(DEMO_SITE, started.json["id"], stage="Fitting", done=3, total=9)
    seen = viewer.get(started.headers["Location"])
    assert (seen.json["state"], seen.json["stage"], seen.json["done"]) == (
        "running",
        "Fitting",
        3,
    )
    listed = viewer.get("/v1/trainings").json
    assert [one["id"] for one in listed["trainings"]] == [started.json["id"]]
    assert listed["trainer"] is False


def test_it_says_when_a_trainer_is_alive(viewer: FlaskClient, record: Record):
    record.trainings.tick()

    assert viewer.get("/v1/trainings").json["trainer"] is True


def test_a_second_one_is_refused_and_told_of_the_first(admin: FlaskClient):
    first = admin.post("/v1/trainings", json={}).json

    refused = admin.post("/v1/trainings", json={})

    assert refused.status_code == 409
    assert refused.json["type"].endswith("training-running")
    assert refused.json["training"]["id"] == first["id"]


def test_it_starts_from_a_release_of_the_site(admin: FlaskClient, version: str):
    unknown = admin.post("/v1/trainings", json={"from": "2020.01.01-none"})
    known = admin.post("/v1/trainings", json={"from": version})

    assert (unknown.status_code, known.status_code) == (404, 202)
    assert known.json["parent"] == version


def test_it_is_cancelled_once(admin: FlaskClient, record: Record):
    started = admin.post("/v1/trainings", json={}).json

    cancelled = admin.post(f"/v1/trainings/{started['id']}/cancel")
    again = admin.post(f"/v1/trainings/{started['id']}/cancel")
    unknown = admin.post("/v1/trainings/nothing/cancel")

    assert (cancelled.status_code, again.status_code, unknown.status_code) == (202, 409, 404)
    assert cancelled.json["state"] == "cancelled"
    assert cancelled.json["cancelled_by"] == "ada"


def test_what_is_not_there_is_not_found(viewer: FlaskClient):
    assert viewer.get("/v1/trainings/nothing").status_code == 404


def test_a_release_is_compared_anew(admin: FlaskClient, version: str, record: Record):
    unknown = admin.post("/v1/models/2020.01.01-none/compare")
    begun = admin.post(f"/v1/models/{version}/compare")

    assert (unknown.status_code, begun.status_code) == (404, 202)
    assert (begun.json["kind"], begun.json["candidate"]) == ("compare", version)
    record.trainings.end(DEMO_SITE, begun.json["id"], TrainingState.DONE)


def test_the_schedule_is_set_and_read(admin: FlaskClient, viewer: FlaskClient):
    assert viewer.get("/v1/trainings/schedule").json["cron"] == ""

    put = admin.put("/v1/trainings/schedule", json={"cron": "30 3 * * *"})

    assert put.status_code == 200
    assert (put.json["cron"], put.json["who"]) == ("30 3 * * *", "ada")
    assert put.json["next_at"]
    assert viewer.get("/v1/trainings/schedule").json == put.json
    assert admin.put("/v1/trainings/schedule", json={"cron": "off"}).json["cron"] == ""


def test_a_schedule_that_cannot_be_is_refused_with_an_example(admin: FlaskClient):
    refused = admin.put("/v1/trainings/schedule", json={"cron": "every night"})

    assert refused.status_code == 422
    assert "30 3 * * *" in refused.json["errors"]["cron"][0]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/trainings", {}),
        ("POST", "/v1/trainings/t1/cancel", None),
        ("PUT", "/v1/trainings/schedule", {"cron": "off"}),
        ("POST", "/v1/models/v1/compare", None),
    ],
)
def test_only_admins_act(somebody: SignUp, method: str, path: str, body: object):
    moderator = somebody("max", Role.MODERATOR)

    assert moderator.open(path, method=method, json=body).status_code == 403


def test_a_sites_key_is_not_enough(client: FlaskClient):
    assert client.get("/v1/trainings").status_code == 403
