-- Writes the next version of a site's policy, and all that follows from it.
-- ARGV: site, version, flood window (ms), policy (JSON), version for the history (JSON),
-- versions kept, audit entry (JSON), audit entries kept, then each article that is closed.
-- Returns: 1, or 0 if another version was first.

local site, version, flood_window_ms, policy, entry, kept = unpack(ARGV, 1, 6)
local audit_entry, audit_kept, CLOSED_FROM = ARGV[7], ARGV[8], 9

local key = K.policy(site)
local current = tonumber(redis.call('HGET', key, 'version') or 0)
if tonumber(version) ~= current + 1 then return 0 end
redis.call('HSET', key, 'version', version, 'flood_window_ms', flood_window_ms, 'body', policy)
redis.call('LPUSH', K.policy_history(site), entry)
redis.call('LTRIM', K.policy_history(site), 0, kept - 1)
redis.call('XADD', K.audit(site), 'MAXLEN', '~', audit_kept, '*', 'entry', audit_entry)
redis.call('DEL', K.closed(site))
for i = CLOSED_FROM, #ARGV do redis.call('SADD', K.closed(site), ARGV[i]) end
return 1
