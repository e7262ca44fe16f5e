/**
 * Lua script that adds a node to the cluster. ARGV: tag, nonce, info, warmMs, then key, target and max of each claim.
 */
export const join = `
local tag, mine, about, warm = ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6])
if call('ZSCORE', dead, tag) or call('ZSCORE', gone, tag) then return { 'taken' } end
local held = KEYS[extra + 1]
if call('ZSCORE', lease, tag) then
  if call('HGET', nonce, tag) ~= mine then return { 'taken' } end
  call('ZADD', lease, text(advance() + leasems), tag)
  local reply = { 'ok', call('HGET', meta, 'epoch') }
  for i = 7, #ARGV, 3 do
    local credits
    if ARGV[i] == 'pool' then credits = call('HGET', pool, tag) else credits = call('HGET', held, ARGV[i]) end
    reply[#reply + 1] = number(credits)
  end
  return reply
end
local now = advance()
if not call('HGET', meta, 'epoch') then
  found(mine, now, warm)
end
call('ZADD', lease, text(now + leasems), tag)
call('HSET', nonce, tag, mine)
call('HSET', info, tag, about)
call('HSET', lives, tag, 0)
call('HINCRBY', meta, 'version', 1)
local reply = { 'ok', call('HGET', meta, 'epoch') }
for i = 7, #ARGV, 3 do
  reply[#reply + 1] = settle(tag, held, ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), true)
end
return reply
`

/**
 * ARGV: tag, epoch, seq, live, graceMs, time for a dead node, ban cursor, number of bans in a
 * reply, answered seq of beats and of batches, then key, target, max and `1` for held of each
 * claim. KEYS: credits and mailbox of the node.
 */
export const beat = `
local tag, seq, grace = ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[7])
local last = call('HGET', seqs, tag)
local refused = refusal(tag, ARGV[4], last)
if refused then return { refused } end
last = number(last)
if tonumber(ARGV[11]) > last or tonumber(ARGV[12]) > number(call('HGET', flushseqs, tag)) then
  startafresh(tag)
  return { 'epoch' }
end
if seq <= last then return { 'stale' } end
local now = advance()
call('HSET', seqs, tag, text(seq))
call('HSET', lives, tag, ARGV[6])
call('ZADD', lease, text(now + leasems), tag)
local late = call('ZRANGEBYSCORE', lease, '-inf', '(' .. text(now - grace), 'LIMIT', 0, 1)
if late[1] then bury(late[1]) end
local fields = call('HMGET', meta, 'warm', 'starve', 'version', 'floor', 'bans', 'streams')
local warm, starve, version, forgotten, banned, streams = number(fields[1]), number(fields[2]),
  number(fields[3]), number(fields[4]), number(fields[5]), number(fields[6])
local iswarm = now >= warm
local held = KEYS[extra + 1]
local credits = {}
for i = 13, #ARGV, 4 do
  local key, target = ARGV[i], tonumber(ARGV[i + 1])
  local mayraise = iswarm or ARGV[i + 3] == '1'
  local has = settle(tag, held, key, target, tonumber(ARGV[i + 2]), mayraise)
  if key == 'pool' and has < target and iswarm then
    starve = now + math.floor(leasems / 2)
    call('HSET', meta, 'starve', text(starve))
  end
  credits[#credits + 1] = has
end
local reap = ''
for _, each in ipairs(call('ZRANGE', dead, 0, -1)) do
  if number(call('HGET', reserved, each)) <= now then
    call('HSET', reserved, each, text(now + tonumber(ARGV[8])))
    reap = each
    break
  end
end
local seen, base = string.match(ARGV[9], '^(%d+)%.(%d+)$')
seen, base = number(seen), base and tonumber(base) or forgotten
local isreset = (seen < forgotten and base < forgotten) or seen > banned
if isreset then seen, base = 0, forgotten end
local bans = {}
local most = tonumber(ARGV[10])
local page = {}
if seen < banned then
  page = call('ZRANGEBYSCORE', banversion, '(' .. text(seen), '+inf', 'WITHSCORES', 'LIMIT', 0, most + 1)
end
local hasmore = #page > most * 2
for i = 1, math.min(#page, most * 2), 2 do
  seen = tonumber(page[i + 1])
  local ends = number(call('ZSCORE', banend, page[i]))
  if ends == 0 or ends > now then
    bans[#bans + 1] = page[i]
    bans[#bans + 1] = call('HGET', ban, page[i]) or ''
    bans[#bans + 1] = ends == 0 and 0 or ends - now
  end
end
return { 'ok', credits, now < starve and 1 or 0, version, reap, bans,
  text(seen) .. '.' .. text(base), isreset and 1 or 0,
  hasmore and 1 or 0, call('EXISTS', KEYS[extra + 2]), streams }
`

/** Lua script that ends the lease of a node. ARGV: tag, epoch. */
export const leave = `
local isknown = call('ZSCORE', lease, ARGV[3])
if isknown and call('HGET', meta, 'epoch') == ARGV[4] then bury(ARGV[3]) end
return {}
`

export const listNodes = `
local now = present()
local reply = {}
local function row(tag, state)
  reply[#reply + 1] = tag
  reply[#reply + 1] = call('HGET', info, tag)
  reply[#reply + 1] = state
  reply[#reply + 1] = number(call('HGET', lives, tag))
end
local leases = call('ZRANGE', lease, 0, -1, 'WITHSCORES')
for i = 1, #leases, 2 do
  row(leases[i], tonumber(leases[i + 1]) >= now and 'active' or 'suspect')
end
for _, tag in ipairs(call('ZRANGE', dead, 0, -1)) do row(tag, 'dead') end
return reply
`
