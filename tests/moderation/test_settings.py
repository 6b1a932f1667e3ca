"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.errors import SettingsError
from moderation.settings import Settings, mask_url


def test_a_flag_goes_before_its_variable_and_both_before_the_default():
    environ = {"MODERATION_PORT": "9000", "MODERATION_DATA_DIR": "/d", "MODERATION_DEMO": "off"}

    loaded = Settings.load(environ, port=9001, host=None)

    assert (loaded.port, loaded.host, loaded.data_dir) == (9001, "127.0.0.1", Path("/d"))
    assert loaded.demo is False


def test_settings_survive_the_way_to_a_child_process():
    loaded = Settings(redis_url="redis://h/1", api_key="k", demo=False, workers=3)

    assert Settings.load(loaded.to_environ()) == loaded


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODERATION_PORT", "eight"),
        ("MODERATION_PORT", "-1"),
        ("MODERATION_DEMO", "perhaps"),
        ("MODERATION_APPENDFSYNC", "never"),
        ("MODERATION_RATE_WINDOW_S", "0"),
        ("MODERATION_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str):
    with pytest.raises(SettingsError, match=name):
        Settings.load({name: value})


def test_misspelt_variables_are_noticed():
    environ = {"MODERATION_PROT": "1", "MODERATION_PORT": "1", "PATH": "/"}

    assert Settings.unknown(environ) == ["MODERATION_PROT"]


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2@h:6379/0",
        "rediss://user:hunter2@h/0",
        "sentinel://u:hunter2@a:1,b:2/main",
        "redis://h/0?password=hunter2&db=1",
        "unix:///s.sock?db=1&Password=hunter2",
        "redis://user:hunter2/with?signs#@h/0",
        "redis://user:hunter2@twice@h/0",
        "redis+cluster://user:hunter2@[::1",
    ],
)
def test_passwords_are_masked(url: str):
    shown = Settings(redis_url=url, api_key="hunter2", admin_password="hunter2").masked()

    assert "hunter2" not in str(shown)
    assert "********" in shown["MODERATION_REDIS_URL"]


@pytest.mark.parametrize("url", ["", "redis://h:6379/0", "unix:///a/b.sock", "redis://h?db=1"])
def test_a_url_without_a_password_is_shown_as_it_is(url: str):
    assert mask_url(url) == url


class TestValuesInFiles:
    def test_a_variable_may_name_a_file_that_holds_the_value(self, tmp_path: Path):
        (tmp_path / "url").write_text("redis://:pw@h/1\n", encoding="utf-8")

        loaded = Settings.load({"MODERATION_REDIS_URL_FILE": str(tmp_path / "url")})

        assert loaded.redis_url == "redis://:pw@h/1"

    def test_the_variable_itself_goes_before_it(self, tmp_path: Path):
        (tmp_path / "port").write_text("9000", encoding="utf-8")
        environ = {"MODERATION_PORT": "9001", "MODERATION_PORT_FILE": str(tmp_path / "port")}

        assert Settings.load(environ).port == 9001

    def test_one_that_cannot_be_read_is_refused_by_name(self, tmp_path: Path):
        with pytest.raises(SettingsError, match="MODERATION_API_KEY_FILE"):
            Settings.load({"MODERATION_API_KEY_FILE": str(tmp_path / "none")})
