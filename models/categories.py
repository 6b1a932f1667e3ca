"""The names of what a comment is scored for."""

TOXICITY = "toxicity"
SPAM = "spam"

#: The categories of the shipped release, in the order of its columns.
CATEGORIES = (
    TOXICITY,
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    SPAM,
)

#: What the Jigsaw data call them.
ALIASES = {
    "toxic": TOXICITY,
    "severe_toxic": "severe_toxicity",
    "identity_hate": "identity_attack",
}

#: Whether a comment should be held, for whatever reason.
LABEL = "label"
