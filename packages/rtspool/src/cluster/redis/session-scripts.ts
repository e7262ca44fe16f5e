/**
 * Lua script that writes a batch of changes to the directory of sessions. ARGV: tag, epoch, seq, number of removal
 * records kept, of counters, of expired counters removed, of puts, of removals; then bucket, id and value of each
 * put; bucket, id, value and reason of each removal; key, count and period of each event. A bucket is the index of
 * its key behind the others.
 */
export const flush = `
local tag, seq = ARGV[3], tonumber(ARGV[5])
local last = call('HGET', flushseqs, tag)
local refused = refusal(tag, ARGV[4], last)
if refused then return { refused } end
local now = present()
local puts, gone = tonumber(ARGV[9]), tonumber(ARGV[10])
local at = 11
local isnew = seq > number(last)
if isnew then
  call('HSET', flushseqs, tag, text(seq))
  for i = at, at + puts * 3 - 1, 3 do
    call('HSET', KEYS[extra + tonumber(ARGV[i])], ARGV[i + 1], ARGV[i + 2])
  end
  at = at + puts * 3
  local left = {}
  for i = at, at + gone * 4 - 1, 4 do
    if call('HDEL', KEYS[extra + tonumber(ARGV[i])], ARGV[i + 1]) == 1 then
      for n = 1, 3 do left[#left + 1] = ARGV[i + n] end
    end
  end
  record(tag, left, ARGV[6])
  at = at + gone * 4
  if at <= #ARGV then
    for _, key in ipairs(call('ZRANGEBYSCORE', countend, '-inf', text(now), 'LIMIT', 0, ARGV[8])) do
      call('ZREM', countend, key)
      call('HDEL', counts, key)
    end
  end
end
at = 11 + puts * 3 + gone * 4
if isnew then
  for i = at, #ARGV, 3 do
    local ends = call('ZSCORE', countend, ARGV[i])
    if ends and tonumber(ends) > now then call('HINCRBY', counts, ARGV[i], ARGV[i + 1]) else
      call('HSET', counts, ARGV[i], ARGV[i + 1])
      call('ZADD', countend, text(now + tonumber(ARGV[i + 2])), ARGV[i])
    end
    if call('ZCARD', countend) > tonumber(ARGV[7]) then
      local first = call('ZRANGE', countend, 0, 0)[1]
      call('ZREM', countend, first)
      call('HDEL', counts, first)
    end
  end
end
local reply = { 'ok' }
for i = at, #ARGV, 3 do
  local ends = call('ZSCORE', countend, ARGV[i])
  local runs = ends and tonumber(ends) > now
  reply[#reply + 1] = runs and number(call('HGET', counts, ARGV[i])) or 0
end
return reply
`

/**
 * ARGV: tag, epoch, dead tag, batch, number of removal records kept, of tags remembered. KEYS:
 * credits, then buckets and mailbox.
 */
export const reap = `
local victim, left, most = ARGV[5], tonumber(ARGV[6]), ARGV[7]
local refused = refusal(ARGV[3], ARGV[4])
if refused then return { refused } end
if not call('ZSCORE', dead, victim) then return { 'ok', 1 } end
local function take(key, batch)
  local size = call('HLEN', key)
  if size == 0 then return {}, 0 end
  if size <= batch then
    local all = call('HGETALL', key)
    call('DEL', key)
    return all, 0
  end
  local some = call('HRANDFIELD', key, batch, 'WITHVALUES')
  for i = 1, #some, 2 do call('HDEL', key, some[i]) end
  return some, size - batch
end
local credits, rest = take(KEYS[extra + 1], left)
for i = 1, #credits, 2 do grant(credits[i], -tonumber(credits[i + 1])) end
if rest > 0 then return { 'ok', 0 } end
for bucket = extra + 2, #KEYS - 1 do
  if left == 0 then
    if call('HLEN', KEYS[bucket]) > 0 then return { 'ok', 0 } end
  else
    local some, more = take(KEYS[bucket], left)
    local lost = {}
    for i = 1, #some, 2 do
      for _, cell in ipairs({ some[i], some[i + 1], 'nodeLost' }) do lost[#lost + 1] = cell end
    end
    record(victim, lost, most)
    left = left - #some / 2
    if more > 0 then return { 'ok', 0 } end
  end
end
call('ZREM', dead, victim)
call('DEL', KEYS[#KEYS])
for _, key in ipairs({ info, lives, reserved }) do call('HDEL', key, victim) end
call('ZADD', gone, text(call('HINCRBY', meta, 'version', 1)), victim)
call('ZREMRANGEBYRANK', gone, 0, -1 - tonumber(ARGV[8]))
return { 'ok', 1 }
`
