-- Replaces the rules of how long a site's data is kept.
-- ARGV: site, version, rules with their version (JSON), audit entry (JSON), audit entries kept.
-- Returns: 1, or 0 if another version was first.

local site, version, rules, audit_entry, audit_kept = unpack(ARGV)

local stored = redis.call('HGET', K.retention(), site)
-- Rules that an earlier checkout stored have no version.
local current = stored and cjson.decode(stored).version or 0
if tonumber(version) ~= current + 1 then return 0 end
redis.call('HSET', K.retention(), site, rules)
redis.call('XADD', K.audit(site), 'MAXLEN', '~', audit_kept, '*', 'entry', audit_entry)
return 1
