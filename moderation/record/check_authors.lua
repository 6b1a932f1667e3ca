-- Counts how the comments of authors stand, compares, and mends the counts if it may.
-- ARGV: '1' to mend else '0', site, comments that may be counted now, then authors.
-- Returns for each author: 0 if the counts are right, 1 if they are not, -1 if there are too many
-- comments to count at once, -2 if they cannot be read, -3 if they are for another time.

local may_mend, site, most = ARGV[1] == '1', ARGV[2], tonumber(ARGV[3])
local FIRST, TOO_MANY, UNREADABLE, LATER = 4, -1, -2, -3
local left = most
local STATUSES = { 'approved', 'held', 'rejected' }

local function count(author)
  local counts = {}
  for _, comment in ipairs(redis.call('ZRANGE', K.author(site, author), 0, -1)) do
    local status = redis.call('HGET', K.comment(site, comment), 'status')
    if status then counts[status] = (counts[status] or 0) + 1 end
  end
  return counts
end

local function check(author)
  local size = redis.call('ZCARD', K.author(site, author))
  if size > most then return TOO_MANY end
  if size > left then return LATER end
  left = left - size
  local key, counts, is_wrong = K.author_counts(site, author), count(author), 0
  for _, status in ipairs(STATUSES) do
    local right = counts[status] or 0
    if tonumber(redis.call('HGET', key, status) or 0) ~= right then
      is_wrong = 1
      if may_mend then redis.call('HSET', key, status, right) end
    end
  end
  return is_wrong
end

local answer = {}
for i = FIRST, #ARGV do
  local is_read, state = pcall(check, ARGV[i])
  table.insert(answer, is_read and state or UNREADABLE)
end
return answer
