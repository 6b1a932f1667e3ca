"""How plots look, by day and by night, and matplotlib set to it.

matplotlib is loaded when the first plot is drawn, by whoever asks for plots, and nowhere else.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Width and height of a plot; at 100 % an inch is 96 pixels.
SIZE_INCHES = (4.4, 4.1)

#: What is drawn in which colour by day, and by night.
INK, MUTED, LINE = "#231e19", "#665c52", "#e4dccf"
FIRST, SECOND = "#17594f", "#b5541c"
HARMLESS, HARMFUL = "#2f5687", "#b23a2e"
NIGHT = {
    INK: "#ece5db",
    MUTED: "#aba093",
    LINE: "#3a342d",
    FIRST: "#86d3c2",
    SECOND: "#f1ba6c",
    HARMLESS: "#a2c6f3",
    HARMFUL: "#f3a198",
    "#000000": "#ece5db",  # scikit-learn's line of perfect calibration
}

#: matplotlib's settings for all plots. Names are data: a `$` in one is no formula.
STYLE: Any = {
    "figure.figsize": SIZE_INCHES,
    "figure.constrained_layout.use": True,
    "font.size": 10.5,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 1.8,
    "lines.markersize": 4,
    "legend.frameon": False,
    "svg.hashsalt": "moderation",
}


def for_day_and_night(svg: str) -> str:
    """Return an SVG that wears other colours where its reader prefers dark pages."""
    rules = "".join(
        f'[style*="{what}: {day}"]{{{what}:{night}!important}}'
        for day, night in NIGHT.items()
        for what in ("fill", "stroke")
    )
    style = f"<style>@media (prefers-color-scheme:dark){{{rules}}}</style>"
    head, tag, body = svg.partition("<defs>")
    return f"{head}{style}{tag}{body}"


@contextmanager
def matplotlib_in_our_style() -> Iterator[None]:
    """Load matplotlib so that it leaves no file of its own anywhere, in our style."""
    with tempfile.TemporaryDirectory(prefix="moderation-plots-") as folder:
        given = os.environ.get("MPLCONFIGDIR")
        os.environ["MPLCONFIGDIR"] = given or folder
        try:
            import matplotlib.font_manager  # reads or makes the list of fonts

            matplotlib.get_configdir()  # matplotlib remembers the answer
        finally:
            if given is None:
                del os.environ["MPLCONFIGDIR"]
            else:
                os.environ["MPLCONFIGDIR"] = given
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield
