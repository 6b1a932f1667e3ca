"""Image, compose file and Kubernetes manifests: hardened, bounded, and true to the settings.

What their own linters say is for whoever has them; CI checks the structure.
"""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation import __version__
from moderation.embedded import server_binary, wait_until_answers
from moderation.record import Record
from moderation.server import GRACE_S
from moderation.settings import Settings
from moderation.supervisor import STOP_S
from tests.ops.files import OPS, ROOT, ask_tool, read_yaml

PARTS = ("api", "worker", "trainer", "deliverer")
UID = "10001"


def compose() -> dict[str, Any]:
    [document] = read_yaml(ROOT / "docker-compose.yml")
    found: dict[str, Any] = document
    return found


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((OPS / "kubernetes").glob("*.yaml")):
        yield from read_yaml(path)


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in manifests() if one["kind"] == kind}


def pod_of(part: str) -> dict[str, Any]:
    found: dict[str, Any] = of_kind("Deployment")[f"moderation-{part}"]["spec"]["template"]
    return found


class TestImage:
    def test_it_runs_as_nobody_special_and_says_whether_it_is_well(self) -> None:
        text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
        _, final = text.split("\nFROM ${PYTHON}\n")
        assert f"USER {UID}:{UID}" in final
        assert "HEALTHCHECK" in final
        assert "pip" not in final

    def test_its_linter_finds_nothing(self) -> None:
        ask_tool("hadolint", str(ROOT / "Dockerfile"))


class TestCompose:
    @pytest.mark.parametrize("name", [*PARTS, "redis"])
    def test_each_service_is_hardened_and_bounded(self, name: str) -> None:
        service = compose()["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["user"].split(":")[0] != "0"
        assert {"mem_limit", "cpus", "pids_limit", "healthcheck", "tmpfs"} <= set(service)
        assert service["restart"] == "unless-stopped"
        assert "stop_grace_period" in service

    @pytest.mark.parametrize("name", PARTS)
    def test_each_part_runs_its_command_as_the_image_s_user(self, name: str) -> None:
        service = compose()["services"][name]
        assert service["command"] == ["moderation", name]
        assert service["user"] == f"{UID}:{UID}"
        assert service["image"].endswith(f":{__version__}")

    def test_each_has_time_to_end_by_itself(self) -> None:
        services = compose()["services"]
        grace_s = {
            name: int(one["stop_grace_period"].removesuffix("s"))
            for name, one in services.items()
        }
        assert grace_s["api"] > GRACE_S
        assert grace_s["redis"] >= 30
        assert min(grace_s.values()) > 10

    def test_no_password_is_written_in_it(self) -> None:
        text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        uncommented = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
        assert not re.search(r"redis://\S*@", uncommented)
        assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8")
        assert "secrets" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    def test_its_redis_keeps_everything_asks_for_a_password_and_ends_when_told(
        self, tmp_path: Path
    ) -> None:
        # Given the script of the compose file, with our server, folder and port
        (tmp_path / "password").write_text("pass word\n".replace(" ", ""), encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        shell, option, script = compose()["services"]["redis"]["command"]
        script = script.replace("$$", "$").replace("/run/secrets", str(tmp_path))
        script = script.replace("redis_password", "password")
        script = script.replace(
            "valkey-server -", f"{server_binary()} - --port {port} --bind 127.0.0.1", 1
        )
        environ = {"MAXMEMORY": "64mb", "PATH": "/usr/bin:/bin"}
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [shell, option, script], cwd=tmp_path, env=environ, stdout=log
            )
        url = f"redis://:password@127.0.0.1:{port}/0"
        # When it runs
        wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=30)
        facts = Record(Settings(redis_url=url)).server.facts()
        command_line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        # Then it is set up as the service needs it
        assert (facts.has_aof, facts.eviction, facts.appendfsync) == (
            True,
            "noeviction",
            "everysec",
        )
        assert facts.limit_bytes == 64 * 1024 * 1024
        assert facts.packed_field_bytes == 1_024
        assert b"password" not in command_line
        # And ends by itself, with the shell not in between
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


class TestKubernetes:
    @pytest.mark.parametrize("name", PARTS)
    def test_each_pod_meets_the_restricted_standard(self, name: str) -> None:
        # https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
        pod = pod_of(name)["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert str(pod["securityContext"]["runAsUser"]) == UID
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
        assert container["args"] == ["moderation", name]
        assert container["image"].endswith(f":{__version__}")

    def test_a_pod_has_time_to_end_by_itself(self) -> None:
        for name in PARTS:
            grace_s = pod_of(name)["spec"]["terminationGracePeriodSeconds"]
            assert grace_s > (GRACE_S + 5 if name == "api" else 10)

    def test_what_selects_pods_selects_those_there_are(self) -> None:
        labels = [pod_of(name)["metadata"]["labels"] for name in PARTS]
        selectors = [
            one["spec"]["selector"].get("matchLabels", one["spec"]["selector"])
            for kind in ("Service", "PodDisruptionBudget", "Deployment")
            for one in of_kind(kind).values()
        ]
        selectors += [
            one["spec"]["podSelector"]["matchLabels"]
            for one in of_kind("NetworkPolicy").values()
        ]
        for selector in selectors:
            assert any(selector.items() <= one.items() for one in labels), selector
        for scaler in of_kind("HorizontalPodAutoscaler").values():
            assert scaler["spec"]["scaleTargetRef"]["name"] in of_kind("Deployment")

    def test_only_the_deliverer_may_reach_the_outside_and_nothing_private(self) -> None:
        reaching_out = {
            name: [to["ipBlock"] for rule in one["spec"]["egress"] for to in rule["to"]]
            for name, one in of_kind("NetworkPolicy").items()
            if any(
                "ipBlock" in to
                for rule in one["spec"].get("egress", [])
                for to in rule.get("to", [])
            )
        }
        assert list(reaching_out) == ["moderation-deliverer"]
        [four, _six] = reaching_out["moderation-deliverer"]
        assert {"10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16"} <= set(four["except"])

    def test_settings_are_known(self) -> None:
        [settings] = of_kind("ConfigMap").values()
        assert not Settings.unknown(settings["data"])

    def test_no_secret_is_among_them_and_all_are_applied(self) -> None:
        [kustomization] = read_yaml(OPS / "kubernetes/kustomization.yaml")
        files = {path.name for path in (OPS / "kubernetes").glob("*.yaml")}
        assert set(kustomization["resources"]) == files - {"kustomization.yaml"}
        assert not of_kind("Secret")
        ask_tool("kubectl", "kustomize", str(OPS / "kubernetes"))


class TestSystemd:
    UNITS = ("moderation.service", "moderation-worker@.service")

    @pytest.fixture
    def installed(self, tmp_path: Path) -> Path:
        """The units as they are once the command that they start is there."""
        for name in self.UNITS:
            text = (OPS / "systemd" / name).read_text(encoding="utf-8")
            text = text.replace("/opt/moderation/.venv/bin/moderation", "/bin/true")
            (tmp_path / name.replace("@", "@2")).write_text(text, encoding="utf-8")
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    @pytest.mark.parametrize("name", UNITS)
    def test_a_unit_is_hardened_as_the_other(self, name: str) -> None:
        first, second = (
            set(
                re.findall(
                    r"^(?:Protect|Private|Restrict|System|NoNew|Capab|Lock)\w+=.*$",
                    (OPS / "systemd" / unit).read_text(encoding="utf-8"),
                    re.MULTILINE,
                )
            )
            for unit in self.UNITS
        )
        assert first == second
        assert {"NoNewPrivileges=yes", "ProtectSystem=strict"} <= first

    def test_they_wait_longer_than_the_supervisor_does(self) -> None:
        text = (OPS / "systemd/moderation.service").read_text(encoding="utf-8")
        [stop_s] = re.findall(r"^TimeoutStopSec=(\d+)$", text, re.MULTILINE)
        assert int(stop_s) > 2 * STOP_S
        assert "KillMode=mixed" in text

    def test_systemd_itself_finds_nothing_and_little_exposed(self, installed: Path) -> None:
        ask_tool(
            "systemd-analyze",
            "verify",
            "--man=no",
            *(str(installed / name.replace("@", "@2")) for name in self.UNITS),
        )
        for name in self.UNITS:
            unit = str(installed / name)
            ask_tool("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
