-- Removes an endpoint with all that waits for it.
-- ARGV: site, endpoint. Returns: 1 if it was there, else 0.

local site, endpoint = unpack(ARGV)

for _, lanes in ipairs({ K.webhook_fresh(site, endpoint), K.webhook_again(site, endpoint) }) do
  for _, lane in ipairs(redis.call('ZRANGE', lanes, 0, -1)) do
    redis.call('DEL', K.webhook_lane(site, endpoint, lane))
  end
  redis.call('DEL', lanes)
end
redis.call('DEL', K.webhook_marks(site, endpoint), K.webhook_parked(site, endpoint),
  K.webhook_health(site, endpoint), K.webhook_log(site, endpoint))
return redis.call('HDEL', K.webhooks(site), endpoint)
