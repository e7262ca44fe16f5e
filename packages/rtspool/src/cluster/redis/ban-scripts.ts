/** Lua script that adds a ban. ARGV: public id, ban, duration, number of expired bans removed. */
export const addBan = `
local id, duration = ARGV[3], tonumber(ARGV[5])
local now = advance()
if call('ZSCORE', banversion, id) then return { call('HEXISTS', ban, id) } end
for _, each in ipairs(call('ZRANGEBYSCORE', banend, '-inf', text(now), 'LIMIT', 0, ARGV[6])) do
  call('HDEL', ban, each)
  call('ZREM', banend, each)
  call('ZREM', banversion, each)
end
call('HSET', ban, id, ARGV[4])
call('ZADD', banversion, text(call('HINCRBY', meta, 'bans', 1)), id)
if duration > 0 then call('ZADD', banend, text(now + duration), id) end
return { 1 }
`

/** Lua script that removes a ban. ARGV: public id, number of removed bans kept. */
export const removeBan = `
local id = ARGV[3]
if call('HDEL', ban, id) == 0 then return { 0 } end
local version = text(call('HINCRBY', meta, 'bans', 1))
call('ZREM', banend, id)
call('ZADD', banversion, version, id)
call('ZADD', banremoved, version, id)
if call('ZCARD', banremoved) > tonumber(ARGV[4]) then
  local first = call('ZRANGE', banremoved, 0, 0, 'WITHSCORES')
  call('ZREM', banremoved, first[1])
  call('ZREM', banversion, first[1])
  call('HSET', meta, 'floor', text(tonumber(first[2])))
end
return { 1 }
`

export const listBans = `
local now = present()
local reply = {}
for _, id in ipairs(call('ZRANGE', banversion, 0, -1)) do
  local about = call('HGET', ban, id)
  local ends = number(call('ZSCORE', banend, id))
  if about and (ends == 0 or ends > now) then
    reply[#reply + 1] = id
    reply[#reply + 1] = about
    reply[#reply + 1] = ends == 0 and 0 or ends - now
  end
end
return reply
`
