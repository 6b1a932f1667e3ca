"""Signing in with an OpenID Connect provider: a small real one, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

from moderation.app import create_app
from moderation.console import oidc
from moderation.desk.people import People, operator
from moderation.domain import Role
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import close
from tests.console.visits import PASSWORD, Visit

CLIENT_ID = "moderation"
CLIENT_SECRET = "a secret of the client"
CODE = "the-code"
EMAIL = "mia@example.org"
SUBJECT = "subject-1"


@dataclass
class FakeProvider:
    """A provider that does as it is told, wrong things too."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))
    signing_key: Any = None
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    user_info: dict[str, Any] | None = None
    token_status: int = 200
    delay_s: float = 0
    asked: dict[str, Any] = field(default_factory=dict)
    exchanged: list[dict[str, Any]] = field(default_factory=list)

    def authorise(self, address: str) -> None:
        """What the browser's way to the provider tells it."""
        self.asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": SUBJECT,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
            "email": EMAIL,
            "email_verified": True,
            **self.claims,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": "k1"}
        return jwt.encode(
            header, said, self.signing_key or self.key, algorithms=["RS256", "HS256"]
        )

    def app(self) -> Flask:
        app = Flask("provider")

        @app.get("/.well-known/openid-configuration")
        def discover() -> Any:
            time.sleep(self.delay_s)
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/me",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                **self.metadata,
            }

        @app.get("/keys")
        def keys() -> Any:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/me")
        def me() -> Any:
            assert request.headers["Authorization"] == "Bearer access"
            return self.user_info or {"sub": SUBJECT}

        @app.post("/token")
        def token() -> Any:
            form = request.form.to_dict()
            self.exchanged.append(form)
            challenge = base64.urlsafe_b64encode(
                hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            )
            is_good = (
                self.token_status == 200
                and form["code"] == CODE
                and form["redirect_uri"] == self.asked["redirect_uri"]
                and challenge.decode().rstrip("=") == self.asked["code_challenge"]
                and request.authorization is not None
                and request.authorization.username == CLIENT_ID
                and request.authorization.password == CLIENT_SECRET
            )
            if not is_good:
                return {"error": "invalid_grant"}, 400
            return {
                "access_token": "access",
                "token_type": "Bearer",
                "expires_in": 30,
                "id_token": self.id_token(),
            }

        return app


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    """The provider, listening."""
    provider = FakeProvider()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider(running: FakeProvider) -> FakeProvider:
    """The provider, honest until a test says otherwise."""
    fresh = FakeProvider(issuer=running.issuer, key=running.key)
    running.__dict__.update(fresh.__dict__)
    return running


@pytest.fixture
def app(app: Flask, provider: FakeProvider) -> Flask:
    """The application with a provider."""
    plain = app.extensions["moderation"]
    app.extensions["moderation"] = replace(
        plain,
        settings=replace(
            plain.settings,
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
        ),
    )
    return app


@pytest.fixture
def mia(record: Record) -> None:
    """A moderator whose name is her e-mail address."""
    record.moderators.create(EMAIL, {"demo": Role.MODERATOR}, PASSWORD)


def start(client: FlaskClient, provider: FakeProvider, where: str = "/console/audit") -> None:
    """Goes to the provider."""
    answer = client.get("/console/oidc", query_string={"next": where})
    assert answer.status_code == 303
    assert answer.location.startswith(f"{provider.issuer}/authorize?")
    provider.authorise(answer.location)


def come_back(client: FlaskClient, provider: FakeProvider, **changed: str | None) -> Any:
    """Comes back from it, as it sends browsers back."""
    query = {"code": CODE, "state": provider.asked["state"], **changed}
    return client.get("/console/oidc/back", query_string=query)


def refused(visit: Visit, answer: Any, status: int = 401) -> None:
    assert answer.status_code == status, answer.text
    assert 'role="alert"' in answer.text
    assert visit.secret == ""
    assert not visit.is_signed_in


def test_a_moderator_comes_in_and_goes_where_they_wanted(
    app: Flask, provider: FakeProvider, record: Record, mia: None
):
    visit = Visit(app)
    assert "Sign in with 127.0.0.1" in visit.get("/console/sign-in").text
    start(visit.client, provider)
    assert provider.asked["response_type"] == "code"
    assert provider.asked["scope"] == "openid email"
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["redirect_uri"] == "http://localhost/console/oidc/back"

    answer = come_back(visit.client, provider)

    assert (answer.status_code, answer.location) == (303, "/console/audit")
    assert visit.is_signed_in
    [session] = record.sessions.of(EMAIL)
    assert session.name == EMAIL
    [entry] = record.audit.page("demo").entries
    assert (entry.who, entry.what, entry.details) == (EMAIL, "sign_in", {"how": "openid"})
    assert "client_secret" not in provider.exchanged[0]


def test_from_then_on_it_is_the_person_who_counts_and_not_the_address(
    app: Flask, provider: FakeProvider, record: Record, mia: None
):
    first = Visit(app)
    start(first.client, provider)
    come_back(first.client, provider)

    # When the same person has another address
    provider.claims = {"email": "mia@elsewhere.example"}
    second = Visit(app)
    start(second.client, provider)
    assert come_back(second.client, provider).status_code == 303
    assert len(record.sessions.of(EMAIL)) == 2

    # And somebody else is given the old one
    provider.claims = {"sub": "subject-2"}
    third = Visit(app)
    start(third.client, provider)
    refused(third, come_back(third.client, provider))

    # Unless an admin hands the account over
    People(record).reset_password(operator(), EMAIL)
    start(third.client, provider)
    assert come_back(third.client, provider).status_code == 303
    assert record.moderators.get(EMAIL).subject == f"{provider.issuer} subject-2"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "stranger@example.org"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email": None},
        {"email": ["mia@example.org"]},
        {"email": "MIA@EXAMPLE.ORG.evil"},
    ],
)
def test_nobody_gets_in_who_is_no_moderator_with_a_verified_address(
    app: Flask, provider: FakeProvider, mia: None, claims: dict[str, Any]
):
    provider.claims = claims
    visit = Visit(app)
    start(visit.client, provider)

    refused(visit, come_back(visit.client, provider))


def test_capitals_in_the_address_do_not_matter(app: Flask, provider: FakeProvider, mia: None):
    provider.claims = {"email": "Mia@Example.org"}
    visit = Visit(app)
    start(visit.client, provider)

    assert come_back(visit.client, provider).status_code == 303


def test_an_address_told_only_when_asked_counts_for_that_person_alone(
    app: Flask, provider: FakeProvider, mia: None
):
    provider.claims = {"email": None, "email_verified": None}
    provider.user_info = {"sub": "another", "email": EMAIL, "email_verified": True}
    visit = Visit(app)
    start(visit.client, provider)
    refused(visit, come_back(visit.client, provider), 502)

    provider.user_info["sub"] = SUBJECT
    start(visit.client, provider)
    assert come_back(visit.client, provider).status_code == 303


def test_who_is_disabled_stays_out(
    app: Flask, provider: FakeProvider, record: Record, mia: None
):
    record.moderators.set_disabled(EMAIL, disabled=True)
    visit = Visit(app)
    start(visit.client, provider)

    refused(visit, come_back(visit.client, provider))
    assert record.audit.page("demo").entries[0].what == "sign_in_refused"


class TestTampering:
    """What somebody between, or another site, might send."""

    @pytest.fixture
    def visit(self, app: Flask, provider: FakeProvider, mia: None) -> Visit:
        """On the way to the provider."""
        visit = Visit(app)
        start(visit.client, provider)
        return visit

    @pytest.mark.parametrize("state", ["", "x", None, "ä"])
    def test_another_state_is_refused_before_anything_is_asked(
        self, visit: Visit, provider: FakeProvider, state: str | None
    ):
        refused(visit, come_back(visit.client, provider, state=state))
        assert provider.exchanged == []

    def test_an_answer_for_another_browser_is_refused(
        self, app: Flask, visit: Visit, provider: FakeProvider
    ):
        other = Visit(app)
        refused(other, come_back(other.client, provider))

        # Nor in a browser that has an attempt of its own: nobody is signed in as another.
        state = provider.asked["state"]
        start(other.client, provider)
        refused(other, come_back(other.client, provider, state=state))

    def test_an_attempt_counts_once(self, visit: Visit, provider: FakeProvider):
        assert come_back(visit.client, provider).status_code == 303

        assert come_back(visit.client, provider).status_code == 401

    def test_an_attempt_is_good_for_ten_minutes(
        self, visit: Visit, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(oidc, "ATTEMPT_S", -1)

        refused(visit, come_back(visit.client, provider))

    @pytest.mark.parametrize("made_up", ["", "x", "eyJzdGF0ZSI6IngifQ.aaaa.bbbb"])
    def test_an_attempt_cannot_be_made_up(
        self, visit: Visit, provider: FakeProvider, made_up: str
    ):
        visit.client.set_cookie(oidc.COOKIE, made_up, path="/console/oidc")

        refused(visit, come_back(visit.client, provider))

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"nonce": None},
            {"iss": "https://evil.example"},
            {"iss": None},
            {"aud": "another-client"},
            {"aud": ["another-client", CLIENT_ID], "azp": "another-client"},
            {"aud": None},
            {"exp": 1_000_000_000},
            {"exp": None},
            {"nbf": 99_000_000_000},
            {"sub": None},
            {"at_hash": "wrong"},
        ],
    )
    def test_claims_that_are_not_for_this_attempt_are_refused(
        self, visit: Visit, provider: FakeProvider, claims: dict[str, Any]
    ):
        provider.claims = claims

        refused(visit, come_back(visit.client, provider), 502)

    def test_a_signature_of_somebody_else_is_refused(
        self, visit: Visit, provider: FakeProvider
    ):
        provider.signing_key = RSAKey.generate_key(2048, {"kid": "k1"})

        refused(visit, come_back(visit.client, provider), 502)

    def test_a_signature_with_the_shared_secret_is_refused(
        self, visit: Visit, provider: FakeProvider
    ):
        provider.signing_key = OctKey.import_key(CLIENT_SECRET + " long enough for HS256")
        provider.algorithm = "HS256"

        refused(visit, come_back(visit.client, provider), 502)

    def test_no_signature_is_refused(
        self, visit: Visit, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
    ):
        body = provider.id_token().split(".")[1]
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        monkeypatch.setattr(FakeProvider, "id_token", lambda self: f"{header}.{body}.")

        refused(visit, come_back(visit.client, provider), 502)

    def test_a_wrong_code_or_none_is_refused(self, visit: Visit, provider: FakeProvider):
        refused(visit, come_back(visit.client, provider, code="wrong"), 502)

    def test_the_provider_s_own_refusal_is_told(self, visit: Visit, provider: FakeProvider):
        answer = visit.client.get(
            "/console/oidc/back",
            query_string={"error": "access_denied", "state": provider.asked["state"]},
        )

        refused(visit, answer, 502)

    def test_nothing_secret_is_logged(
        self, visit: Visit, provider: FakeProvider, caplog: pytest.LogCaptureFixture
    ):
        provider.claims = {"nonce": "another"}
        come_back(visit.client, provider)

        assert "OpenID Connect" in caplog.text
        for hidden in (CLIENT_SECRET, CODE, "access", provider.asked["nonce"], EMAIL):
            assert hidden not in caplog.text


class TestAProviderThatIsNotAsItShould:
    @pytest.mark.parametrize(
        "metadata",
        [
            {"issuer": "https://evil.example"},
            {"authorization_endpoint": None},
            {"authorization_endpoint": "http://evil.example/authorize"},
        ],
    )
    def test_nobody_is_sent_to_it(
        self, app: Flask, provider: FakeProvider, metadata: dict[str, Any]
    ):
        provider.metadata = metadata
        visit = Visit(app)

        refused(visit, visit.get("/console/oidc"), 502)

    @pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
    def test_nothing_is_sent_to_it_unprotected(
        self, app: Flask, provider: FakeProvider, mia: None, name: str
    ):
        visit = Visit(app)
        start(visit.client, provider)
        provider.metadata = {name: "http://evil.example/"}

        refused(visit, come_back(visit.client, provider), 502)

    def test_one_that_is_slow_keeps_nobody_waiting(
        self, app: Flask, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
    ):
        from moderation import openid

        monkeypatch.setattr(openid, "TIMEOUT_S", 0.2)
        provider.delay_s = 1.0
        visit = Visit(app)
        begun = time.monotonic()

        refused(visit, visit.get("/console/oidc"), 502)

        assert time.monotonic() - begun < 0.9

    def test_one_that_is_away_leaves_the_password(self, settings: Settings, record: Record):
        app = create_app(replace(settings, oidc_issuer="http://127.0.0.1:9"))
        visit = Visit(app)

        refused(visit, visit.get("/console/oidc"), 502)
        close(app)


def test_the_attempt_s_cookie_is_hidden_and_goes_nowhere_else(
    app: Flask, provider: FakeProvider
):
    answer = app.test_client().get("/console/oidc", base_url="https://moderation.example")

    parts = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/console/oidc"} <= set(parts)
    address = urlsplit(answer.location)
    assert parse_qs(address.query)["redirect_uri"] == [
        "https://moderation.example/console/oidc/back"
    ]


def test_every_attempt_has_its_own_secrets(app: Flask, provider: FakeProvider):
    seen = set()
    for _ in range(2):
        start(app.test_client(), provider)
        seen |= {provider.asked[name] for name in ("state", "nonce", "code_challenge")}

    assert len(seen) == 6


def test_without_a_provider_there_is_no_such_page(settings: Settings, record: Record):
    app = create_app(settings)

    for path in ("/console/oidc", "/console/oidc/back"):
        answer = app.test_client().get(path)
        assert answer.status_code in {401, 404}
    close(app)
