-- One decision of a person or of readers' reports.
-- ARGV: site, comment, revision, status, decision (JSON), decisions kept.
-- Returns: 'decided', 'gone' or 'conflict', and the revision that stands.

local site = ARGV[1]
local outcome, current =
  decide(site, ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5], ARGV[6])
if outcome == 'decided' then redis.call('PUBLISH', K.decided(), site) end
return { outcome, current }
