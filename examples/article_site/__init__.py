"""A small local newspaper whose comments are moderated by the service.

`pages` is what readers see, `webhook` is where the service tells of decisions, `courier` takes
to the service what readers did, through the calls in `service`; `store` is what they share.
"""
