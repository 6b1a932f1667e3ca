"""`moderation doctor`: finds the usual misconfigurations and says the cure.

One function a check, each a finding. Reads only: nothing is changed, started or sent.
"""
