-- Opens a batch again, to take back what it decided.
-- ARGV: site, batch, who undoes it, comments in a slice, whose act it was, that act (JSON),
-- audit entry (JSON), audit entries kept.
-- Returns: 1, or 0 if it is undone already, or there is no such batch.

local site, batch, moderator, slice = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local acted, act, entry, audit_kept = unpack(ARGV, 5, 8)
local key = K.batch(site, batch)

local fields = redis.call('HMGET', key, 'state', 'run_handled', 'run_total')
local state, handled, total = fields[1], tonumber(fields[2] or nil), tonumber(fields[3] or nil)
if state ~= 'running' and state ~= 'done' then return 0 end
-- The slice under way is not counted yet, but some of its comments may be decided.
local reached = state == 'done' and total or math.min(handled + slice, total)
redis.call('HSET', key, 'state', 'undoing', 'undone_by', moderator,
  'undo_total', reached, 'undo_handled', 0)
redis.call('SADD', K.batches_open(), site .. ':' .. batch)
redis.call('PERSIST', key)
redis.call('PERSIST', K.batch_items(site, batch))
redis.call('PERSIST', K.batch_left(site, 'run', batch))
redis.call('LREM', K.acts(site, acted), 1, act)
redis.call('XADD', K.audit(site), 'MAXLEN', '~', audit_kept, '*', 'entry', entry)
return 1
