-- Compares indexes with the comments that they name, and takes out what does not belong there.
-- ARGV: '1' to mend else '0', members that may be looked at now, then for each index: site, kind,
-- name, number of members that follow ('': it reads all of them itself), members.
-- Returns for each index: how many members were looked at, -1 if there are too many to do so at
-- once, -2 if it cannot be read, -3 if it is for another time; how many of them do not belong
-- there, and those.

local may_mend, most = ARGV[1] == '1', tonumber(ARGV[2])
local FIRST, TOO_MANY, UNREADABLE, LATER = 3, -1, -2, -3
local left = most

local function fields_of(site, comment, ...)
  local fields = redis.call('HMGET', K.comment(site, comment), 'status', ...)
  if fields[1] == 'erased' then return nil end
  return unpack(fields)
end

local function is_there(site, _, comment)
  return fields_of(site, comment)
end

local function is_of_article(site, name, comment)
  local index_status, article = string.match(name, '^(%l+):(.*)$')
  local status, its_article = fields_of(site, comment, 'article')
  return status == index_status and its_article == article
end

local function is_of_author(site, author, comment)
  local _, its_author = fields_of(site, comment, 'author')
  return its_author == author
end

local function is_held(site, dimension, comment)
  local _, queued = fields_of(site, comment, 'queued')
  return queued and string.find('\n' .. queued .. '\n', '\n' .. dimension .. '\n', 1, true)
end

local function is_right_doubt(site, _, reference)
  local comment = string.match(reference, '^c:(.*)$')
  return not comment or fields_of(site, comment)
end

local function article_key(site, name) return K.article(site, string.match(name, '^(%l+):(.*)$')) end

local KINDS = {
  article = { key = article_key, type = 'zset', belongs = is_of_article },
  author = { key = K.author, type = 'zset', belongs = is_of_author },
  held = { key = K.held, type = 'zset', belongs = is_held },
  labelled = { key = K.labelled, type = 'zset', belongs = is_there },
  review = { key = K.review, type = 'zset', belongs = is_there },
  opinions = { key = K.opinions, type = 'hash', belongs = is_there },
  doubts = { key = K.doubts, type = 'hash', belongs = is_right_doubt },
  dismissed_doubts = { key = K.dismissed_doubts, type = 'hash', belongs = is_right_doubt },
  reports = { key = K.reports, type = 'whole', belongs = is_there },
  claim = { key = K.claim, type = 'whole', belongs = is_there },
}

local TYPES = {
  zset = {
    size = function(key) return redis.call('ZCARD', key) end,
    members = function(key) return redis.call('ZRANGE', key, 0, -1) end,
    remove = function(key, member) redis.call('ZREM', key, member) end,
    has = function(key, member) return redis.call('ZSCORE', key, member) end,
  },
  hash = {
    size = function(key) return redis.call('HLEN', key) end,
    members = function(key) return redis.call('HKEYS', key) end,
    remove = function(key, member) redis.call('HDEL', key, member) end,
    has = function(key, member) return redis.call('HEXISTS', key, member) == 1 end,
  },
  -- A key of its own for each comment, which is its name.
  whole = {
    size = function() return 1 end,
    members = function(_, name) return { name } end,
    remove = function(key) redis.call('DEL', key) end,
    has = function(key) return redis.call('EXISTS', key) == 1 end,
  },
}

-- A comment that cannot be read is told of where comments are checked; it stays where it is.
local function is_stray(site, kind, name, member)
  local is_read, belongs = pcall(kind.belongs, site, name, member)
  return is_read and not belongs
end

local function check(site, kind, name, given)
  local key, type, found = kind.key(site, name), TYPES[kind.type], {}
  local size = given and #given or type.size(key)
  if not given and size > most then return TOO_MANY, found end
  if not given and size > left then return LATER, found end
  left = left - size
  local members = given or type.members(key, name)
  for _, member in ipairs(members) do
    if type.has(key, member) and is_stray(site, kind, name, member) then
      if may_mend then type.remove(key, member) end
      table.insert(found, member)
    end
  end
  return #members, found
end

local answer, at = {}, FIRST
while at <= #ARGV do
  local site, kind, name, count = unpack(ARGV, at, at + 3)
  local given = count ~= '' and { unpack(ARGV, at + 4, at + 3 + count) }
  at = at + 4 + (tonumber(count) or 0)
  local is_read, looked_at, found = pcall(check, site, KINDS[kind], name, given)
  if not is_read then looked_at, found = UNREADABLE, {} end
  table.insert(answer, looked_at)
  table.insert(answer, #found)
  for _, member in ipairs(found) do table.insert(answer, member) end
end
return answer
