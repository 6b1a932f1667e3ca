"""What the doctor says of the machine: each check is broken once."""

from __future__ import annotations

import resource
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from moderation.doctor import machine
from moderation.doctor.findings import Level
from moderation.settings import Settings

Usage = namedtuple("Usage", "total used free")
TB = 1_000_000_000_000


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a service on a machine without flaws."""
    kernel = {"OVERCOMMIT": "1\n", "HUGE_PAGES": "always [madvise] never\n"}
    for name, text in kernel.items():
        (tmp_path / name).write_text(text, encoding="ascii")
        monkeypatch.setattr(machine, name, tmp_path / name)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(TB, TB // 2, TB // 2))
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 65_536))
    data_dir = tmp_path / "var"
    data_dir.mkdir(mode=0o700)
    return Settings(data_dir=data_dir)


def troubles(settings: Settings) -> dict[str, Level]:
    found = machine.examine(settings)
    return {one.subject: one.level for one in found if one.level is not Level.WELL}


def test_a_sound_machine_has_nothing(sound: Settings) -> None:
    assert not troubles(sound)


def test_redis_without_memory_to_fork(sound: Settings) -> None:
    machine.OVERCOMMIT.write_text("0\n", encoding="ascii")

    assert troubles(sound) == {"Overcommit": Level.DOUBTFUL}


def test_huge_pages(sound: Settings) -> None:
    machine.HUGE_PAGES.write_text("[always] madvise never\n", encoding="ascii")

    assert troubles(sound) == {"Transparent huge pages": Level.DOUBTFUL}


def test_a_data_folder_that_others_can_read(sound: Settings) -> None:
    sound.data_dir.chmod(0o755)

    assert troubles(sound) == {"Data folder": Level.WRONG}


@pytest.mark.parametrize(
    ("free", "level"), [(TB // 20, Level.DOUBTFUL), (TB // 100, Level.WRONG)]
)
def test_a_disk_that_is_nearly_full(
    sound: Settings, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(TB, TB - free, free))

    assert troubles(sound) == {"Disk": level}


def test_too_few_files_for_the_connections(
    sound: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 1_024))

    assert troubles(sound) == {"Open files": Level.DOUBTFUL}


def test_the_kernel_of_this_machine_is_no_matter_where_redis_is_elsewhere(
    sound: Settings,
) -> None:
    machine.OVERCOMMIT.write_text("0\n", encoding="ascii")

    assert not troubles(sound.with_redis("rediss://:pw@redis.example.org"))


def test_a_system_that_does_not_tell_is_not_called_wrong(sound: Settings) -> None:
    machine.OVERCOMMIT.unlink()
    machine.HUGE_PAGES.unlink()

    assert not troubles(sound)
