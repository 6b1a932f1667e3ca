-- One turn of a drain, in one round trip: write the decisions of the last batch (each
-- compare-and-set), acknowledge its entries, answer its questions, and take the next batch
-- with all that deciding it needs.
-- ARGV: consumer, batch size, decisions kept, claim idle entries after (ms) or 0 for not
-- now, number of decisions, number of answers, number of metrics, number of entries that
-- this consumer already read, then for each
-- decision: lane, entry, site, comment, revision, status, decision (JSON);
-- answer: lane, entry, question, answer (JSON);
-- metric: counter, amount;
-- entry already read: lane, entry, site, comment or '', question or '', body or ''.
-- An empty decision only acknowledges its entry.
-- Returns: 1 if a helper must be called else 0, the number of decisions written, then the
-- entries: lane, entry, deliveries, question or '', and for a question its site and body,
-- for a comment site, comment, and its facts.

local consumer, batch, kept = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local claim_idle_ms = tonumber(ARGV[4])
local GROUP, ANSWER_TTL_S = 'workers', 60
local LANES = { 'live', 'bulk' } -- in the order of their right of way
local written, decided_sites, entries = 0, {}, {}
local at = 9

local function take(count)
  local taken = { unpack(ARGV, at, at + count - 1) }
  at = at + count
  return taken
end

local function acknowledge(lane, entry)
  redis.call('XACK', K.pending(lane), GROUP, entry)
  redis.call('XDEL', K.pending(lane), entry)
end

local function write_decisions(count)
  for _ = 1, count do
    local lane, entry, site, comment, revision, status, decision = unpack(take(7))
    if decision ~= '' then
      local outcome = decide(site, comment, tonumber(revision), status, decision, kept)
      if outcome == 'decided' then
        written = written + 1
        decided_sites[site] = true
      end
    end
    acknowledge(lane, entry)
  end
  for site in pairs(decided_sites) do redis.call('PUBLISH', K.decided(), site) end
end

local function write_answers(count)
  for _ = 1, count do
    local lane, entry, question, answer = unpack(take(4))
    redis.call('RPUSH', K.answer(question), answer)
    redis.call('EXPIRE', K.answer(question), ANSWER_TTL_S)
    acknowledge(lane, entry)
  end
end

local function write_metrics(count)
  for _ = 1, count do
    local counter, amount = unpack(take(2))
    redis.call('HINCRBYFLOAT', K.counters(), counter, amount)
  end
end

local function copies_before(site, author, sequence, text_digest)
  if text_digest == '' then return 0, 0 end
  local earlier = redis.call('ZRANGEBYSCORE', K.copies(site, text_digest),
    '-inf', '(' .. sequence, 'LIMIT', 0, 10)
  local by_author = 0
  for _, copy in ipairs(earlier) do
    if redis.call('HGET', K.comment(site, copy), 'author') == author then
      by_author = by_author + 1
    end
  end
  return #earlier, by_author
end

local function recent_by_author(site, author, comment, window_ms)
  local created_ms = redis.call('ZSCORE', K.author(site, author), comment)
  if not created_ms then return 0 end
  return redis.call('ZCOUNT', K.author(site, author),
    '(' .. (tonumber(created_ms) - window_ms), created_ms)
end

local function history(site, comment, author, sequence, copies, window_ms)
  local all, by_author = copies_before(site, author, sequence, copies or '')
  return {
    tonumber(redis.call('HGET', K.author_counts(site, author), 'approved')) or 0,
    recent_by_author(site, author, comment, window_ms),
    all, by_author,
  }
end

local function whole_number(text) return text and string.match(text, '^%d+$') end

-- `{ '' }` for a comment that is gone, or has nothing left that a decision could be written
-- to. Whatever else is broken in it leaves it without content: then it is held.
local function facts(site, comment)
  local fields = redis.call('HMGET', K.comment(site, comment), 'status', 'revision', 'article',
    'author', 'sequence', 'copies', 'accepted_ms', 'content')
  local status, revision, article, author, sequence, copies, accepted_ms, content =
    unpack(fields, 1, 8)
  local can_be_decided = status and article and author and content
    and whole_number(revision) and whole_number(sequence)
  if not can_be_decided then return { '' } end
  local policy = redis.call('HMGET', K.policy(site), 'version', 'flood_window_ms')
  local sound, counts = pcall(history, site, comment, author, sequence, copies,
    tonumber(policy[2]) or 60000)
  if not sound then content, counts = '', { 0, 0, 0, 0 } end
  return {
    status, revision, article, whole_number(accepted_ms) or '0', content,
    whole_number(policy[1]) or '0', unpack(counts),
  }
end

local function add(lane, entry, deliveries, fields)
  local site, question = fields.site or '', fields.question or ''
  local comment = fields.comment or ''
  if question ~= '' then
    table.insert(entries, { lane, entry, deliveries, question, site, fields.body or '' })
  else
    local sound, known = pcall(facts, site, comment)
    if not sound then known = { '' } end
    table.insert(entries, { lane, entry, deliveries, '', site, comment, known })
  end
end

local function add_message(lane, message, deliveries)
  local fields = {}
  for i = 1, #message[2], 2 do fields[message[2][i]] = message[2][i + 1] end
  add(lane, message[1], deliveries, fields)
end

local function add_already_read(count)
  for _ = 1, count do
    local lane, entry, site, comment, question, body = unpack(take(6))
    add(lane, entry, 1, { site = site, comment = comment, question = question, body = body })
  end
end

-- What a dead worker left. An entry that was already taken over once is tried alone: if it
-- is the one that kills workers, it takes no innocent one along.
local function claim(lane)
  local key = K.pending(lane)
  local left = redis.call('XPENDING', key, GROUP, 'IDLE', claim_idle_ms, '-', '+', batch)
  for _, entry in ipairs(left) do
    local id, deliveries = entry[1], tonumber(entry[4])
    local alone = deliveries > 1
    if alone and #entries > 0 then return end
    local claimed = redis.call('XCLAIM', key, GROUP, consumer, claim_idle_ms, id)
    if claimed[1] and claimed[1][2] then
      add_message(lane, claimed[1], deliveries + 1)
    else
      redis.call('XACK', key, GROUP, id)
    end
    if alone and #entries > 0 then return true end
  end
end

local function read(lane)
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', batch - #entries,
    'STREAMS', K.pending(lane), '>')
  if not reply then return end
  for _, message in ipairs(reply[1][2]) do add_message(lane, message, 1) end
end

local decisions, answers, metrics = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
write_decisions(decisions)
write_answers(answers)
write_metrics(metrics)
add_already_read(tonumber(ARGV[8]))

local function take_next()
  local alone = false
  if claim_idle_ms > 0 then
    for _, lane in ipairs(LANES) do alone = alone or claim(lane) end
  end
  if alone then return end
  if #entries < batch then read('live') end
  if #entries == 0 then read('bulk') end
end

if batch > 0 then take_next() end
local full = batch > 0 and #entries >= batch
return { full and ring() and 1 or 0, written, entries }
