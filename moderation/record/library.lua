-- What several scripts share. Stands between the key functions (`K`, made by keys.py) and
-- the body of each script.

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Sets the bell if it is unset; true says that the caller must enqueue a drain job. The
-- short expiry matters: a worker that dies between taking the job and clearing the bell
-- must not silence it.
local function ring()
  return redis.call('SET', K.bell(), '1', 'NX', 'PX', 2000) and true or false
end

-- Whose key this is, and one request off its rate window (`limit` 0: any number).
-- Returns: site or false, requests left, seconds until the window ends.
local function authorise(key_digest, limit, window_s)
  local site = redis.call('HGET', K.api_keys(), key_digest)
  if not site or limit == 0 then return site, 0, 0 end
  local key = K.rate(key_digest)
  local made = redis.call('INCR', key)
  if made == 1 then redis.call('EXPIRE', key, window_s) end
  return site, limit - made, math.max(redis.call('TTL', key), 0)
end

local function move_in_indexes(site, comment, fields, to)
  local from, article, author, sequence = fields[1], fields[3], fields[4], fields[5]
  if from == to then return end
  redis.call('ZREM', K.article(site, from, article), comment)
  redis.call('ZADD', K.article(site, to, article), sequence, comment)
  if from ~= 'pending' then
    redis.call('HINCRBY', K.author_counts(site, author), from, -1)
  end
  redis.call('HINCRBY', K.author_counts(site, author), to, 1)
  if from == 'held' then redis.call('ZREM', K.held(site), comment) end
  if to == 'held' then redis.call('ZADD', K.held(site), sequence, comment) end
end

-- One decision, or nothing: only the revision after the current one is written. Returns
-- 'decided', 'gone' (or broken beyond deciding) or 'conflict', and the revision that stands.
local function decide(site, comment, revision, status, decision, kept)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'sequence')
  local current = tonumber(fields[2] or nil)
  local whole = fields[1] and current and fields[3] and fields[4] and tonumber(fields[5] or nil)
  if not whole or fields[1] == 'erased' then return 'gone', 0 end
  if revision ~= current + 1 then return 'conflict', current end
  redis.call('HSET', key, 'status', status, 'revision', revision,
    'decision:' .. revision, decision)
  move_in_indexes(site, comment, fields, status)
  redis.call('XADD', K.decisions(site), 'MAXLEN', '~', kept, '*', 'decision', decision)
  return 'decided', revision
end
