-- Counts the comments of each site that stand in the pending streams, compares, and mends.
-- ARGV: '1' to mend else '0', entries that may be looked at, then sites.
-- Returns for each site: 0 if the count is right, 1 if it is not, -1 if there are too many entries
-- to count at once.

local may_mend, most = ARGV[1] == '1', tonumber(ARGV[2])
local FIRST, LANES = 3, { 'live', 'bulk' }
local waiting, entries = {}, 0

local function count(lane)
  for _, entry in ipairs(redis.call('XRANGE', K.pending(lane), '-', '+')) do
    local fields = {}
    for i = 1, #entry[2], 2 do fields[entry[2][i]] = entry[2][i + 1] end
    if fields.site and fields.comment then
      waiting[fields.site] = (waiting[fields.site] or 0) + 1
    end
  end
end

local function check(site)
  local right = waiting[site] or 0
  if tonumber(redis.call('HGET', K.waiting(), site) or 0) == right then return 0 end
  if may_mend then
    redis.call('HDEL', K.waiting(), site)
    count_waiting(site, right)
  end
  return 1
end

for _, lane in ipairs(LANES) do entries = entries + redis.call('XLEN', K.pending(lane)) end
local is_small = entries <= most
if is_small then
  for _, lane in ipairs(LANES) do count(lane) end
end
local answer = {}
for i = FIRST, #ARGV do table.insert(answer, is_small and check(ARGV[i]) or -1) end
return answer
