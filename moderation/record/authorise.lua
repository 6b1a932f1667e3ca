-- Whose keys these are, and whether they may make one more request in this rate window.
-- ARGV: requests allowed (0: any number), window (s), then for each request the SHA-256 of
-- its key. Returns for each request: site or '', requests left, seconds until the window
-- ends.

local limit, window_s = tonumber(ARGV[1]), tonumber(ARGV[2])

local function count(key_digest)
  if limit == 0 then return 0, 0 end
  local key = K.rate(key_digest)
  local made = redis.call('INCR', key)
  if made == 1 then redis.call('EXPIRE', key, window_s) end
  return limit - made, math.max(redis.call('TTL', key), 0)
end

local answers = {}
for i = 3, #ARGV do
  local site = redis.call('HGET', K.api_keys(), ARGV[i])
  if site then
    local left, ends_in = count(ARGV[i])
    table.insert(answers, { site, left, ends_in })
  else
    table.insert(answers, { '', 0, 0 })
  end
end
return answers
