"""Chaos: the whole service under real traffic while its parts are killed, stopped and cut off.

`python -m tests.chaos` is the long run, `test_chaos.py` a short one. What was acknowledged is
written down outside the service (`ledger.py`) and compared with what is there afterwards
(`verify.py`). docs/chaos.md says how to read what it prints.
"""
