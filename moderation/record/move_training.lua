-- Moves a training from one state to another, or writes how far it is in the state it has.
-- ARGV: site, training, states that it may be moved from (separated by spaces), state to move
-- to, how long it must have been silent for that (ms; 0: no matter), whether this is a sign of
-- life of the process that trains (1 or 0), then names and values of fields to write.
-- Returns: whether it was moved (1 or 0), and who wants it cancelled, or ''.

local site, training, from, to, silent_ms, is_alive = unpack(ARGV, 1, 6)
local FIELDS_FROM = 7
local OPEN = { queued = true, running = true }
local key = K.training(site, training)

local fields = redis.call('HMGET', key, 'state', 'beat_ms', 'cancelled_by')
local state, beat_ms, cancelled_by = fields[1], tonumber(fields[2] or nil), fields[3] or ''
local may = state and string.find(' ' .. from .. ' ', ' ' .. state .. ' ', 1, true)
local silent = now_ms() - (beat_ms or 0) >= tonumber(silent_ms)
if not may or not silent then return { 0, cancelled_by } end

redis.call('HSET', key, 'state', to)
if is_alive == '1' then redis.call('HSET', key, 'beat_ms', string.format('%.0f', now_ms())) end
for i = FIELDS_FROM, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
if not OPEN[to] and redis.call('GET', K.training_open(site)) == training then
  redis.call('DEL', K.training_open(site))
end
return { 1, redis.call('HGET', key, 'cancelled_by') or '' }
