"""What moderators do, whatever the door: a page of the console or JSON with a token.

Stands on the record and knows no Flask.
"""
