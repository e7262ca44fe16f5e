import { serialsPerMs } from '../store-options.js'

/** Definitions that every script begins with. */
export const prelude = `
local call = redis.call
local meta, lease, dead, info, nonce, seqs, flushseqs, lives, pool, granted, reserved, removals,
  ban, banversion, banend, banremoved, counts, countend, gone, stream = unpack(KEYS, 1, 20)
local extra = 20
local leasems = tonumber(ARGV[2])
local function text(n) return string.format('%.0f', n) end
local function number(v) return v and tonumber(v) or 0 end
-- Read once: in some versions of Redis the clock goes on while a script runs.
local wall
if ARGV[1] ~= '' then wall = tonumber(ARGV[1]) else
  local t = call('TIME')
  wall = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
local function present()
  local m = call('HMGET', meta, 'time', 'clock')
  local time = number(m[1])
  if m[2] then
    local step = wall - tonumber(m[2])
    if step > 0 and step <= math.floor(leasems / 2) then time = time + step end
  end
  return time
end
local function advance()
  local time = present()
  call('HSET', meta, 'time', text(time), 'clock', text(wall))
  return time
end
local function grant(key, credits)
  local sum = number(call('HGET', granted, key)) + credits
  if sum == 0 then call('HDEL', granted, key) else call('HSET', granted, key, text(sum)) end
end
local function bury(tag)
  call('ZREM', lease, tag)
  for _, key in ipairs({ nonce, seqs, flushseqs }) do call('HDEL', key, tag) end
  local credits = number(call('HGET', pool, tag))
  if credits > 0 then grant('pool', -credits) end
  call('HDEL', pool, tag)
  call('ZADD', dead, text(call('HINCRBY', meta, 'version', 1)), tag)
end
local function found(founder, now, warm)
  local serial = math.max(number(call('HGET', meta, 'serial')), wall * ${serialsPerMs})
  call('HSET', meta, 'epoch', founder .. '-' .. text(wall), 'warm', text(now + warm),
    'serial', text(serial), 'warmms', text(warm))
end
local function startafresh(tag)
  local now = advance()
  for _, each in ipairs(call('ZRANGE', lease, 0, -1)) do bury(each) end
  found(tag, now, number(call('HGET', meta, 'warmms')))
end
local function refusal(tag, epoch)
  if call('HGET', meta, 'epoch') ~= epoch then return 'epoch' end
  if call('ZSCORE', lease, tag) then return nil end
  if call('ZSCORE', dead, tag) or call('ZSCORE', gone, tag) then return 'fenced' end
  startafresh(tag)
  return 'epoch'
end
local function settle(tag, held, key, target, max, mayraise)
  local from, field = held, key
  if key == 'pool' then from, field = pool, tag end
  local before = number(call('HGET', from, field))
  local credits = before
  if target <= before then credits = target
  elseif mayraise then
    local free = math.max(0, max - number(call('HGET', granted, key)))
    credits = before + math.min(target - before, free)
  end
  if credits ~= before then
    if credits == 0 then call('HDEL', from, field) else call('HSET', from, field, text(credits)) end
    grant(key, credits - before)
  end
  return credits
end
-- Rows: id, value and reason of each session. One increment numbers all of them.
local function record(tag, rows, most)
  if #rows == 0 then return end
  local at = text(wall)
  local serial = call('HINCRBY', meta, 'serial', #rows / 3) - #rows / 3
  for i = 1, #rows, 3 do
    serial = serial + 1
    call('XADD', removals, 'MAXLEN', '~', most, text(serial) .. '-0',
      'tag', tag, 'id', rows[i], 'value', rows[i + 1], 'reason', rows[i + 2], 'time', at)
  end
end
`
