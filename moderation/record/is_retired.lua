-- Whether retention took out a comment.
-- ARGV: site, comment. Returns: 1 or 0.

return is_retired(ARGV[1], ARGV[2]) and 1 or 0
