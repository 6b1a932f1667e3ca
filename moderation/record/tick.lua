-- A worker's heartbeat, and the bell for whatever still waits.
-- ARGV: worker, its state (JSON). Returns 1 if a drain job must be enqueued else 0.

redis.call('HSET', K.workers(), ARGV[1], string.format('%.0f', now_ms()) .. ' ' .. ARGV[2])
local waiting = redis.call('XLEN', K.pending('live')) + redis.call('XLEN', K.pending('bulk'))
return waiting > 0 and ring() and 1 or 0
