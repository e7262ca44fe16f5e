#!/usr/bin/env bash
# Package    onvif 0.8.3 (npm), an ONVIF client for Node.js.
# Behaviour  The client asks for the clock of a device at each connect(), but keeps the difference that it found first. After the
#            device has set its clock, every request is dated by the old one, also after another connect().
# Expected   The clock as told last: a device refuses tokens with old dates (Web Services Security UsernameToken Profile 1.1.1,
#            section 3.1), and ONVIF Core has GetSystemDateAndTime without a login for this purpose.
# Seen       Device in 1970: connected. Clock set: "not authorized". connect() again: the client asks for the clock, is told 2026, and
#            dates GetServices by 1970. The same client without its `timeShift`, or a new one: connected.
# Matters    A camera without a battery begins in 1970 and learns the time later. A client that came before is refused until it is
#            made anew, and looks as if its password were wrong.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . onvif@0.8.3 >/dev/null

cat > finding.mjs <<'END'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import onvif from 'onvif'

const username = 'user'
const password = 'secret'
const freshMs = 60_000
const names = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" ' +
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:ter="http://www.onvif.org/ver10/error"'
const fault = '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>' +
  '<s:Reason><s:Text xml:lang="en">not authorized</s:Text></s:Reason></s:Fault>'
const requests = []
const startedAt = Date.now()
const clock = { isSet: false, now: () => clock.isSet ? Date.now() : Date.now() - startedAt }

const actions = {
  GetSystemDateAndTime() {
    const time = new Date(clock.now())
    return '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>' +
      '<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>' +
      `<tt:Hour>${time.getUTCHours()}</tt:Hour><tt:Minute>${time.getUTCMinutes()}</tt:Minute>` +
      `<tt:Second>${time.getUTCSeconds()}</tt:Second></tt:Time><tt:Date>` +
      `<tt:Year>${time.getUTCFullYear()}</tt:Year><tt:Month>${time.getUTCMonth() + 1}</tt:Month>` +
      `<tt:Day>${time.getUTCDate()}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`
  },
  GetServices: () => '<tds:GetServicesResponse>' + [
    ['device', '/onvif/device_service'], ['events', '/onvif/events'],
  ].map(([name, path]) =>
    `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/${name}/wsdl</tds:Namespace>` +
    `<tds:XAddr>http://127.0.0.1:${server.address().port}${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor>` +
    '</tds:Version></tds:Service>').join('') + '</tds:GetServicesResponse>',
  GetDeviceInformation: () => '<tds:GetDeviceInformationResponse><tds:Manufacturer>maker</tds:Manufacturer><tds:Model>model</tds:Model>' +
    '<tds:FirmwareVersion>a</tds:FirmwareVersion><tds:SerialNumber>b</tds:SerialNumber><tds:HardwareId>c</tds:HardwareId>' +
    '</tds:GetDeviceInformationResponse>',
}

/** Returns the date of a token with the right digest of the password, and throws if there is none. */
function dateOf(text) {
  const valueOf = (name) => new RegExp(`<${name}(?: [^>]*)?>([^<]*)<`).exec(text)?.[1] ?? ''
  const created = valueOf('Created')
  const digest = createHash('sha1').update(Buffer.from(valueOf('Nonce'), 'base64')).update(created + password).digest('base64')
  if (valueOf('Username') !== username || valueOf('Password') !== digest) throw new Error('a token with the right password is expected')
  return new Date(created)
}

const server = createServer(async (request, response) => {
  let text = ''
  for await (const part of request) text += part
  const action = /:Body[^>]*><(\w+)/.exec(text)[1]
  const isOpen = action === 'GetSystemDateAndTime'
  const date = isOpen ? undefined : dateOf(text)
  const isFresh = isOpen || Math.abs(date - clock.now()) < freshMs
  requests.push(isOpen ? action : `${action} of ${date.getUTCFullYear()}: ${isFresh ? 'accepted' : 'refused'}`)
  response.writeHead(isFresh ? 200 : 400, { 'Content-Type': 'application/soap+xml; charset=utf-8' })
  const body = isFresh ? actions[action]() : fault
  response.end(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${names}><s:Body>${body}</s:Body></s:Envelope>`)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

const newClient = () => new onvif.Cam({ hostname: '127.0.0.1', port: server.address().port, username, password, autoconnect: false })

/** Calls a method of the client, and returns its outcome, the requests it made, and the year it was told. */
async function run(title, client, method) {
  requests.length = 0
  const outcome = await new Promise((resolve) => client[method]((error, value) => resolve({ error: error?.message ?? 'no error', value })))
  const year = outcome.value instanceof Date ? ` (told: ${outcome.value.getUTCFullYear()})` : ''
  const seen = { error: outcome.error + year, requests: [...requests] }
  console.log(`${title}, ${method}: ${seen.error}; ${seen.requests.join(', ')}`)
  return seen
}

const client = newClient()
const before = await run('device in 1970', client, 'connect')
clock.isSet = true
const after = await run('clock set', client, 'getDeviceInformation')
const asked = await run('the same client', client, 'getSystemDateAndTime')
const again = await run('the same client', client, 'connect')
const fresh = await run('a new client', newClient(), 'connect')
client.timeShift = undefined
const reset = await run('the same client without its timeShift', client, 'connect')

const thisYear = new Date().getUTCFullYear()
const isAsFound = before.error === 'no error' && before.requests.includes('GetServices of 1970: accepted') &&
  after.error.includes('not authorized') && after.requests[0] === 'GetDeviceInformation of 1970: refused' &&
  asked.error === `no error (told: ${thisYear})` &&
  again.error.includes('not authorized') && again.requests[0] === 'GetSystemDateAndTime' &&
  again.requests.includes('GetServices of 1970: refused') &&
  [fresh, reset].every(({ error, requests }) => error === 'no error' && requests.includes(`GetServices of ${thisYear}: accepted`))
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 20 node finding.mjs
