-- How full the shard is. No arguments.
-- Returns: entries in the pending streams, entries that ever left them, bytes of memory used,
-- bytes that may be used (0: no bound), then each site and how many of its comments wait.

local function of_stream(lane)
  local stream = { length = 0, ['entries-added'] = 0 }
  if redis.call('EXISTS', K.pending(lane)) == 0 then return stream end
  local told = redis.call('XINFO', 'STREAM', K.pending(lane))
  for i = 1, #told, 2 do stream[told[i]] = told[i + 1] end
  return stream
end

local waiting, left = 0, 0
for _, lane in ipairs({ 'live', 'bulk' }) do
  local stream = of_stream(lane)
  waiting = waiting + stream.length
  left = left + stream['entries-added'] - stream.length
end
-- What somebody took out by other ways than ours is not counted for ever.
if waiting == 0 then redis.call('DEL', K.waiting()) end
local memory = redis.call('INFO', 'memory')
return { waiting, left, tonumber(memory:match('used_memory:(%d+)')),
  tonumber(memory:match('maxmemory:(%d+)')), redis.call('HGETALL', K.waiting()) }
