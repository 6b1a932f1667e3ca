-- One bounded step of counting the held comments that pass all filters.
-- ARGV: site, how many to count, how many to look at, how many were looked at before, then
-- the filters as library.lua reads them.
-- Returns: how many it counted, how many it looked at.

local site, wanted, budget = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local CHUNK, FILTERS_FROM = 500, 5
local filters = read_filters(site, FILTERS_FROM)
local counted, looked_at = 0, 0

while looked_at < budget and counted < wanted do
  local skipped = tonumber(ARGV[4]) + looked_at
  local chunk = members(filters[1], skipped, math.min(CHUNK, budget - looked_at))
  if #chunk == 0 then break end
  looked_at = looked_at + #chunk
  counted = counted + #passing(filters, 2, chunk)
end
return { math.min(counted, wanted), looked_at }
