-- Stores comments of one site with less content: personal fields whose time is over.
-- ARGV: site, then for each comment: its id, the revision at which it was read, its content
-- (JSON), and the same packed with the machine's decision, or ''.
-- What was decided anew or erased meanwhile is left as it is.

local site, made = ARGV[1], 0

local function store(comment, revision, content, packed)
  local key = K.comment(site, comment)
  if redis.call('HGET', key, 'revision') ~= revision then return end
  for field, value in pairs({ content = content, packed = packed }) do
    if value ~= '' and redis.call('HEXISTS', key, field) == 1 then
      redis.call('HSET', key, field, value)
      made = made + 1
    end
  end
end

for i = 2, #ARGV, 4 do store(unpack(ARGV, i, i + 3)) end
note_erasures(made)
return made
