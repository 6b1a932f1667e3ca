"""The benchmark suite: one command, everything side by side, on real comments.

A measure is a ratio within one run: the service and what it is compared with take turns on
the same machine, with the same texts and the same release. Nothing here is imported by the
service.
"""
