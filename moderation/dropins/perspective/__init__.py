"""Perspective API's two methods, answered from our own scores: a site changes one URL.

`endpoints` speaks the protocol. What a request may hold is in `schemas` and read by `payload`,
what an attribute means to us is in `attributes`, what spans count is in `passages`, and how
Google writes an error is in `refusals`.
"""
