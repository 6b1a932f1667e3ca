-- Leaves of somebody's report of a comment that there was one: no name and no reason.
-- ARGV: site, comment, reporter, unique id in the reporter's place.

local reports = K.reports(ARGV[1], ARGV[2])
if redis.call('HDEL', reports, ARGV[3]) == 1 then
  redis.call('HSET', reports, 'one:' .. ARGV[4], '')
  note_erasures(1)
end
