-- Claims a comment for a moderator, or holds on to a claim of theirs.
-- ARGV: site, comment, moderator, time to live (ms).
-- Returns: whose it is then, and for how many ms more; '' if there is no such comment.

local site, comment, moderator, ttl_ms = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local status = redis.call('HGET', K.comment(site, comment), 'status')
if not status or status == 'erased' then return { '', 0 } end
local key = K.claim(site, comment)
local owner = redis.call('GET', key)
if not owner or owner == moderator then
  redis.call('SET', key, moderator, 'PX', ttl_ms)
  owner = moderator
end
return { owner, redis.call('PTTL', key) }
