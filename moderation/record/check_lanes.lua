-- Compares what waits for a webhook endpoint with the sets that say what is due, and mends them.
-- ARGV: '1' to mend else '0', site, endpoint, lanes that may be counted at once, then lanes that
-- have a list.
-- Returns: what is wrong, one word a fault: `gone` (a list of an endpoint that is not there),
-- `lost` (a lane that is never due), `empty` (one that is due and has nothing), `waiting` (the
-- number that waits), `large` (too many lanes to count it).

local may_mend, site, endpoint, most = ARGV[1] == '1', ARGV[2], ARGV[3], tonumber(ARGV[4])
local FIRST = 5
local fresh, again = K.webhook_fresh(site, endpoint), K.webhook_again(site, endpoint)
local health, is_there = K.webhook_health(site, endpoint), redis.call('HEXISTS', K.webhooks(site), endpoint)
local faults = {}

local function length(lane) return redis.call('LLEN', K.webhook_lane(site, endpoint, lane)) end

local function fault(what, mend)
  table.insert(faults, what)
  if may_mend then mend() end
end

local function check_lane(lane)
  local key = K.webhook_lane(site, endpoint, lane)
  if length(lane) == 0 then return end
  if is_there == 0 then
    fault('gone', function() redis.call('DEL', key) end)
  elseif not redis.call('ZSCORE', fresh, lane) and not redis.call('ZSCORE', again, lane) then
    local since = string.match(redis.call('LINDEX', key, 0), '^%S+ %S+ (%d+)') or now_ms()
    fault('lost', function() redis.call('ZADD', fresh, since, lane) end)
  end
end

local function count_due(set)
  local waiting = 0
  for _, lane in ipairs(redis.call('ZRANGE', set, 0, -1)) do
    local messages = length(lane)
    if messages == 0 then fault('empty', function() redis.call('ZREM', set, lane) end) end
    waiting = waiting + messages
  end
  return waiting
end

for i = FIRST, #ARGV do check_lane(ARGV[i]) end
if is_there == 0 then return faults end
if redis.call('ZCARD', fresh) + redis.call('ZCARD', again) > most then
  table.insert(faults, 'large')
  return faults
end
local waiting = count_due(fresh) + count_due(again)
if tonumber(redis.call('HGET', health, 'waiting') or 0) ~= waiting then
  fault('waiting', function() redis.call('HSET', health, 'waiting', waiting) end)
end
return faults
