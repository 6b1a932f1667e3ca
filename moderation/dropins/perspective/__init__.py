"""Perspective API's two methods, answered from our own scores: a site changes one URL.

`endpoints` speaks the protocol. What a request may hold is in `schemas` and read by `payload`,
what an attribute means to us is in `attributes`; `passages` and `markup` say what of a text is
read and where it stands, and `refusals` how Google writes an error.
"""
