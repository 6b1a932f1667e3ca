-- One turn of a drain, in one round trip: write the decisions of the last batch (each
-- compare-and-set), answer its questions, acknowledge its entries, and take the next batch.
-- ARGV: consumer, batch size (0: take none), decisions kept, claim idle entries after (ms) or
-- 0 for not now, number of decisions, number of answers, number of metrics, then for each
-- decision: lane, entry, site, comment, revision, status, decision (JSON), place (JSON): in
-- the queue if it is held, that it was drawn for review if it is approved, or ''; the content
-- and the decision packed, or '';
-- answer: lane, entry, question, answer (JSON);
-- metric: counter, amount.
-- An empty decision only acknowledges its entry.
-- Returns: 1 if a helper must be called else 0, the number of decisions written, then the
-- entries: lane, entry, deliveries, fields (name, value, …).

local consumer, batch, kept = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local claim_idle_ms = tonumber(ARGV[4])
local GROUP, ANSWER_TTL_S, BULK_BATCH = 'workers', 60, 24
-- What questions are settled under: only comments count as waiting.
local NO_SITE = ''
local written, decided_sites, entries = 0, {}, {}
local settled = { live = {}, bulk = {} } -- lane → site → entries
local at = 8

local function take(count)
  local taken = { unpack(ARGV, at, at + count - 1) }
  at = at + count
  return taken
end

local function settle(lane, site, entry)
  settled[lane][site] = settled[lane][site] or {}
  table.insert(settled[lane][site], entry)
end

local function write_decisions(count)
  for _ = 1, count do
    local lane, entry, site, comment, revision, status, decision, place, packed =
      unpack(take(9))
    if decision ~= '' then
      -- What somebody else broke in one comment must not stop the rest.
      local sound, outcome =
        pcall(decide, site, comment, tonumber(revision), status, decision, kept, place, packed)
      if sound and outcome == 'decided' then
        written = written + 1
        decided_sites[site] = true
      end
      pcall(redis.call, 'HDEL', K.comment(site, comment), 'entry', 'lane')
    end
    settle(lane, site, entry)
  end
  for site in pairs(decided_sites) do redis.call('PUBLISH', K.decided(), site) end
end

local function write_answers(count)
  for _ = 1, count do
    local lane, entry, question, answer = unpack(take(4))
    redis.call('RPUSH', K.answer(question), answer)
    redis.call('EXPIRE', K.answer(question), ANSWER_TTL_S)
    settle(lane, NO_SITE, entry)
  end
end

local function write_metrics(count)
  for _ = 1, count do
    local counter, amount = unpack(take(2))
    redis.call('HINCRBYFLOAT', K.counters(), counter, amount)
  end
end

local function acknowledge()
  for lane, sites in pairs(settled) do
    for site, done in pairs(sites) do
      redis.call('XACK', K.pending(lane), GROUP, unpack(done))
      local gone = redis.call('XDEL', K.pending(lane), unpack(done))
      if site ~= NO_SITE then count_waiting(site, -gone) end
    end
  end
end

local function add(lane, message, deliveries)
  table.insert(entries, { lane, message[1], deliveries, message[2] })
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
      add(lane, claimed[1], deliveries + 1)
    else
      redis.call('XACK', key, GROUP, id)
    end
    if alone and #entries > 0 then return true end
  end
end

local function read(lane, count)
  local reply = redis.call('XREADGROUP', 'GROUP', GROUP, consumer, 'COUNT', count,
    'STREAMS', K.pending(lane), '>')
  if not reply then return end
  for _, message in ipairs(reply[1][2]) do add(lane, message, 1) end
end

-- Live comments go first; bulk ones only when no live one waits, and few at a time: the next
-- live one waits until they are done.
local function take_next()
  if claim_idle_ms > 0 and (claim('live') or claim('bulk')) then return end
  if #entries < batch then read('live', batch - #entries) end
  if #entries == 0 then read('bulk', math.min(batch, BULK_BATCH)) end
end

write_decisions(tonumber(ARGV[5]))
write_answers(tonumber(ARGV[6]))
write_metrics(tonumber(ARGV[7]))
acknowledge()
if batch > 0 then take_next() end
local full = batch > 0 and #entries >= math.min(batch, BULK_BATCH)
return { full and ring() and 1 or 0, written, entries }
