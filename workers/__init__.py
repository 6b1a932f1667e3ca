"""The RQ jobs: they carry comments from the record to the models and decisions back.

No business rule lives here: `models` says how likely, `moderation.policy` says what to do.
"""
