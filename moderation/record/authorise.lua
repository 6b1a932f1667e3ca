-- Whose keys these are, and whether they may make one more request in this rate window.
-- ARGV: requests allowed (0: any number), window (s), then for each request the SHA-256 of
-- its key. Returns for each request: site or '', requests left, seconds until the window
-- ends.

local limit, window_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {}
for i = 3, #ARGV do
  local site, left, ends_in = authorise(ARGV[i], limit, window_s)
  table.insert(answers, { site or '', left, ends_in })
end
return answers
