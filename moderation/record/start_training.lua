-- Writes a new training, unless one of the site is queued or running.
-- ARGV: site, training, trainings kept, then names and values of its fields.
-- Returns: '' if it did, else the id of the other one.

local site, training, kept = ARGV[1], ARGV[2], tonumber(ARGV[3])
local FIELDS_FROM = 4
local index = K.trainings(site)

local open = redis.call('GET', K.training_open(site))
if open then return open end

local now = string.format('%.0f', now_ms())
redis.call('SET', K.training_open(site), training)
redis.call('ZADD', index, now, training)
redis.call('HSET', K.training(site, training), 'beat_ms', now, unpack(ARGV, FIELDS_FROM))
for _, old in ipairs(redis.call('ZRANGE', index, 0, -(kept + 1))) do
  redis.call('DEL', K.training(site, old))
  redis.call('ZREM', index, old)
end
return ''
