-- Replaces the policy of a site.
-- ARGV: site, version that it must be at or '' for any, flood window (ms), policy (JSON).
-- Returns: 1 if replaced else 0, and the version that stands.

local key = K.policy(ARGV[1])
local version = tonumber(redis.call('HGET', key, 'version') or 0)
if ARGV[2] ~= '' and tonumber(ARGV[2]) ~= version then return { 0, version } end
redis.call('HSET', key, 'version', version + 1, 'flood_window_ms', ARGV[3], 'body', ARGV[4])
return { 1, version + 1 }
