import { serialsPerMs } from '../store-options.js'

/** Redis keys that scripts share, without their prefix, and the name of each in the scripts. */
const keyVariables = Object.freeze({
  meta: 'meta',
  lease: 'lease',
  dead: 'dead',
  gone: 'gone',
  nonce: 'nonce',
  seq: 'seqs',
  flushSeq: 'flushseqs',
  pool: 'pool',
  granted: 'granted',
  info: 'info',
  live: 'lives',
  reserved: 'reserved',
  removals: 'removals',
  ban: 'ban',
  banVersion: 'banversion',
  banEnd: 'banend',
  banRemoved: 'banremoved',
  count: 'counts',
  countEnd: 'countend',
  stream: 'stream',
})

/** Name of a Redis key that scripts share. */
export type LedgerKey = keyof typeof keyVariables

/** Names of all Redis keys that scripts share. */
export const ledgerKeys = Object.freeze(Object.keys(keyVariables) as LedgerKey[])

/** Keys of the definitions that every script begins with. */
const commonKeys = ledgerKeys.slice(0, 9)

/** Script with the names of its shared keys, which come first in its `KEYS`, in this order. */
export interface SharedScript {
  readonly keys: readonly LedgerKey[]
  readonly text: string
}

/**
 * Puts the common definitions at the head of a script.
 *
 * @param furtherKeys - Shared keys of the script itself. Scripts that run often name theirs: Redis reads fewer texts.
 *   @defaultValue all
 */
export function withPrelude(body: string, furtherKeys?: readonly LedgerKey[]): SharedScript {
  const keys = furtherKeys === undefined ? ledgerKeys : [...commonKeys, ...furtherKeys]
  const variables = keys.map((key) => keyVariables[key]).join(', ')
  const head = `local ${variables} = unpack(KEYS, 1, ${keys.length})\nlocal extra = ${keys.length}`
  return { keys, text: `${head}${prelude}${body}` }
}

const prelude = `
local call = redis.call
local leasems = tonumber(ARGV[2])
-- Not with %d: a Redis of 32 bits would have no place for the time.
local function text(n) return string.format('%.0f', n) end
local function number(v) return v and tonumber(v) or 0 end
-- Read once: in some versions of Redis the clock goes on while a script runs.
local wall
if ARGV[1] ~= '' then wall = tonumber(ARGV[1]) else
  local t = call('TIME')
  wall = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
-- Read once. A script that has changed these fields returns, or reads them by itself.
local head
local function start(n)
  if not head then head = call('HMGET', meta, 'epoch', 'time', 'clock') end
  return head[n]
end
local function present()
  local time = number(start(2))
  if start(3) then
    local step = wall - tonumber(start(3))
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
-- Third argument: a field that a node has only while it has a lease.
local function refusal(tag, epoch, proof)
  if start(1) ~= epoch then return 'epoch' end
  if proof or call('ZSCORE', lease, tag) then return nil end
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
    call('XADD', removals, text(serial),
      'tag', tag, 'id', rows[i], 'value', rows[i + 1], 'reason', rows[i + 2], 'time', at)
  end
  call('XTRIM', removals, 'MAXLEN', '~', most)
end
`
