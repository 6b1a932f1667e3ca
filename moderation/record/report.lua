-- A reader's report of a comment. Who reported counts once; a report without a name counts
-- each time.
-- ARGV: site, comment, reporter or '', reason, unique id of this report.
-- Returns: 'gone', or how many report it, status, revision, and the decision that stands.

local site, comment, reporter = ARGV[1], ARGV[2], ARGV[3]
local fields = redis.call('HMGET', K.comment(site, comment), 'status', 'revision')
if not fields[1] or fields[1] == 'erased' then return { 'gone' } end
local who = reporter ~= '' and 'by:' .. reporter or 'one:' .. ARGV[5]
redis.call('HSET', K.reports(site, comment), who, ARGV[4])
if fields[1] == 'held' then rank_reports(site, comment) end
return {
  redis.call('HLEN', K.reports(site, comment)),
  fields[1],
  tonumber(fields[2]),
  redis.call('HGET', K.comment(site, comment), 'decision:' .. fields[2]) or '',
}
