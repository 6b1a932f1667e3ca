"""The OpenID Connect provider that moderators may sign in with; this alone speaks to it.

Authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636). Nothing it says is
remembered between two people, so that keys it replaces are no matter.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, cast
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from requests import RequestException

from moderation.domain import Identity
from moderation.errors import OpenIdError
from moderation.settings import Settings

#: How long one answer of the provider may take.
TIMEOUT_S = 5.0
#: How far its clock may be off.
LEEWAY_S = 60
SCOPE = "openid email"
#: Signatures that only the provider can make: never `none`, nor one with a shared secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to sign in: secrets that only that browser and this service know."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Self:
        """An attempt that nobody made before."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


class Provider:
    """The provider named in the settings.

    Every method raises `OpenIdError` when the provider does not answer, or answers what it
    must not.
    """

    def __init__(self, settings: Settings, redirect_uri: str) -> None:
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._session = OAuth2Session(
            settings.oidc_client_id,
            settings.oidc_client_secret or None,
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=TIMEOUT_S,
            leeway=0,  # a token is used at once: it may be as short-lived as it likes
        )

    def address(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        address, _ = self._session.create_authorization_url(
            self._metadata("authorization_endpoint"),
            state=attempt.state,
            nonce=attempt.nonce,
            code_verifier=attempt.verifier,
        )
        return str(address)

    def identity(self, attempt: Attempt, code: str) -> Identity:
        """Who came back with this code."""
        try:
            token = self._session.fetch_token(
                self._metadata("token_endpoint"), code=code, code_verifier=attempt.verifier
            )
            claims = self._verified(token, attempt.nonce)
            if "email" not in claims:
                claims |= self._user_info(claims["sub"])
        except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError) as error:
            raise OpenIdError(_named(error)) from error
        # Only together with the issuer is a subject one person (OpenID Connect Core, 5.7).
        return Identity(f"{self._issuer} {claims['sub']}", _verified_email(claims))

    def _verified(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """What the ID token says, once it is sure that it is from the provider, for us, now."""
        keys = KeySet.import_key_set(
            cast(KeySetSerialization, self._get(self._metadata("jwks_uri")))
        )
        decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={"iss": {"value": self._issuer}, "aud": {"value": self._client_id}},
            params={
                "nonce": nonce,
                "client_id": self._client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_S)
        return dict(claims)

    def _user_info(self, subject: str) -> dict[str, Any]:
        """What the provider tells only when asked; nothing where it tells nothing."""
        found = self._discovered().get("userinfo_endpoint")
        if not found:
            return {}
        told = self._get(found, withhold_token=False)
        if told.get("sub") != subject:
            raise OpenIdError("the provider told of another person than who signed in")
        return {name: told[name] for name in ("email", "email_verified") if name in told}

    def _metadata(self, name: str) -> str:
        found = self._discovered().get(name)
        if not isinstance(found, str):
            raise OpenIdError(f"the provider names no {name}")
        return _secure(found)

    def _discovered(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0)."""
        known: dict[str, Any] | None = self._session.metadata.get("discovered")
        if known is None:
            where = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            known = self._get(_secure(where))
            if known.get("issuer") != self._issuer:
                raise OpenIdError("the provider calls itself other than MODERATION_OIDC_ISSUER")
            self._session.metadata["discovered"] = known
        return known

    def _get(self, address: str, *, withhold_token: bool = True) -> dict[str, Any]:
        try:
            answer = self._session.get(address, withhold_token=withhold_token)
            answer.raise_for_status()
            found = answer.json()
        except (RequestException, ValueError) as error:
            raise OpenIdError(_named(error)) from error
        if not isinstance(found, dict):
            raise OpenIdError("the provider sent something else than an object")
        return found


def _secure(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise OpenIdError("the provider must be reached by https")
    return address


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True
    return email if isinstance(email, str) and is_verified else None


def _named(error: Exception) -> str:
    """What went wrong, without what the provider sent: that may hold a token."""
    return f"the provider did not answer as it must ({type(error).__name__})"
