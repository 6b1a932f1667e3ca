-- Gives an event stream a place among those of its key, or keeps the one that it has.
-- ARGV: SHA-256 of the key, stream, streams that a key may have open (0: any number), how long
-- the place is kept (ms).
-- Returns: 'kept', 'full', or 'revoked' for a key that is not good any more.

local key_digest, stream, most, lease_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if not good_key(key_digest) then return 'revoked' end

local key, now = K.event_streams(key_digest), now_ms()
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
local is_new = not redis.call('ZSCORE', key, stream)
if is_new and most > 0 and redis.call('ZCARD', key) >= most then return 'full' end
redis.call('ZADD', key, string.format('%.0f', now + lease_ms), stream)
redis.call('PEXPIRE', key, lease_ms)
return 'kept'
