-- Counts the comments of one kind that are held or labelled, compares, and mends if it may.
-- ARGV: '1' to mend else '0', site, kind, position in the decisions up to which the candidates
-- were gathered, decisions after it that may be looked at, then the candidates: every comment of
-- the kind that was held or labelled there.
-- Returns: 0 if the count is right, 1 if it is not, -1 if too much was decided since.

local may_mend, site, kind, position, most = ARGV[1] == '1', unpack(ARGV, 2, 5)
local FIRST = 6
local candidates = {}

local function gather()
  for i = FIRST, #ARGV do candidates[ARGV[i]] = true end
  local since = redis.call('XRANGE', K.decisions(site), '(' .. position, '+', 'COUNT', most + 1)
  for _, entry in ipairs(since) do
    local is_read, decision = pcall(cjson.decode, entry[2][2])
    if is_read and type(decision) == 'table' and decision.comment_id then
      candidates[decision.comment_id] = true
    end
  end
  return #since <= tonumber(most)
end

local function count()
  local found = 0
  for comment in pairs(candidates) do
    local its_kind, queued = unpack(redis.call('HMGET', K.comment(site, comment), 'kind', 'queued'))
    if its_kind == kind then
      if queued then found = found + 1 end
      if redis.call('ZSCORE', K.labelled(site), comment) then found = found + 1 end
    end
  end
  return found
end

if not gather() then return -1 end
local right = count()
if tonumber(redis.call('HGET', K.kinds(site), kind) or 0) == right then return 0 end
if may_mend then
  redis.call('HDEL', K.kinds(site), kind)
  count_kind(site, kind, right)
end
return 1
