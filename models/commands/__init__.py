"""The commands that need the classifier; `moderation` mounts them by dotted name."""
