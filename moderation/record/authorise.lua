-- Whose key this is, and whether it may make one more request in this rate window.
-- ARGV: SHA-256 of the key, requests allowed (0: any number), window (s).
-- Returns: site or '', requests left, seconds until the window ends.

local site = redis.call('HGET', K.api_keys(), ARGV[1])
local limit, window_s = tonumber(ARGV[2]), tonumber(ARGV[3])
if not site then return { '', 0, 0 } end
if limit == 0 then return { site, 0, 0 } end
local key = K.rate(ARGV[1])
local made = redis.call('INCR', key)
if made == 1 then redis.call('EXPIRE', key, window_s) end
return { site, limit - made, math.max(redis.call('TTL', key), 0) }
