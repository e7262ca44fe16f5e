#!/usr/bin/env bash
# Package    onvif 0.8.3 (npm), an ONVIF client for Node.js.
# Behaviour  A text of a response that looks like a decimal number becomes a number of JavaScript, in tokens and versions too. The
#            client puts that number back into its next request.
# Expected   Texts: tokens are tt:ReferenceToken, versions and serial numbers xs:string (onvif.xsd, devicemgmt.wsdl of ONVIF).
# Seen       Firmware "5.10" is read as 5.1, serial number "2026113000000000123" as 2026113000000000000. Profile token "1.0":
#            GetStreamUri asks for "1"; "2026113000000000123": for "2026113000000000000"; "profile-1" and "007": as given.
# Matters    A device with such tokens names its profiles and then knows none of those asked for, so that the client gets no stream
#            URI. A server that makes tokens should put a letter into each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . onvif@0.8.3 >/dev/null

cat > finding.mjs <<'END'
import { createServer } from 'node:http'
import onvif from 'onvif'

const names = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" ' +
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" ' +
  'xmlns:ter="http://www.onvif.org/ver10/error"'
const noProfile = '<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:InvalidArgVal</s:Value><s:Subcode>' +
  '<s:Value>ter:NoProfile</s:Value></s:Subcode></s:Subcode></s:Code>' +
  '<s:Reason><s:Text xml:lang="en">no such profile</s:Text></s:Reason></s:Fault>'
const serial = '2026113000000000123'
const firmware = '5.10'
const tokens = ['profile-1', '007', '1.0', serial]
let asked

const actions = {
  GetSystemDateAndTime: () => '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>' +
    '<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>10</tt:Hour><tt:Minute>0</tt:Minute>' +
    '<tt:Second>0</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>30</tt:Day></tt:Date>' +
    '</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>',
  GetServices: () => '<tds:GetServicesResponse>' + ['device', 'media'].map((name) =>
    `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/${name}/wsdl</tds:Namespace><tds:XAddr>` +
    `http://127.0.0.1:${server.address().port}/onvif/${name}_service</tds:XAddr><tds:Version><tt:Major>2</tt:Major>` +
    '<tt:Minor>60</tt:Minor></tds:Version></tds:Service>').join('') + '</tds:GetServicesResponse>',
  GetVideoSources: () => '<trt:GetVideoSourcesResponse></trt:GetVideoSourcesResponse>',
  GetDeviceInformation: () => '<tds:GetDeviceInformationResponse><tds:Manufacturer>maker</tds:Manufacturer><tds:Model>model</tds:Model>' +
    `<tds:FirmwareVersion>${firmware}</tds:FirmwareVersion><tds:SerialNumber>${serial}</tds:SerialNumber>` +
    '<tds:HardwareId>a</tds:HardwareId></tds:GetDeviceInformationResponse>',
  GetProfiles: () => '<trt:GetProfilesResponse>' +
    tokens.map((token) => `<trt:Profiles token="${token}" fixed="true"><tt:Name>name</tt:Name></trt:Profiles>`).join('') +
    '</trt:GetProfilesResponse>',
  GetStreamUri(text) {
    asked = /<ProfileToken>([^<]*)</.exec(text)[1]
    return tokens.includes(asked) && `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://127.0.0.1/${asked}</tt:Uri>` +
      '<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>' +
      '<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>'
  },
}
const server = createServer(async (request, response) => {
  let text = ''
  for await (const part of request) text += part
  const body = actions[/:Body[^>]*><(\w+)/.exec(text)[1]](text) || noProfile
  response.writeHead(body === noProfile ? 400 : 200, { 'Content-Type': 'application/soap+xml; charset=utf-8' })
  response.end(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${names}><s:Body>${body}</s:Body></s:Envelope>`)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

const camera = new onvif.Cam({ hostname: '127.0.0.1', port: server.address().port, autoconnect: false })
const call = (name, ...given) => new Promise((resolve) => {
  camera[name](...given, (error, value) => resolve(error ? error.message : value))
})

await call('connect')
const { firmwareVersion, serialNumber } = await call('getDeviceInformation')
console.log(`firmware "${firmware}" is read as`, firmwareVersion, `and serial number "${serial}" as`, serialNumber)
const seen = []
for (const [i, { $ }] of (await call('getProfiles')).entries()) {
  const answer = await call('getStreamUri', { protocol: 'RTSP', profileToken: $.token })
  console.log(`token "${tokens[i]}" is read as`, $.token, `and asked for as "${asked}":`, answer.uri ?? answer)
  seen.push(asked)
}
const isAsFound = firmwareVersion === 5.1 && serialNumber === Number(serial) &&
  JSON.stringify(seen) === JSON.stringify(['profile-1', '007', '1', String(Number(serial))])
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 20 node finding.mjs
