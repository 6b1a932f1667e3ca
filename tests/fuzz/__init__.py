"""Strangers' bytes against every reader that takes them.

`targets` says what holds for any input, `drivers` finds inputs (`make fuzz`), `cases` keeps
those that once broke something, harmless ones, and the suite runs these every time.
"""
