-- Moves a batch on over one slice, and ends it after the last.
-- ARGV: site, batch, phase (run, undo), comments handled before, comments handled now, how
-- long an ended batch is kept (s), then number and why (JSON) of each comment left alone.
-- Returns: 1, or 0 if the batch is not there (any more): another was quicker, or it is undone.

local site, batch, phase = ARGV[1], ARGV[2], ARGV[3]
local before, now, kept_s = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local DURING, AFTER = { run = 'running', undo = 'undoing' }, { run = 'done', undo = 'undone' }
local LEFT_FROM = 7
local key = K.batch(site, batch)

local function finish()
  redis.call('HSET', key, 'state', AFTER[phase])
  redis.call('SREM', K.batches_open(), site .. ':' .. batch)
  redis.call('EXPIRE', key, kept_s)
  redis.call('EXPIRE', K.batch_items(site, batch), kept_s)
  redis.call('EXPIRE', K.batch_left(site, 'run', batch), kept_s)
  redis.call('EXPIRE', K.batch_left(site, 'undo', batch), kept_s)
end

local fields = redis.call('HMGET', key, 'state', phase .. '_handled', phase .. '_total')
if fields[1] ~= DURING[phase] or tonumber(fields[2]) ~= before then return 0 end
redis.call('HSET', key, phase .. '_handled', now)
for i = LEFT_FROM, #ARGV, 2 do
  redis.call('HSET', K.batch_left(site, phase, batch), ARGV[i], ARGV[i + 1])
end
if now >= tonumber(fields[3]) then finish() end
return 1
