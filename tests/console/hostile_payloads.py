"""What people post to break a moderator's page, by the way in which it would.

Harmless by themselves: one that runs sets `window.__fired` or asks this service for `/fired`.
"""

from __future__ import annotations

from itertools import product

from tests.console import hostile_context as context
from tests.console import hostile_markup as markup
from tests.console import hostile_spoofs as spoofs
from tests.console.hostile_markup import FIRE, TRACE

FAMILIES: dict[str, tuple[str, ...]] = {
    "script": markup.SCRIPTS,
    "element": markup.ELEMENTS,
    "mutation": markup.MUTATIONS,
    "break-out": tuple(
        around.format(one) for around, one in product(markup.CONTEXTS, markup.FIRERS)
    ),
    "handler": tuple(
        f'<b tabindex=1 autofocus on{event}="{FIRE}">x</b>' for event in markup.EVENTS.split()
    ),
    "attribute": tuple(
        f"x{quote} on{event}={quote}{FIRE}{quote} autofocus tabindex=1 x={quote}"
        for quote, event in product(markup.QUOTES, markup.ATTRIBUTE_EVENTS)
    ),
    "address": markup.SCHEMES,
    "link": tuple(f'<a href="{address}">a link</a>' for address in markup.SCHEMES),
    "encoding": markup.ENCODINGS,
    "loading": context.LOADING,
    "style": context.STYLES,
    "template": context.TEMPLATES,
    "framework": context.FRAMEWORKS,
    "markdown": context.MARKDOWN,
    "data": context.DATA,
    "direction": spoofs.DIRECTIONS,
    "invisible": spoofs.INVISIBLE,
    "heap": spoofs.HEAPS,
    "look-alike": spoofs.LOOK_ALIKES,
    "interface": spoofs.INTERFACES,
    "size": spoofs.SIZES,
}
PAYLOADS = tuple(payload for family in FAMILIES.values() for payload in family)

__all__ = ["FAMILIES", "FIRE", "PAYLOADS", "TRACE"]
