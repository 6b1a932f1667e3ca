-- One turn of a delivery, in one round trip: writes what became of the messages that were
-- taken, and takes the next. A message that is being sent is due again when its lease ends:
-- whoever dies meanwhile leaves it to others.
-- ARGV: site, endpoint, most to take, lease (ms), log entries kept, parked messages kept, number
-- of settled messages, then for each: lane, the message as it was taken, what became of it
-- (`delivered`, `retried`, `parked`, or '' for not tried), the message as it is tried again or as
-- it is parked ('' for a ping: nobody wants it again), when it is due (ms), log entry (JSON) or '';
-- then name and value of each fact about the endpoint's health that is new.
-- Returns: endpoint (JSON) or '' if it is gone, failures on end, now (ms), then the messages:
-- lane, message, data (JSON) or '' if it is no longer kept.

local site, endpoint, most, lease, log_kept, parked_kept, settled = unpack(ARGV, 1, 7)
local fresh, again = K.webhook_fresh(site, endpoint), K.webhook_again(site, endpoint)
local health, now = K.webhook_health(site, endpoint), now_ms()
local stored = redis.call('HGET', K.webhooks(site), endpoint)
if not stored then return { '', 0, now } end

local function since(message)
  return string.match(message, '^%S+ %S+ (%d+)')
end

-- The first message of a lane is done with; the next one was never tried.
local function advance(lane)
  redis.call('LPOP', K.webhook_lane(site, endpoint, lane))
  redis.call('HINCRBY', health, 'waiting', -1)
  redis.call('ZREM', again, lane)
  local next = redis.call('LINDEX', K.webhook_lane(site, endpoint, lane), 0)
  if next then redis.call('ZADD', fresh, since(next), lane) end
end

local function settle(lane, taken, outcome, later, due, entry)
  -- Another took it over when the lease ended: theirs is what counts.
  if redis.call('LINDEX', K.webhook_lane(site, endpoint, lane), 0) ~= taken then return end
  if outcome == 'delivered' then
    advance(lane)
  elseif outcome == 'parked' then
    advance(lane)
    if later ~= '' then
      redis.call('ZADD', K.webhook_parked(site, endpoint), now, later)
      redis.call('ZREMRANGEBYRANK', K.webhook_parked(site, endpoint), 0, -parked_kept - 1)
    end
  elseif outcome == 'retried' then
    redis.call('LSET', K.webhook_lane(site, endpoint, lane), 0, later)
    redis.call('ZADD', again, due, lane)
  else
    redis.call('ZADD', again, now, lane)
  end
  if entry ~= '' then
    redis.call('XADD', K.webhook_log(site, endpoint), 'MAXLEN', '~', log_kept, '*', 'attempt', entry)
    redis.call('HINCRBY', K.counters(), '["webhook_attempts",{"outcome":"' .. outcome .. '"}]', 1)
  end
end

local function data_of(message)
  local event, position = string.match(message, '^(%S+) (%S+)')
  if event == 'ping' then return '{}' end
  local stream, name = K.decisions(site), 'decision'
  if event == 'model.promoted' then stream, name = K.happenings(site), 'data' end
  local found = redis.call('XRANGE', stream, position, position)[1]
  if not found then return '' end
  for i = 1, #found[2], 2 do
    if found[2][i] == name then return found[2][i + 1] end
  end
  return ''
end

local function lanes_due()
  local lanes = redis.call('ZRANGEBYSCORE', again, '-inf', now, 'LIMIT', 0, most)
  if #lanes < tonumber(most) then
    for _, lane in ipairs(redis.call('ZRANGE', fresh, 0, most - #lanes - 1)) do
      table.insert(lanes, lane)
    end
  end
  return lanes
end

local at = 8
for _ = 1, settled do
  settle(unpack(ARGV, at, at + 5))
  at = at + 6
end
if at <= #ARGV then redis.call('HSET', health, unpack(ARGV, at)) end

local known = redis.call('HMGET', health, 'failures', 'paused_until_ms')
local answer = { stored, tonumber(known[1] or 0), now }
local is_disabled = cjson.decode(stored).disabled ~= ''
if most == '0' or is_disabled or tonumber(known[2] or 0) > now then return answer end
for _, lane in ipairs(lanes_due()) do
  redis.call('ZREM', fresh, lane)
  local message = redis.call('LINDEX', K.webhook_lane(site, endpoint, lane), 0)
  if message then
    redis.call('ZADD', again, now + lease, lane)
    table.insert(answer, lane)
    table.insert(answer, message)
    table.insert(answer, data_of(message))
  else
    redis.call('ZREM', again, lane)
  end
end
return answer
