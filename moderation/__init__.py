"""What the service does: rules, record, HTTP API, pages and command line.

Imports nothing of `models` or `workers`: the API process stays small, and asks a worker
for whatever needs a model.
"""

__version__ = "0.1.0"
