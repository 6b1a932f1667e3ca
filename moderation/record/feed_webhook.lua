-- Lets messages wait for an endpoint, if nobody did so before.
-- ARGV: site, endpoint, mark that moves (`decisions`, `happenings` or a replay's), where it is
-- expected, where it goes ('': it ends), since when they wait (ms), then for each message: its
-- lane and the message.
-- Returns: 1, or 0 if the mark was elsewhere.

local site, endpoint, mark, expected, new, now = unpack(ARGV, 1, 6)
local FIRST = 7

if redis.call('HGET', K.webhook_marks(site, endpoint), mark) ~= expected then return 0 end
if new == '' then
  redis.call('HDEL', K.webhook_marks(site, endpoint), mark)
else
  redis.call('HSET', K.webhook_marks(site, endpoint), mark, new)
end
for i = FIRST, #ARGV, 2 do await_delivery(site, endpoint, ARGV[i], ARGV[i + 1], now) end
return 1
