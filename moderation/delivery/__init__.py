"""How messages reach a site's webhook endpoints: envelopes, signatures, addresses, HTTP.

Knows nothing of the record, of Flask or of when a message is sent: whoever delivers passes in
all that is needed.
"""
