-- Takes one request off the rate window of what has no API key.
-- ARGV: who asks (a digest), its site, requests allowed unless the site has a bound of its own
-- (0: any number), window (s).
-- Returns: requests left, seconds until the window ends, requests allowed.

return { spend(ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])) }
