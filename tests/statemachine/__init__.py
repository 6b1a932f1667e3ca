"""A state machine that drives the record on a real server against a plain model of it."""
