-- One decision of a person or of readers' reports, and all that follows from it.
-- ARGV: site, comment, revision, status, decision (JSON), decisions kept, place in the queue
-- if it is held (JSON) or '', moderator or '', note or '', the comment's label after it: '1'
-- for a verdict, '0' for none, act (JSON: what the moderator can undo) or '', whose act is
-- undone or '', that act (JSON), audit entry (JSON) or '', acts kept, audit entries kept, then
-- figure and amount, one pair each.
-- Returns: 'decided', 'gone' or 'conflict', and the revision that stands.

local site, comment, revision = ARGV[1], ARGV[2], tonumber(ARGV[3])
local moderator, note, label, act, undone_by, undone_act, entry = unpack(ARGV, 8, 14)
local acts_kept, audit_kept = ARGV[15], ARGV[16]
local FIGURES_FROM = 17

-- A verdict on a comment that was drawn by lot is taken back: somebody else may look.
local function review_again()
  local status, sampled, sequence = unpack(redis.call('HMGET', K.comment(site, comment),
    'status', 'sampled', 'sequence'))
  if status == 'approved' and sampled then await_review(site, comment, sequence) end
end

local function remember_person()
  if note ~= '' then redis.call('HSET', K.comment(site, comment), 'note:' .. revision, note) end
  redis.call('DEL', K.claim(site, comment))
  if act ~= '' then
    redis.call('LPUSH', K.acts(site, moderator), act)
    redis.call('LTRIM', K.acts(site, moderator), 0, acts_kept - 1)
  end
  if undone_by ~= '' then redis.call('LREM', K.acts(site, undone_by), 1, undone_act) end
  if entry ~= '' then
    redis.call('XADD', K.audit(site), 'MAXLEN', '~', audit_kept, '*', 'entry', entry)
  end
  if label == '1' then
    add_label(site, comment)
  else
    remove_label(site, comment)
    review_again()
  end
end

local outcome, current = decide(site, comment, revision, ARGV[4], ARGV[5], ARGV[6], ARGV[7], '')
if outcome == 'decided' then
  redis.call('PUBLISH', K.decided(), site)
  if moderator ~= '' then remember_person() end
  for i = FIGURES_FROM, #ARGV, 2 do count_today(site, ARGV[i], tonumber(ARGV[i + 1])) end
end
return { outcome, current }
