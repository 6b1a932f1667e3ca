"""A receiver proves who it is before it is told anything."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from moderation.delivery.outbound import Client, DeliveryError, FailureKind
from moderation.delivery.wire import default_tls
from tests.moderation.delivery.certificates import Certificate
from tests.moderation.delivery.receivers import OK, Receiver, always, receiver


@pytest.fixture(scope="module")
def authority() -> Certificate:
    return Certificate.issue("An Authority", is_authority=True)


@pytest.fixture
def trusting(authority: Certificate) -> ssl.SSLContext:
    """What the service uses, with an authority of ours instead of the system's."""
    context = ssl.create_default_context(cadata=authority.pem)
    context.minimum_version = default_tls().minimum_version
    return context


def failure(
    to: Receiver, tls: ssl.SSLContext | None = None, deadline_s: float = 15
) -> DeliveryError:
    with (
        Client(allow_private=True, tls=tls, deadline_s=deadline_s) as client,
        pytest.raises(DeliveryError) as failed,
    ):
        client.post(f"https://localhost:{to.port}/", {}, b"{}")
    return failed.value


def test_what_the_service_uses_verifies_and_speaks_tls_1_2_or_newer() -> None:
    context = default_tls()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_messages_share_a_secured_connection(
    authority: Certificate, trusting: ssl.SSLContext, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    certificate = Certificate.issue("localhost", authority=authority)
    tls = certificate.server_context(tmp_path, versions=[version])
    with (
        receiver(always(OK), tls=tls) as there,
        Client(allow_private=True, tls=trusting) as client,
    ):
        for _ in range(3):
            assert client.post(there.url, {}, b"{}").status == 200
        client.close()
    assert len(there.talks) == 1
    assert len(there.requests) == 3


def test_a_certificate_that_vouches_for_itself_is_refused(tmp_path: Path) -> None:
    tls = Certificate.issue("localhost").server_context(tmp_path)
    with receiver(always(OK), tls=tls) as there:
        error = failure(there)
    assert error.kind is FailureKind.TLS
    assert "self-signed certificate" in str(error)
    assert not there.requests


def test_a_certificate_of_another_host_is_refused(
    authority: Certificate, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    tls = Certificate.issue("hooks.example", authority=authority).server_context(tmp_path)
    with receiver(always(OK), tls=tls) as there:
        error = failure(there, trusting)
    assert error.kind is FailureKind.TLS
    assert "Hostname mismatch" in str(error)
    assert not there.requests


def test_a_certificate_that_is_past_is_refused(
    authority: Certificate, trusting: ssl.SSLContext, tmp_path: Path
) -> None:
    past = Certificate.issue("localhost", authority=authority, valid_for=timedelta(days=-1))
    with receiver(always(OK), tls=past.server_context(tmp_path)) as there:
        error = failure(there, trusting)
    assert error.kind is FailureKind.TLS
    assert "expired" in str(error)
    assert not there.requests


def test_a_receiver_without_tls_is_told_nothing() -> None:
    with receiver(lambda talk: talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as there:
        error = failure(there)
    assert error.kind is FailureKind.TLS
    assert str(error) == "TLS with the receiver failed: wrong version number"


def test_a_receiver_that_never_ends_its_greeting_is_given_up_on() -> None:
    with receiver(lambda talk: talk.wait_for_the_end()) as there:
        assert failure(there, deadline_s=0.3).kind is FailureKind.TIMEOUT
