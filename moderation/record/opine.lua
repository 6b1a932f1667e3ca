-- A second opinion of a decided comment: one a comment, so that opinions are independent.
-- ARGV: site, comment, opinion (JSON). Returns: 'gone', 'first' or 'second'.

local site, comment = ARGV[1], ARGV[2]
local status = redis.call('HGET', K.comment(site, comment), 'status')
if not status or status == 'erased' then return 'gone' end
if redis.call('HSETNX', K.opinions(site), comment, ARGV[3]) == 1 then return 'first' end
return 'second'
