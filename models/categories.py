"""The names of what a comment is scored for."""

TOXICITY = "toxicity"
IDENTITY_ATTACK = "identity_attack"
SPAM = "spam"

#: The categories of the shipped release, in the order of its columns.
CATEGORIES = (
    TOXICITY,
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    IDENTITY_ATTACK,
    SPAM,
)

#: What the Jigsaw data call them.
ALIASES = {
    "toxic": TOXICITY,
    "severe_toxic": "severe_toxicity",
    "identity_hate": IDENTITY_ATTACK,
}

#: Whether a comment should be held, for whatever reason.
LABEL = "label"
