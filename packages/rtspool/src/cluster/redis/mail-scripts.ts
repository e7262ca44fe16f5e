/** Definitions of the scripts for mailboxes. A mailbox is a list; each element has serial, time and text of a message. */
const letters = `
local box = KEYS[extra + 1]
local function open(letter)
  local serial, at, rest = string.match(letter, '^(%d+) (%d+) (.*)$')
  return tonumber(serial), tonumber(at), rest
end
local function trim(stays)
  while true do
    local first = call('LINDEX', box, 0)
    if not first or stays(open(first)) then return end
    call('LPOP', box)
  end
end
`

/** Lua script that sends a message. ARGV: tag of the receiver, text, lifetime, number of messages in a mailbox. */
export const sendMail = `${letters}
if not call('ZSCORE', lease, ARGV[3]) then return { 'gone' } end
trim(function(_, at) return math.abs(wall - at) < tonumber(ARGV[5]) end)
if call('LLEN', box) >= tonumber(ARGV[6]) then return { 'full' } end
local serial = text(call('HINCRBY', meta, 'mail', 1))
call('RPUSH', box, serial .. ' ' .. text(wall) .. ' ' .. ARGV[4])
return { 'ok' }
`

/** Lua script that returns messages. ARGV: tag, epoch, serial of the last message read, number of messages in a reply. */
export const collectMail = `${letters}
local done = tonumber(ARGV[5])
if call('HGET', meta, 'epoch') ~= ARGV[4] then return { 'epoch' } end
if not call('ZSCORE', lease, ARGV[3]) then return { 'fenced' } end
trim(function(serial) return serial > done end)
local reply = { 'ok' }
for _, letter in ipairs(call('LRANGE', box, 0, tonumber(ARGV[6]) - 1)) do
  local serial, at, rest = open(letter)
  reply[#reply + 1] = serial
  reply[#reply + 1] = math.abs(wall - at)
  reply[#reply + 1] = rest
end
return reply
`
