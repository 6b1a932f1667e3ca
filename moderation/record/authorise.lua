-- Whose keys these are, and whether they may make one more request in this rate window.
-- ARGV: requests allowed (0: any number), window (s), then for each request the SHA-256 of
-- its key. Returns for each request: what is kept of its key or '', requests left, seconds
-- until the window ends, requests allowed.

local limit, window_s = tonumber(ARGV[1]), tonumber(ARGV[2])
local answers = {}
for i = 3, #ARGV do
  local stored, _, left, ends_in, allowed = authorise(ARGV[i], limit, window_s)
  table.insert(answers, { stored or '', left, ends_in, allowed })
end
return answers
