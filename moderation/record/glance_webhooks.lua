-- Which endpoints have something to do.
-- ARGV: messages that may wait for an endpoint, lanes never tried that may, then for each: site,
-- endpoint.
-- Returns: for each 1 if it is to be fed, else 0; how many lanes may be served now; how often it
-- failed on end.

local most, most_fresh, answer = tonumber(ARGV[1]), tonumber(ARGV[2]), {}

local function last(stream)
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return newest and newest[1] or '0-0'
end

for i = 3, #ARGV, 2 do
  local site, endpoint = ARGV[i], ARGV[i + 1]
  local streams = { decisions = K.decisions(site), happenings = K.happenings(site) }
  local health = redis.call('HMGET', K.webhook_health(site, endpoint), 'waiting',
    'paused_until_ms', 'failures')
  local marks, behind, due = redis.call('HGETALL', K.webhook_marks(site, endpoint)), 0, 0
  for j = 1, #marks, 2 do
    local name, position = marks[j], marks[j + 1]
    if not streams[name] or position ~= last(streams[name]) then behind = 1 end
  end
  local fresh = redis.call('ZCARD', K.webhook_fresh(site, endpoint))
  if tonumber(health[1] or 0) >= most or fresh >= most_fresh then behind = 0 end
  if tonumber(health[2] or 0) <= now_ms() then
    due = fresh + redis.call('ZCOUNT', K.webhook_again(site, endpoint), '-inf', now_ms())
  end
  table.insert(answer, behind)
  table.insert(answer, due)
  table.insert(answer, tonumber(health[3] or 0))
end
return answer
