"""Redis as operators have it: behind Sentinel, behind TLS, with a password."""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError

from moderation.embedded import answers, server_binary, shut_down
from moderation.errors import RedisAwayError, SettingsError
from moderation.record import Record, connection
from moderation.record.connection import connect
from moderation.settings import Settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(folder: Path, *arguments: str, port: int) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [server_binary(), *arguments, "--port", str(port), "--bind", "127.0.0.1"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while not answers(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def works(url: str) -> bool:
    record = Record(Settings(redis_url=url))
    record.prepare()
    record.sites.create("site", "Site")
    return record.sites.authorise(record.sites.issue_key("site")) is not None


def test_a_service_behind_sentinel_is_found_through_it(tmp_path: Path):
    # Given a master with a password and a sentinel that watches it
    master, sentinel = free_port(), free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"sentinel monitor news 127.0.0.1 {master} 1\nsentinel auth-pass news se:cret\n"
    )
    with server(tmp_path / "master", "--requirepass", "se:cret", "--save", "", port=master):
        wait_for(f"redis://:{quote('se:cret')}@127.0.0.1:{master}")
        with server(tmp_path, str(config), "--sentinel", port=sentinel):
            url = f"sentinel://:{quote('se:cret')}@127.0.0.1:{sentinel}/news"
            wait_for(url)
            # Then the record works through it, and RQ's connection too
            assert works(url)
            assert connect(url, text=False).ping()


def test_an_unknown_sentinel_service_is_redis_being_away(tmp_path: Path):
    sentinel = free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text("")
    with server(tmp_path, str(config), "--sentinel", port=sentinel):
        wait_for(f"redis://127.0.0.1:{sentinel}")
        with pytest.raises(RedisAwayError):
            Record(Settings(redis_url=f"sentinel://127.0.0.1:{sentinel}/none")).prepare()


@pytest.mark.parametrize("url", ["sentinel://127.0.0.1:26379", "http://x", "redis://h:port"])
def test_a_url_that_cannot_be_used_says_so(url: str):
    with pytest.raises(SettingsError, match="MODERATION_REDIS_URL"):
        connect(url)


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
def test_tls_is_spoken_and_checked(tmp_path: Path, redis_url: str):
    # Given a TLS front before the server, with a certificate of its own
    key, certificate = self_signed(tmp_path)
    with tls_front(redis_url.removeprefix("unix://"), key, certificate) as port:
        Record(Settings(redis_url=redis_url)).connection.flushall()
        # Then it works for who trusts the certificate, and for nobody else
        assert works(f"rediss://localhost:{port}/0?ssl_ca_certs={quote(str(certificate))}")
        with pytest.raises(RedisAwayError):
            Record(Settings(redis_url=f"rediss://localhost:{port}/0")).prepare()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for `localhost`."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return key, certificate


@contextlib.contextmanager
def tls_front(behind: str, key: Path, certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        closing = threading.Event()

        def accept() -> None:
            while not closing.is_set():
                with contextlib.suppress(OSError):
                    plain, _ = listener.accept()
                    threading.Thread(target=serve, args=(plain,), daemon=True).start()

        def serve(plain: socket.socket) -> None:
            with contextlib.suppress(OSError), plain:
                plain.settimeout(10)
                with (
                    context.wrap_socket(plain, server_side=True) as outside,
                    socket.socket(socket.AF_UNIX) as inside,
                ):
                    inside.connect(behind)
                    pass_on(outside, inside)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            thread.join()


def pass_on(outside: ssl.SSLSocket, inside: socket.socket) -> None:
    """Carries bytes both ways until either side is silent for long, or closes."""
    ways: list[tuple[socket.socket, socket.socket]] = [(outside, inside), (inside, outside)]
    while True:
        ready = [outside] if outside.pending() else select.select(ways[0], [], [], 10)[0]
        for source, target in ways:
            if source in ready:
                if not (part := source.recv(65536)):
                    return
                target.sendall(part)
        if not ready:
            return


def test_a_server_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch):
    # Given a server that takes connections and answers nobody
    monkeypatch.setattr(connection, "COMMAND_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        asking = connect(f"redis://127.0.0.1:{hanging.getsockname()[1]}")

        # When
        with pytest.raises(RedisTimeoutError):
            asking.ping()

        # Then
        hanging.accept()[0].close()
        hanging.settimeout(0)
        with pytest.raises(BlockingIOError):
            hanging.accept()


def test_shutting_down_a_server_that_is_not_there_is_no_error(tmp_path: Path):
    shut_down(f"unix://{tmp_path}/none.sock")
