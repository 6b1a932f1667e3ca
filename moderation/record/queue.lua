-- One bounded step through a site's held queue, in order.
-- ARGV: site, dimension that orders, '1' for the highest first, position to go on after or
-- '', how many to find, how many to look at, dimension whose value is wanted or '', then the
-- filters as library.lua reads them.
-- Returns: '1' if the end was reached else '0', the last position looked at or '', then for
-- each comment found: comment, position, wanted value or ''.

local site, order, highest_first = ARGV[1], K.held(ARGV[1], ARGV[2]), ARGV[3] == '1'
local after, wanted, budget = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local value_of = ARGV[7] ~= '' and K.held(site, ARGV[7])
local FILTERS_FROM, CHUNK = 8, 200
local filters = read_filters(site, FILTERS_FROM)
local comments, position_of = {}, {} -- found

local function comes_after(position)
  if not after then return true end
  if highest_first then return position < after end
  return position > after
end

local function comes_first(one, other)
  if highest_first then return position_of[one] > position_of[other] end
  return position_of[one] < position_of[other]
end

local function write(position) return string.format('%.0f', position) end

-- A filter that few comments pass: look at those, and put them in order.
local function by_smallest_filter()
  local passed = passing(filters, 2, members(filters[1], 0, budget))
  for i, position in ipairs(values_in(order, passed)) do
    position_of[passed[i]] = tonumber(position or nil)
    if position and comes_after(position_of[passed[i]]) then
      table.insert(comments, passed[i])
    end
  end
  table.sort(comments, comes_first)
  local is_last = #comments <= wanted
  for i = #comments, wanted + 1, -1 do comments[i] = nil end
  return is_last and '1' or '0', #comments > 0 and write(position_of[comments[#comments]]) or ''
end

local function next_chunk(position)
  local from = position and '(' .. write(position) or (highest_first and '+inf' or '-inf')
  local command, to = 'ZRANGEBYSCORE', '+inf'
  if highest_first then command, to = 'ZREVRANGEBYSCORE', '-inf' end
  local flat, chunk = redis.call(command, order, from, to, 'WITHSCORES', 'LIMIT', 0, CHUNK), {}
  for i = 1, #flat, 2 do
    table.insert(chunk, flat[i])
    position_of[flat[i]] = tonumber(flat[i + 1])
  end
  return chunk
end

local function in_order()
  local position, looked_at = after, 0
  while looked_at < budget do
    local chunk = next_chunk(position)
    if #chunk == 0 then return '1', position and write(position) or '' end
    for _, comment in ipairs(passing(filters, 1, chunk)) do
      table.insert(comments, comment)
      if #comments == wanted then return '0', write(position_of[comment]) end
    end
    position, looked_at = position_of[chunk[#chunk]], looked_at + #chunk
  end
  return '0', write(position)
end

local done, last
if filters[1] and filters[1].size <= budget then
  done, last = by_smallest_filter()
else
  done, last = in_order()
end

local values, reply = value_of and values_in(value_of, comments) or {}, { done, last }
for i, comment in ipairs(comments) do
  table.insert(reply, comment)
  table.insert(reply, write(position_of[comment]))
  table.insert(reply, values[i] or '')
end
return reply
