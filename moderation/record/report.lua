-- A reader's report of a comment. Who reported counts once; a report without a name counts
-- each time.
-- ARGV: site, comment, reporter or '', reason, unique id of this report.
-- Returns: how many report it; 0 if it is gone.

local site, comment, reporter = ARGV[1], ARGV[2], ARGV[3]
local status = redis.call('HGET', K.comment(site, comment), 'status')
if not status or status == 'erased' then return 0 end
local who = reporter ~= '' and 'by:' .. reporter or 'one:' .. ARGV[5]
redis.call('HSET', K.reports(site, comment), who, ARGV[4])
if status == 'held' then rank_reports(site, comment) end
return redis.call('HLEN', K.reports(site, comment))
