-- What several scripts share. Stands between the key functions (`K`, made by keys.py) and
-- the body of each script.

local DAY_MS = 86400000

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

-- What is kept of an API key (moderation/api_keys.py), and the site that it belongs to; nil
-- for none that is good now. A key made before there were scopes is its site alone.
local function good_key(key_digest)
  local stored = redis.call('HGET', K.api_keys(), key_digest)
  if not stored or stored:sub(1, 1) ~= '{' then return stored or nil, stored end
  local key = cjson.decode(stored)
  if key.expires_ms and now_ms() >= key.expires_ms then return nil end
  return stored, key.site
end

-- When a key was last used is kept to the minute: a write a minute, not one a request. Asked
-- for where a rate window begins; where there are none, with each request.
local function note_use(key_digest)
  local now, noted = now_ms(), redis.call('HGET', K.api_key_uses(), key_digest)
  if now - (tonumber(noted) or 0) >= 60000 then
    redis.call('HSET', K.api_key_uses(), key_digest, now)
  end
end

-- One request off a rate window: that of a key, or of what has none. Its own bound counts, else
-- its site's, else `limit`; 0: any number. A key's id is the beginning of its digest.
-- Returns: requests left, seconds until the window ends, requests allowed.
local function spend(digest, site, limit, window_s)
  local own = redis.call('HMGET', K.rate_limits(), 'key:' .. digest:sub(1, 12), 'site:' .. site)
  local allowed = tonumber(own[1] or own[2] or limit)
  if allowed == 0 then return 0, 0, 0 end
  local key = K.rate(digest)
  local made = redis.call('INCR', key)
  if made == 1 then redis.call('EXPIRE', key, window_s) end
  return allowed - made, math.max(redis.call('TTL', key), 0), allowed
end

-- Whose key this is, and one request off its rate window (`limit` 0: any number).
-- Returns: what is kept of it or false, its site, and what `spend` returns.
local function authorise(key_digest, limit, window_s)
  local stored, site = good_key(key_digest)
  if not stored then return false, '', 0, 0, 0 end
  local left, ends_in, allowed = spend(key_digest, site, limit, window_s)
  if allowed == 0 or left == allowed - 1 then note_use(key_digest) end
  return stored, site, left, ends_in, allowed
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

-- Comments with the same text are remembered for a day of UTC and the next. Those of a day lie
-- in many small hashes: a key for each text would take three times the memory.
local function place_of_copies(site, text_digest, days_ago)
  local day = math.floor(now_ms() / DAY_MS) - days_ago
  return K.copies(site, string.format('%.0f', day), string.sub(text_digest, 1, 4)),
    string.sub(text_digest, 5), string.format('%.0f', (day + 2) * DAY_MS)
end

local function copies_of(site, text_digest, days_ago)
  local key, field = place_of_copies(site, text_digest, days_ago)
  local written = redis.call('HGET', key, field)
  return written and cjson.decode(written) or {}
end

local function write_copies(site, text_digest, days_ago, copies)
  local key, field, until_ms = place_of_copies(site, text_digest, days_ago)
  if #copies == 0 then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, cjson.encode(copies))
    redis.call('PEXPIREAT', key, until_ms)
  end
end

local function forget_copy(site, text_digest, comment)
  for days_ago = 0, 1 do
    local left, before = {}, copies_of(site, text_digest, days_ago)
    for _, copy in ipairs(before) do
      if copy ~= comment then table.insert(left, copy) end
    end
    if #left < #before then write_copies(site, text_digest, days_ago, left) end
  end
end

-- Ids that comments had which retention took out: 64 bits of a digest each, as whole numbers in
-- small sets, where they take eight bytes.
local function place_of_retired(site, comment)
  local digest = redis.sha1hex(comment)
  return K.retired(site, string.sub(digest, 1, 4)),
    string.format('%.0f', tonumber(string.sub(digest, 5, 16), 16))
end

local function note_retired(site, comment)
  redis.call('SADD', place_of_retired(site, comment))
  redis.call('HSET', K.upkeep(), 'retired:' .. site, 1)
end

local function is_retired(site, comment)
  -- Most sites keep all: there nothing is digested.
  return redis.call('HEXISTS', K.upkeep(), 'retired:' .. site) == 1
    and redis.call('SISMEMBER', place_of_retired(site, comment)) == 1
end

-- That something was erased: it is still in the server's files until they are rewritten.
local function note_erasures(count)
  if count > 0 then redis.call('HINCRBY', K.upkeep(), 'erased', count) end
end

-- How many comments of a site stand in a pending stream, so that no site fills them alone.
local function count_waiting(site, amount)
  if redis.call('HINCRBY', K.waiting(), site, amount) <= 0 then
    redis.call('HDEL', K.waiting(), site)
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
  local KEPT_S = 400 * 86400
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
-- `packed`: the comment's content and this decision in one, to take the place of both; or ''.
local function decide(site, comment, revision, status, decision, kept, place, packed)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'sequence')
  local current = tonumber(fields[2] or nil)
  local whole = fields[1] and current and fields[3] and fields[4] and tonumber(fields[5] or nil)
  if not whole or fields[1] == 'erased' then return 'gone', 0 end
  if revision ~= current + 1 then return 'conflict', current end
  redis.call('HSET', key, 'status', status, 'revision', revision)
  if packed ~= '' then
    redis.call('HDEL', key, 'content')
    redis.call('HSET', key, 'packed', packed)
  else
    redis.call('HSET', key, 'decision:' .. revision, decision)
  end
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
