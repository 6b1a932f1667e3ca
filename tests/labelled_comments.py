"""Made-up comments with their labels, few and plain enough to be learnt from in a moment."""

from __future__ import annotations

import random
from pathlib import Path

NOUNS = ("garden", "bridge", "train", "council", "school", "river", "market", "museum")
RUDE = ("nitwit", "blockhead", "dunderhead")


def labelled_comments(count: int, *, seed: int = 1) -> list[tuple[str, int]]:
    """Comments, every third of them rude and labelled 1, the others 0."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        rude = number % 3 == 0
        opening = f"you {rng.choice(RUDE)}" if rude else "thank you"
        nouns = " ".join(rng.choices(NOUNS, k=6))
        made.append((f"{opening}, the {nouns} {rng.randrange(10**6)}", int(rude)))
    return made


def write_csv(path: Path, comments: list[tuple[str, int]]) -> Path:
    """Writes comments with their labels as the file that is imported and trained from."""
    rows = [f'"{text}",{label}\n' for text, label in comments]
    path.write_text("text,label\n" + "".join(rows))
    return path
