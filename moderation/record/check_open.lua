-- Compares what is said to be under way with the batches and trainings themselves.
-- ARGV: '1' to mend else '0', site, then batches of the site.
-- Returns for each fault: `batches` or `trainings`, and the id.

local may_mend, site = ARGV[1] == '1', ARGV[2]
local FIRST = 3
local faults = {}

local function fault(check, id, mend)
  table.insert(faults, check)
  table.insert(faults, id)
  if may_mend then mend() end
end

local function check_batch(batch)
  local state = redis.call('HGET', K.batch(site, batch), 'state')
  local name, open = site .. ':' .. batch, K.batches_open()
  local is_open, is_listed = state == 'running' or state == 'undoing', redis.call('SISMEMBER', open, name) == 1
  if is_open and not is_listed then
    fault('batches', batch, function() redis.call('SADD', open, name) end)
  elseif is_listed and not is_open then
    fault('batches', batch, function() redis.call('SREM', open, name) end)
  end
end

local function check_trainings()
  local open = redis.call('GET', K.training_open(site))
  local state = open and redis.call('HGET', K.training(site, open), 'state')
  if open and state ~= 'queued' and state ~= 'running' then
    fault('trainings', open, function() redis.call('DEL', K.training_open(site)) end)
    open = nil
  end
  for _, training in ipairs(redis.call('ZRANGE', K.trainings(site), 0, -1)) do
    state = redis.call('HGET', K.training(site, training), 'state')
    if not open and (state == 'queued' or state == 'running') then
      fault('trainings', training, function() redis.call('SET', K.training_open(site), training) end)
      open = training
    end
  end
end

for i = FIRST, #ARGV do check_batch(ARGV[i]) end
check_trainings()
return faults
