-- Takes entries off the pending streams whose comment is not there.
-- ARGV: '1' to mend else '0', lane, then for each entry: its id, site, comment.
-- Returns the entries that are wrong.

local may_mend, lane = ARGV[1] == '1', ARGV[2]
local GROUP, FIRST = 'workers', 3
local wrong = {}

for i = FIRST, #ARGV, 3 do
  local entry, site, comment = unpack(ARGV, i, i + 2)
  local waits = #redis.call('XRANGE', K.pending(lane), entry, entry) == 1
  local status = redis.call('HGET', K.comment(site, comment), 'status')
  if waits and (not status or status == 'erased') then
    table.insert(wrong, entry)
    if may_mend then
      redis.call('XACK', K.pending(lane), GROUP, entry)
      count_waiting(site, -redis.call('XDEL', K.pending(lane), entry))
    end
  end
end
return wrong
