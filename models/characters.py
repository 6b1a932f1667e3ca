"""Characters that hide, combine with others or pass for others: tables of Unicode."""

from __future__ import annotations

import re

#: Invisible or direction-changing characters: zero-width spaces and joiners, bidi
#: controls, soft hyphen, fillers, variation selectors, tags.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)

#: Marks that combine with the letter before them, in the scripts where comments are written.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0903\u093a-\u094d\u0951-\u0957\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)

#: Marks that are folded away on Latin letters: accents, strokes, enclosing circles.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0488\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)

#: Cyrillic, Greek and Armenian letters, each before the Latin one that it passes for.
LOOK_ALIKES = {
    ord(pair[0]): pair[1]
    for pair in str.split(
        "аa вb еe ёe іi кk мm нh оo рp сc тt уy хx ѕs јj һh ԁd ԛq ԝw ӏl ьb ѵv гr"
        " αa βb γy εe κk νv οo ρp τt υu χx ωw ηn ζz ιi հh ոn սu օo пn ғf ԍg ϲc ϳj үy"
    )
}

#: Letters that Unicode does not decompose into the Latin one that they pass for.
LATIN_VARIANTS = {
    ord(pair[0]): pair[1]
    for pair in str.split(
        "ıi łl øo đd ħh ŧt ƒf ɑa ɡg ɩi ɪi ʟl ɴn ʀr ʏy ʙb ʜh ɢg ᴀa ᴄc ᴅd ᴇe ᴊj ᴋk ᴍm ᴏo ᴘp"
        " ᴛt ᴜu ᴠv ᴡw ᴢz ꜱs ’' ‘' ʼ' “\" ”\" „\""
    )
}
