-- Lets messages that were given up wait again.
-- ARGV: site, endpoint, since when they wait (ms), then for each: the message as it is parked
-- (JSON), its lane, the message.
-- Returns: how many were still parked.

local site, endpoint, now = unpack(ARGV, 1, 3)
local count = 0

for i = 4, #ARGV, 3 do
  local parked, lane, message = unpack(ARGV, i, i + 2)
  if redis.call('ZREM', K.webhook_parked(site, endpoint), parked) == 1 then
    await_delivery(site, endpoint, lane, message, now)
    count = count + 1
  end
end
return count
