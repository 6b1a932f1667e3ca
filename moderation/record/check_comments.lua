-- Compares comments with every index that must name them, and mends the indexes if it may.
-- ARGV: '1' to mend else '0', site, dimensions that every held comment has (each on a line),
-- then for each comment what was read of it: id, revision, status that its last decision gives
-- it, created (ms), '1' if a person's verdict stands else '0', place in the queue (JSON) or ''.
-- Returns for each fault: comment, what is wrong, 1 if it is mended now else 0. What is wrong is
-- `moved` with a comment that was decided or erased since it was read: nothing is said of it.

local may_mend, site, required = ARGV[1] == '1', ARGV[2], ARGV[3]
local FIRST, EACH = 4, 6
local faults = {}

local function fault(comment, check, mend)
  if may_mend and mend then mend() end
  table.insert(faults, comment)
  table.insert(faults, check)
  table.insert(faults, may_mend and mend and 1 or 0)
end

local function check_status(one)
  if one.status == one.expected then return end
  fault(one.id, 'status', function()
    redis.call('ZREM', K.article(site, one.status, one.article), one.id)
    redis.call('HSET', one.key, 'status', one.expected)
    one.status = one.expected
  end)
end

local function check_article(one)
  local key = K.article(site, one.status, one.article)
  if tonumber(redis.call('ZSCORE', key, one.id) or nil) ~= one.sequence then
    fault(one.id, 'article', function() redis.call('ZADD', key, one.sequence, one.id) end)
  end
end

local function check_author(one)
  local key = K.author(site, one.author)
  if not redis.call('ZSCORE', key, one.id) then
    fault(one.id, 'author', function() redis.call('ZADD', key, one.created_ms, one.id) end)
  end
end

local function check_sequence(one)
  if tonumber(redis.call('GET', K.sequence(site)) or 0) < one.sequence then
    fault(one.id, 'sequence', function()
      redis.call('SET', K.sequence(site), string.format('%.0f', one.sequence))
    end)
  end
end

local function stands_at(one, dimension, value)
  return tonumber(redis.call('ZSCORE', K.held(site, dimension), one.id) or nil) == tonumber(value)
end

local function is_queued(one)
  local listed = {}
  for dimension in string.gmatch(one.queued or '', '[^\n]+') do
    listed[dimension] = true
    if not redis.call('ZSCORE', K.held(site, dimension), one.id) then return false end
    if redis.call('SISMEMBER', K.held_dimensions(site), dimension) == 0 then return false end
  end
  for dimension in string.gmatch(required, '[^\n]+') do
    if not listed[dimension] then return false end
  end
  local reports = redis.call('HLEN', K.reports(site, one.id))
  return stands_at(one, 'age', one.sequence) and stands_at(one, 'since', one.held_ms)
    and stands_at(one, 'reports', rank(reports, one.sequence))
end

local function check_held(one)
  if one.status == 'held' and not is_queued(one) then
    fault(one.id, 'held', function()
      leave_queue(site, one.id)
      join_queue(site, one.id, one.sequence, one.place)
    end)
  elseif one.status ~= 'held' and one.queued then
    fault(one.id, 'held', function() leave_queue(site, one.id) end)
  end
end

local function check_labelled(one)
  local is_labelled = redis.call('ZSCORE', K.labelled(site), one.id)
  if one.has_verdict and not is_labelled then
    fault(one.id, 'labelled', function() add_label(site, one.id) end)
  elseif is_labelled and not one.has_verdict then
    fault(one.id, 'labelled', function() remove_label(site, one.id) end)
  end
end

local function check_review(one)
  local waits = redis.call('ZSCORE', K.review(site), one.id)
  local should = one.status == 'approved' and one.sampled and not one.has_verdict
  if should and not waits then
    fault(one.id, 'review', function() await_review(site, one.id, one.sequence) end)
  elseif waits and not should then
    fault(one.id, 'review', function() redis.call('ZREM', K.review(site), one.id) end)
  end
end

local function is_waited_for(one)
  if not one.entry or not (one.lane == 'live' or one.lane == 'bulk') then return false end
  return #redis.call('XRANGE', K.pending(one.lane), one.entry, one.entry) == 1
end

-- Without the facts that its rules ask for, a comment that is queued again will be held.
local function queue_again(one)
  local lane = one.lane == 'bulk' and 'bulk' or 'live'
  local entry = redis.call('XADD', K.pending(lane), '*', 'site', site, 'comment', one.id,
    'article', one.article, 'accepted_ms', string.format('%.0f', now_ms()),
    'policy', redis.call('HGET', K.policy(site), 'version') or 0, 'facts', '',
    'content', redis.call('HGET', one.key, 'content') or '')
  count_waiting(site, 1)
  redis.call('HSET', one.key, 'entry', entry, 'lane', lane)
end

local function check_waiting(one)
  if one.status == 'pending' and not is_waited_for(one) then
    fault(one.id, 'waiting', function() queue_again(one) end)
  end
end

local CHECKS = { check_status, check_article, check_author, check_sequence, check_held,
  check_labelled, check_review, check_waiting }

local function read(id, revision, expected, created_ms, has_verdict, place)
  local one = { id = id, key = K.comment(site, id), expected = expected,
    created_ms = created_ms, has_verdict = has_verdict == '1', place = place }
  local fields = redis.call('HMGET', one.key, 'status', 'revision', 'article', 'author',
    'sequence', 'queued', 'held_ms', 'sampled', 'entry', 'lane')
  one.status, one.revision, one.article, one.author = unpack(fields, 1, 4)
  one.sequence, one.queued, one.held_ms = tonumber(fields[5] or nil), fields[6], fields[7]
  one.sampled, one.entry, one.lane = unpack(fields, 8, 10)
  one.has_moved = one.status == 'erased' or one.revision ~= revision
  return one
end

local function check(id, ...)
  local one = read(id, ...)
  if one.has_moved then return fault(id, 'moved') end
  if not one.sequence then return fault(id, 'record') end
  for _, compare in ipairs(CHECKS) do compare(one) end
end

for first = FIRST, #ARGV, EACH do
  -- A key of the wrong type must not hide the other comments.
  if not pcall(check, unpack(ARGV, first, first + EACH - 1)) then fault(ARGV[first], 'record') end
end
return faults
