-- Erases comments of one site: text, personal data, and every index that names them. What
-- stays is that the id was used and how many decisions it had, so that no revision is ever
-- given twice.
-- ARGV: site, then for each comment: its id, and, if the label that it carries is to be kept,
-- the revision that the label was made from, the label's id and the label (JSON); else '' each.
-- Returns how many are erased now (an id that was never there does not count), and how many
-- are not because they were decided anew since their label was made.

local site, erased, moved = ARGV[1], 0, 0

local function forget(comment, made_from, label_id, label)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'copies',
    'lane', 'entry')
  local status, revision, article, author, copies, lane, entry = unpack(fields, 1, 7)
  if not status then return end
  if status ~= 'erased' and made_from ~= '' and made_from ~= revision then
    moved = moved + 1
    return
  end
  erased = erased + 1
  if status == 'erased' then return end
  if label_id ~= '' then
    redis.call('HSET', K.labels(site), label_id, label)
    redis.call('DEL', K.label_summary(site))
  end
  redis.call('HDEL', K.opinions(site), comment)
  redis.call('HDEL', K.doubts(site), 'c:' .. comment)
  redis.call('HDEL', K.dismissed_doubts(site), 'c:' .. comment)
  redis.call('ZREM', K.article(site, status, article), comment)
  leave_queue(site, comment)
  remove_label(site, comment)
  redis.call('ZREM', K.review(site), comment)
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

for i = 2, #ARGV, 4 do forget(unpack(ARGV, i, i + 3)) end
return { erased, moved }
