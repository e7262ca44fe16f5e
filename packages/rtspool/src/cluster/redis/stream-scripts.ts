/** Definitions of the scripts for streams. A hash has a row for each path: tag, fencing number, claim and description. */
const rows = `
local function open(row)
  local tag, fence, claim, about = string.match(row, '^(%S+) (%d+) (%d+) (.*)$')
  return tag, tonumber(fence), tonumber(claim), about
end
local function change()
  local serial = call('HINCRBY', meta, 'serial', 1)
  call('HSET', meta, 'streams', text(serial))
  return serial
end
`

/** Lua script that assigns a path to a node. ARGV: tag, epoch, path, claim, description, `1` to take the path over. */
export const publish = `${rows}
local tag, path, claim = ARGV[3], ARGV[5], tonumber(ARGV[6])
local refused = refusal(tag, ARGV[4])
if refused then return { refused } end
local row = call('HGET', stream, path)
if row then
  local holder, fence, held = open(row)
  if holder == tag then
    if claim < held then return { 'stale' } end
    if claim == held then return { 'ok', fence } end
  else
    local ends = call('ZSCORE', lease, holder)
    if ARGV[8] ~= '1' and ends and tonumber(ends) >= present() then return { 'taken', holder } end
  end
end
local fence = change()
call('HSET', stream, path, tag .. ' ' .. text(fence) .. ' ' .. text(claim) .. ' ' .. ARGV[7])
return { 'ok', fence }
`

/** Lua script that gives up a path. ARGV: tag, epoch, path, claim. */
export const unpublish = `${rows}
local refused = refusal(ARGV[3], ARGV[4])
if refused then return { refused } end
local row = call('HGET', stream, ARGV[5])
if row then
  local holder, _, held = open(row)
  if holder == ARGV[3] and held <= tonumber(ARGV[6]) then
    call('HDEL', stream, ARGV[5])
    change()
  end
end
return { 'ok' }
`

/** Lua script that lists the streams, and forgets those of nodes that are no members. ARGV: known version. */
export const listStreams = `${rows}
local version = text(number(call('HGET', meta, 'streams'))) .. '.' .. text(number(call('HGET', meta, 'version')))
if version == ARGV[3] then return {} end
local reply = { version }
local cells = call('HGETALL', stream)
for i = 1, #cells, 2 do
  local tag, fence, claim, about = open(cells[i + 1])
  if call('ZSCORE', lease, tag) then
    for _, cell in ipairs({ cells[i], tag, fence, claim, about }) do reply[#reply + 1] = cell end
  else
    call('HDEL', stream, cells[i])
  end
end
return reply
`
