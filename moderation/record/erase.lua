-- Takes comments of one site out: text, personal data, and every index that names them. What
-- stays is that the id was used. Of one that is erased that is its revision too: no revision is
-- ever given twice. Of one that retention takes out it is a digest, a tenth of that.
-- ARGV: site, `erase` or `retire`, then for each comment: its id, the revision that it must
-- stand at or '' for any (the one that its label was made from), the id of the label that its
-- text has or would have, and, if the label that it carries is to be kept, that (JSON). With the
-- id alone a stored label with its text goes, however it came; with '' each, labels stay.
-- Returns how many are out now (an id that was never there does not count), and those for which
-- it came too late: they were decided anew since, or, when they are to retire, erased.

local site, is_retiring, erased, moved = ARGV[1], ARGV[2] == 'retire', 0, {}

local function forget(comment, made_from, label_id, label)
  local key = K.comment(site, comment)
  local fields = redis.call('HMGET', key, 'status', 'revision', 'article', 'author', 'copies',
    'lane', 'entry')
  local status, revision, article, author, copies, lane, entry = unpack(fields, 1, 7)
  if not status then return end
  if status ~= 'erased' and made_from ~= '' and made_from ~= revision then
    table.insert(moved, comment)
    return
  end
  if status == 'erased' and is_retiring then
    table.insert(moved, comment)
    return
  end
  erased = erased + 1
  if status == 'erased' then return end
  if label ~= '' then
    redis.call('HSET', K.labels(site), label_id, label)
  elseif label_id ~= '' then
    redis.call('HDEL', K.labels(site), label_id)
    redis.call('HDEL', K.doubts(site), 'l:' .. label_id)
    redis.call('HDEL', K.dismissed_doubts(site), 'l:' .. label_id)
  end
  if label_id ~= '' then redis.call('DEL', K.label_summary(site)) end
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
  if copies ~= '' then forget_copy(site, copies, comment) end
  if entry and redis.call('XDEL', K.pending(lane), entry) == 1 then count_waiting(site, -1) end
  redis.call('DEL', K.reports(site, comment), K.claim(site, comment), key)
  if is_retiring then
    note_retired(site, comment)
  else
    redis.call('HSET', key, 'status', 'erased', 'revision', revision)
  end
end

for i = 3, #ARGV, 4 do forget(unpack(ARGV, i, i + 3)) end
note_erasures(erased)
return { erased, moved }
