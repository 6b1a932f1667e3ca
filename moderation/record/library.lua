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

-- A ranked value stands above 36 bits that order equal ones, the older comment first.
local RANK_STEP, VALUE_STEPS = 2 ^ 36, 10000

local function rank(value, sequence)
  return string.format('%.0f',
    math.floor(value * VALUE_STEPS + 0.5) * RANK_STEP + RANK_STEP - 1 - sequence)
end

local function rank_reports(site, comment)
  local sequence = tonumber(redis.call('HGET', K.comment(site, comment), 'sequence'))
  redis.call('ZADD', K.held(site, 'reports'),
    rank(redis.call('HLEN', K.reports(site, comment)), sequence), comment)
end

-- How many comments of a kind are held now or labelled: more of the same teach little.
local function count_kind(site, kind, amount)
  if not kind then return end
  if redis.call('HINCRBY', K.kinds(site), kind, amount) <= 0 then
    redis.call('HDEL', K.kinds(site), kind)
  end
end

local function leave_queue(site, comment)
  local key = K.comment(site, comment)
  local queued, kind = unpack(redis.call('HMGET', key, 'queued', 'kind'))
  for dimension in string.gmatch(queued or '', '[^\n]+') do
    redis.call('ZREM', K.held(site, dimension), comment)
  end
  if queued then count_kind(site, kind, -1) end
  redis.call('HDEL', key, 'queued')
end

-- How new a comment's kind is, in (0, 1]: a second label of a kind teaches less than the first.
local function diversity(site, comment, place)
  local key = K.comment(site, comment)
  if (place.kind or '') ~= '' then redis.call('HSET', key, 'kind', place.kind) end
  local kind = redis.call('HGET', key, 'kind')
  local others = kind and redis.call('HGET', K.kinds(site), kind) or 0
  count_kind(site, kind, 1)
  return 1 / (1 + tonumber(others))
end

-- A person's verdict stands: a label.
local function add_label(site, comment)
  local is_new = redis.call('ZADD', K.labelled(site), string.format('%.0f', now_ms()), comment)
  if is_new == 1 then count_kind(site, redis.call('HGET', K.comment(site, comment), 'kind'), 1) end
end

local function remove_label(site, comment)
  local was_there = redis.call('ZREM', K.labelled(site), comment) == 1
  if was_there then
    count_kind(site, redis.call('HGET', K.comment(site, comment), 'kind'), -1)
  end
end

-- Sampled comments wait in the order in which they were accepted. What nobody looks at goes:
-- the oldest, as if it had never been drawn.
local function await_review(site, comment, sequence)
  local KEPT = 5000
  redis.call('ZADD', K.review(site), sequence, comment)
  if redis.call('ZCARD', K.review(site)) <= KEPT then return end
  local oldest = redis.call('ZPOPMIN', K.review(site))[1]
  redis.call('HDEL', K.comment(site, oldest), 'sampled')
end

-- `place` (JSON) of an approved comment: that it was drawn by lot, and of how large a share.
local function draw(site, comment, sequence, place)
  redis.call('HSET', K.comment(site, comment), 'sampled', cjson.decode(place).drawn)
  await_review(site, comment, sequence)
end

-- Any further decision takes a comment off the review. One that readers report is looked at
-- for that, drawn or not: it stands for itself alone.
local function leave_review(site, comment, source)
  if redis.call('ZREM', K.review(site), comment) == 1 and source == 'report' then
    redis.call('HDEL', K.comment(site, comment), 'sampled')
  end
end

-- `place` (JSON): what triage.py says; age, time and reports are known here.
local function join_queue(site, comment, sequence, place)
  local key, dimensions = K.comment(site, comment), {}
  local function add(dimension, value)
    redis.call('ZADD', K.held(site, dimension), value, comment)
    table.insert(dimensions, dimension)
  end
  local told = place ~= '' and cjson.decode(place) or { ranked = {}, plain = {} }
  for dimension, value in pairs(told.ranked) do add(dimension, rank(value, sequence)) end
  for dimension, value in pairs(told.plain) do add(dimension, value) end
  add('diversity', rank(diversity(site, comment, told), sequence))
  redis.call('HSETNX', key, 'held_ms', string.format('%.0f', now_ms()))
  add('age', sequence)
  add('since', redis.call('HGET', key, 'held_ms'))
  table.insert(dimensions, 'reports')
  rank_reports(site, comment)
  redis.call('SADD', K.held_dimensions(site), unpack(dimensions))
  redis.call('HSET', key, 'queued', table.concat(dimensions, '\n'))
end

-- Adds a whole number to a figure of this day.
local function count_today(site, figure, amount)
  local DAY_MS, KEPT_S = 86400000, 400 * 86400
  local key = K.daily(site, string.format('%.0f', math.floor(now_ms() / DAY_MS)))
  if redis.call('HINCRBY', key, figure, amount) == amount then
    redis.call('EXPIRE', key, KEPT_S)
  end
end

local function move_in_indexes(site, comment, fields, to, place)
  local from, article, author, sequence = fields[1], fields[3], fields[4], fields[5]
  if from == 'held' then leave_queue(site, comment) end
  if to == 'held' then join_queue(site, comment, tonumber(sequence), place) end
  if from == to then return end
  redis.call('ZREM', K.article(site, from, article), comment)
  redis.call('ZADD', K.article(site, to, article), sequence, comment)
  if from ~= 'pending' then
    redis.call('HINCRBY', K.author_counts(site, author), from, -1)
  end
  redis.call('HINCRBY', K.author_counts(site, author), to, 1)
end

-- One decision, or nothing: only the revision after the current one is written. Returns
-- 'decided', 'gone' (or broken beyond deciding) or 'conflict', and the revision that stands.
-- `place` (JSON): where a held comment stands in the queue, or that an approved one was drawn.
local function decide(site, comment, revision, status, decision, kept, place)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'sequence')
  local current = tonumber(fields[2] or nil)
  local whole = fields[1] and current and fields[3] and fields[4] and tonumber(fields[5] or nil)
  if not whole or fields[1] == 'erased' then return 'gone', 0 end
  if revision ~= current + 1 then return 'conflict', current end
  redis.call('HSET', key, 'status', status, 'revision', revision,
    'decision:' .. revision, decision)
  move_in_indexes(site, comment, fields, status, place)
  -- Inside a JSON string each quote is escaped: the first match is the decision's own.
  local source = string.match(decision, '"source":"(%l+)"')
  if current > 0 then leave_review(site, comment, source) end
  if status == 'approved' and place ~= '' then draw(site, comment, fields[5], place) end
  redis.call('XADD', K.decisions(site), 'MAXLEN', '~', kept, '*', 'decision', decision)
  count_today(site, 'decided|' .. (source or '?') .. '|' .. status, 1)
  return 'decided', revision
end

local function filter_key(site, kind, name)
  if kind == 'article' then return K.article(site, 'held', name) end
  if kind == 'author' then return K.author(site, name) end
  return K.held(site, name)
end

-- Filters stand in ARGV from some place on, each as kind (held, article, author), name, least
-- and most, which both belong to it, or ''. The one that fewest comments have comes first.
local function read_filters(site, from)
  local filters = {}
  for i = from, #ARGV, 4 do
    local filter = { key = filter_key(site, ARGV[i], ARGV[i + 1]),
      least = tonumber(ARGV[i + 2]), most = tonumber(ARGV[i + 3]) }
    filter.from, filter.to = filter.least or '-inf', filter.most or '+inf'
    filter.size = redis.call('ZCOUNT', filter.key, filter.from, filter.to)
    table.insert(filters, filter)
  end
  table.sort(filters, function(a, b) return a.size < b.size end)
  return filters
end

local function members(filter, skipped, count)
  return redis.call('ZRANGEBYSCORE', filter.key, filter.from, filter.to,
    'LIMIT', skipped, count)
end

-- The values of some comments in a sorted set, `false` for those that are not in it.
local function values_in(key, comments)
  if #comments == 0 then return {} end
  return redis.call('ZMSCORE', key, unpack(comments))
end

-- Those of some comments that pass the filters from the `first` on, in the same order.
local function passing(filters, first, comments)
  for i = first, #filters do
    local filter, left = filters[i], {}
    local values = values_in(filter.key, comments)
    for j, comment in ipairs(comments) do
      local value = tonumber(values[j] or nil)
      if value and value >= (filter.least or value) and value <= (filter.most or value) then
        table.insert(left, comment)
      end
    end
    comments = left
  end
  return comments
end

-- Lets a message wait for a webhook endpoint, behind those of its lane.
local function await_delivery(site, endpoint, lane, message, since)
  if redis.call('RPUSH', K.webhook_lane(site, endpoint, lane), message) == 1 then
    redis.call('ZADD', K.webhook_fresh(site, endpoint), since, lane)
  end
  redis.call('HINCRBY', K.webhook_health(site, endpoint), 'waiting', 1)
end
