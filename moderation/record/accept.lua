-- Accepts comments, each all or nothing: the key that posts it, repeat check, parent check,
-- record, indexes, pending entry; and rings the bell once.
-- ARGV: idempotency time to live (s), requests allowed to a key (0: any number), rate window
-- (s), flood window (ms) of a site without a policy, then for each comment: SHA-256 of the key
-- that posts it or '' if it is authorised already, site, lane, id, digest, idempotency key's
-- digest or '', article, author, parent or '', created (ms), digest of the bare text or '',
-- content (JSON).
-- Returns: 1 if a drain job must be enqueued else 0, then for each comment its outcome
-- (accepted, repeat, conflict, erased, retired, closed, unknown_parent, unauthorised, limited),
-- the id that it concerns, requests left to its key, seconds until the rate window ends, and
-- requests allowed.

local idempotency_ttl = ARGV[1]
local limit, window_s = tonumber(ARGV[2]), tonumber(ARGV[3])
local usual_flood_window_ms = tonumber(ARGV[4])
local ARGUMENTS_BEFORE, ARGUMENTS_EACH, COPIES_LOOKED_AT = 4, 12, 10
local accepted_ms = now_ms()
local outcomes, accepted = { 0 }, 0

-- Schema 1 wrote longer digests.
local function is_same(known, digest)
  return known and string.sub(known, 1, #digest) == digest
end

local function earlier(site, id, digest, idempotency_key)
  local known
  if idempotency_key ~= '' then
    known = redis.call('HMGET', K.idempotency(site, idempotency_key), 'comment', 'digest')
    if known[1] then
      return is_same(known[2], digest) and 'repeat' or 'conflict', known[1]
    end
  end
  known = redis.call('HMGET', K.comment(site, id), 'status', 'digest')
  if not known[1] then return is_retired(site, id) and 'retired' or nil, id end
  if known[1] == 'erased' then return 'erased', id end
  return is_same(known[2], digest) and 'repeat' or 'conflict', id
end

local function parent_is_known(site, parent, article)
  return parent == '' or redis.call('HGET', K.comment(site, parent), 'article') == article
    or is_retired(site, parent)
end

-- How many earlier comments have the same text, and how many of them are by the same author.
local function count_copies(site, author, earlier)
  local by_author = 0
  for _, copy in ipairs(earlier) do
    if redis.call('HGET', K.comment(site, copy), 'author') == author then
      by_author = by_author + 1
    end
  end
  return #earlier, by_author
end

-- The same after remembering this one among those of today.
local function remember_copy(site, id, author, text_digest)
  if text_digest == '' then return 0, 0 end
  local today, earlier = copies_of(site, text_digest, 0), copies_of(site, text_digest, 1)
  for _, copy in ipairs(today) do table.insert(earlier, copy) end
  if #earlier < COPIES_LOOKED_AT then
    table.insert(today, id)
    write_copies(site, text_digest, 0, today)
  end
  return count_copies(site, author, earlier)
end

local function recent_by_author(site, author, created_ms, window_ms)
  return redis.call('ZCOUNT', K.author(site, author),
    '(' .. (tonumber(created_ms) - (tonumber(window_ms) or usual_flood_window_ms)), created_ms)
end

-- What the site's rules ask about a comment besides its text.
local function gather_facts(site, id, author, created_ms, window_ms, text_digest)
  local copies, copies_by_author = remember_copy(site, id, author, text_digest)
  return table.concat({
    redis.call('HGET', K.author_counts(site, author), 'approved') or 0,
    recent_by_author(site, author, created_ms, window_ms),
    copies, copies_by_author,
  }, ' ')
end

-- The pending entry carries all that deciding the comment needs, so that a worker decides
-- what it has read without asking again.
local function store(site, lane, id, digest, idempotency_key, article, author, created_ms,
    text_digest, content)
  local sequence = redis.call('INCR', K.sequence(site))
  redis.call('ZADD', K.author(site, author), created_ms, id)
  local policy = redis.call('HMGET', K.policy(site), 'version', 'flood_window_ms')
  local sound, facts =
    pcall(gather_facts, site, id, author, created_ms, policy[2], text_digest)
  if not sound then facts = '' end -- then it is held
  local entry = redis.call('XADD', K.pending(lane), '*', 'site', site, 'comment', id,
    'article', article, 'accepted_ms', accepted_ms, 'policy', policy[1] or 0,
    'facts', facts, 'content', content)
  count_waiting(site, 1)
  redis.call('HSET', K.comment(site, id), 'content', content, 'status', 'pending',
    'revision', 0, 'article', article, 'author', author, 'sequence', sequence,
    'digest', digest, 'copies', text_digest, 'entry', entry, 'lane', lane)
  redis.call('ZADD', K.article(site, 'pending', article), sequence, id)
  if idempotency_key ~= '' then
    local key = K.idempotency(site, idempotency_key)
    redis.call('HSET', key, 'comment', id, 'digest', digest)
    redis.call('EXPIRE', key, idempotency_ttl)
  end
end

local function refused(key_digest, site)
  if key_digest == '' then return nil, 0, 0, 0 end
  local stored, owner, left, ends_in, allowed = authorise(key_digest, limit, window_s)
  if not stored or owner ~= site then return 'unauthorised', 0, 0, 0 end
  return left < 0 and 'limited' or nil, left, ends_in, allowed
end

for first = ARGUMENTS_BEFORE + 1, #ARGV, ARGUMENTS_EACH do
  local key_digest, site, lane, id, digest, idempotency_key, article, author, parent,
    created_ms, text_digest, content = unpack(ARGV, first, first + ARGUMENTS_EACH - 1)
  local concerned = id
  local outcome, left, ends_in, allowed = refused(key_digest, site)
  if not outcome then
    outcome, concerned = earlier(site, id, digest, idempotency_key)
  end
  if not outcome and redis.call('SISMEMBER', K.closed(site), article) == 1 then
    outcome = 'closed'
  end
  if not outcome and not parent_is_known(site, parent, article) then
    outcome = 'unknown_parent'
  end
  if not outcome then
    store(site, lane, id, digest, idempotency_key, article, author, created_ms, text_digest,
      content)
    outcome, accepted = 'accepted', accepted + 1
  end
  table.insert(outcomes, outcome)
  table.insert(outcomes, concerned or id)
  table.insert(outcomes, left)
  table.insert(outcomes, ends_in)
  table.insert(outcomes, allowed)
end

if accepted > 0 and ring() then outcomes[1] = 1 end
return outcomes
