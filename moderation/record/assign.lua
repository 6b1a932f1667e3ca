-- Puts other releases on duty for a site, and all that follows from it.
-- ARGV: site, assignment that is expected (JSON) or '', the new one (JSON), a version whose
-- file must be kept or '', activation (JSON) or '', activations kept, audit entry (JSON),
-- audit entries kept, then each version whose shadow's figures begin anew.
-- Returns: 'done', 'changed' (another assignment stands) or 'missing' (there is no file).

local site, expected, new, version, activation, kept, entry, audit_kept = unpack(ARGV, 1, 8)
local SHADOWS_FROM = 9

if (redis.call('HGET', K.assignments(), site) or '') ~= expected then return 'changed' end
if version ~= '' and redis.call('HEXISTS', K.release(site, version), 'classifier') == 0 then
  return 'missing'
end
redis.call('HSET', K.assignments(), site, new)
if activation ~= '' then
  redis.call('LPUSH', K.activations(site), activation)
  redis.call('LTRIM', K.activations(site), 0, kept - 1)
  redis.call('XADD', K.happenings(site), 'MAXLEN', '~', 1000, '*',
    'event', 'model.promoted', 'data', activation)
end
redis.call('XADD', K.audit(site), 'MAXLEN', '~', audit_kept, '*', 'entry', entry)
for i = SHADOWS_FROM, #ARGV do
  redis.call('DEL', K.shadow_counts(site, ARGV[i]), K.shadow_differences(site, ARGV[i]))
end
return 'done'
