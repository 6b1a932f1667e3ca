-- Whether somebody may try to sign in now. Counts the try before the password is looked
-- at, so that tries at the same time cannot slip past.
-- ARGV: first wait (ms), longest wait (ms), then for the name and for the address: digest,
-- tries without a wait. Returns: how long to wait (ms), 0 for go on.

local first_ms, most_ms, now = tonumber(ARGV[1]), tonumber(ARGV[2]), now_ms()

local wait_ms = 0
for i = 3, #ARGV, 2 do
  local waits_until = tonumber(redis.call('HGET', K.sign_in_tries(ARGV[i]), 'until') or 0)
  wait_ms = math.max(wait_ms, waits_until - now)
end
if wait_ms > 0 then return wait_ms end

for i = 3, #ARGV, 2 do
  local key, free = K.sign_in_tries(ARGV[i]), tonumber(ARGV[i + 1])
  local over = redis.call('HINCRBY', key, 'tries', 1) - free
  if over >= 0 then
    redis.call('HSET', key, 'until', now + math.min(first_ms * 2 ^ over, most_ms))
  end
  -- As long as the longest wait, so that a wait is never forgotten while it is on.
  redis.call('PEXPIRE', key, most_ms)
end
return 0
