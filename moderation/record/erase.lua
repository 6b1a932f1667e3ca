-- Erases comments of one site: text, personal data, and every index that names them. What
-- stays is that the id was used and how many decisions it had, so that no revision is ever
-- given twice.
-- ARGV: site, then comment ids. Returns how many are erased now (an id that was never
-- there does not count).

local site, erased = ARGV[1], 0

local function forget(comment)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'copies',
    'lane', 'entry')
  local status, revision, article, author, copies, lane, entry = unpack(fields, 1, 7)
  if not status then return end
  erased = erased + 1
  if status == 'erased' then return end
  redis.call('ZREM', K.article(site, status, article), comment)
  leave_queue(site, comment)
  redis.call('ZREM', K.labelled(site), comment)
  redis.call('ZREM', K.author(site, author), comment)
  if status ~= 'pending' then
    redis.call('HINCRBY', K.author_counts(site, author), status, -1)
  end
  if redis.call('EXISTS', K.author(site, author)) == 0 then
    redis.call('DEL', K.author_counts(site, author))
  end
  if copies ~= '' then redis.call('ZREM', K.copies(site, copies), comment) end
  if status == 'pending' then redis.call('XDEL', K.pending(lane), entry) end
  redis.call('DEL', K.reports(site, comment), K.claim(site, comment), key)
  redis.call('HSET', key, 'status', 'erased', 'revision', revision)
end

for i = 2, #ARGV do forget(ARGV[i]) end
return erased
