-- Puts a question to the workers: texts to score without storing them.
-- ARGV: site, question, body (JSON). Returns: 1 if a drain job must be enqueued else 0, and the place
-- of the question in the queue.

local entry = redis.call('XADD', K.pending('live'), '*',
  'site', ARGV[1], 'question', ARGV[2], 'body', ARGV[3])
return { ring() and 1 or 0, entry }
