"""What tests of commands ask of a result."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result


def told(result: Result) -> Any:
    """What a command that succeeded printed as JSON."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
