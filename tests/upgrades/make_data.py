"""Makes the data folder of a version, to prove that the next one can go on with it.

Run it with the version whose data is wanted, before its successor changes what is stored:

    python -m tests.upgrades.make_data tests/upgrades/schema-2.tar.xz

It starts `moderation run`, does over HTTP whatever leaves something behind, keeps what the
version answers to each question, stops its worker so that some comments wait, kills everything,
and packs the append-only file and the answers. Nothing in it is secret, nothing is vile.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

API_KEY = "upgrade-key-of-the-demo-site-0123456789abcdef"
ADMIN_PASSWORD = "correct horse battery staple"
#: What the folder keeps besides the append-only file.
ANSWERS = "answers.json"
WAITING = 12

FRIENDLY = "The library should stay open on Sundays, number {}"
RUDE = "You are a stupid idiot and everybody here knows it, number {}"


def start(data_dir: Path) -> tuple[subprocess.Popen[str], str]:
    """The service on a data folder, and its address once it is ready."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("moderation"), "run", "--port", "0"],
        env=clean
        | {
            "MODERATION_API_KEY": API_KEY,
            "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MODERATION_DATA_DIR": str(data_dir),
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://"), line
    return process, line.split()[1]


def token_of(data_dir: Path, name: str) -> str:
    """A token of a moderator, made at the command line."""
    done = subprocess.run(
        [Path(sys.executable).with_name("moderation"), "moderator", "token", name],
        env=os.environ | {"MODERATION_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


class Site:
    """What a site and its moderator do with a service."""

    def __init__(self, url: str, token: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60, headers=_bearer(API_KEY))
        self.moderator = httpx.Client(base_url=url, timeout=60, headers=_bearer(token))
        self.ids: list[str] = []

    def post(self, text: str, *, wait: bool = True, **more: Any) -> str:
        """Posts a comment; its id."""
        number = len(self.ids)
        body = {
            "text": text.format(number),
            "author": {"id": f"author-{number % 4}", "name": "Anna"},
            "id": f"comment-{number}",
            "created_at": f"2026-11-20T08:{number // 60:02}:{number % 60:02}Z",
        }
        headers = {"Prefer": "wait=20"} if wait else {}
        answer = self.client.post(
            f"/v1/articles/article-{number % 3}/comments", json=body | more, headers=headers
        )
        assert answer.status_code in (201, 202), answer.text
        self.ids.append(answer.json()["id"])
        return self.ids[-1]

    def act(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """What a moderator does; what the service answers."""
        answer = self.moderator.request(method, path, json=body)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None


def leave_something_behind(site: Site) -> None:
    """Whatever the record can hold, each at least once."""
    rules = {"reports_to_hold": 3, "banned_words": ["forbidden"], "review_share": 0.2}
    site.client.put("/v1/policy", json=rules).raise_for_status()
    for _ in range(20):
        site.post(FRIENDLY)
    held = [site.post(RUDE) for _ in range(10)]
    site.post("An answer to number 0", parent_id=site.ids[0])
    approved = site.ids[:20]
    site.act(f"/v1/comments/{held[0]}/decision", {"action": "reject", "note": "an insult"})
    site.act(f"/v1/comments/{held[1]}/decision", {"action": "approve"})
    site.act(f"/v1/comments/{held[2]}/decision", {"action": "hold"})
    site.act(f"/v1/comments/{held[3]}/decision", {"action": "reject"})
    site.act(f"/v1/comments/{held[3]}/undo", {"revision": 2})
    for reporter in range(6):
        site.client.post(
            f"/v1/comments/{approved[0]}/reports",
            json={"reason": "off topic", "reporter_id": f"reader-{reporter}"},
        ).raise_for_status()
    site.client.delete(f"/v1/comments/{approved[1]}").raise_for_status()
    kept = {"keep_labels": "true"}
    site.client.delete(f"/v1/comments/{held[0]}", params=kept).raise_for_status()
    # What a site tells for the second time is known
    again = {"Idempotency-Key": "once-only"}
    body = {"text": "Once and only once", "author": {"id": "author-9"}}
    for _ in range(2):
        answer = site.client.post("/v1/articles/article-0/comments", json=body, headers=again)
        answer.raise_for_status()
    site.ids.append(answer.json()["id"])


def answers(site: Site) -> dict[str, Any]:
    """What the version says to each question that a later one must answer alike."""
    asked = {f"/v1/comments/{one}": site.client for one in site.ids}
    for number in range(3):
        for status in ("approved", "held", "rejected"):
            place = f"/v1/articles/article-{number}/comments?status={status}&limit=100"
            asked[place] = site.client
    asked["/v1/decisions?limit=1000"] = site.client
    asked["/v1/policy"] = site.client
    asked["/v1/queue?limit=100"] = site.moderator
    asked["/v1/labels/summary"] = site.moderator
    found = {}
    for path, client in asked.items():
        answer = client.get(path)
        found[path] = {"status": answer.status_code, "body": answer.json()}
    return found


def stop_workers(group: int) -> None:
    """Holds the scoring workers of a service still."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            if os.getpgid(int(entry.name)) == group and re.search(rb"\0worker\b", command):
                os.kill(int(entry.name), signal.SIGSTOP)
        except OSError:
            continue


def make(archive: Path) -> None:
    """Makes the archive."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        process, url = start(data_dir)
        try:
            site = Site(url, token_of(data_dir, "admin"))
            leave_something_behind(site)
            time.sleep(2)  # statistics are written now and then
            said = answers(site)
            stop_workers(process.pid)
            waiting = [site.post(FRIENDLY, wait=False) for _ in range(WAITING)]
            time.sleep(2)  # everysec: on the disk
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        written = json.dumps({"answers": said, "waiting": waiting}, indent=1).encode()
        with tarfile.open(archive, "w:xz") as packed:
            packed.add(data_dir / "appendonlydir", "appendonlydir")
            entry = tarfile.TarInfo(ANSWERS)
            entry.size = len(written)
            packed.addfile(entry, io.BytesIO(written))


def _bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("archive", type=Path, help="what to write, NAME.tar.xz")
    make(parser.parse_args().archive)
