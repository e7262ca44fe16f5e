#!/usr/bin/env bash
# Package    onvif 0.8.3 (npm), an ONVIF client for Node.js.
# Behaviour  Of the address of a service that GetServices returns, the client uses the path alone: it asks at the host and port
#            of the device service. `uri.media` holds the whole address, and that of a pull point is followed as a whole.
# Expected   Each service is asked at its own address: XAddr of ONVIF Core is a whole URL. An option, preserveAddress, exists to
#            put the host and port of the device service into it, and it is off.
# Seen       All at one port: 1 profile. Media service at a port of its own: GetProfiles at the device port, 0 profiles, connected
#            without an error. PullMessages goes to the port that the device named.
# Matters    A gateway or camera whose media service has a port of its own gives this client no stream URI. A server that names
#            its services should have all of them at the port of the device service.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix . onvif@0.8.3 >/dev/null

cat > finding.mjs <<'END'
import { createServer } from 'node:http'
import onvif from 'onvif'

const names = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing" ' +
  'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" ' +
  'xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" ' +
  'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"'
const fault = '<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>' +
  '<s:Reason><s:Text xml:lang="en">not at this address</s:Text></s:Reason></s:Fault>'
const requests = []

/** Serves the actions given, and answers all others with a fault. */
async function serve(name, actions) {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const part of request) text += part
    const action = /:Body[^>]*><(\w+)/.exec(text)[1]
    requests.push(`${action} -> ${name}${request.url}`)
    const body = actions[action]?.()
    response.writeHead(body ? 200 : 400, { 'Content-Type': 'application/soap+xml; charset=utf-8' })
    response.end(`<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${names}><s:Body>${body ?? fault}</s:Body></s:Envelope>`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

const now = (offset) => new Date(Date.now() + offset).toISOString()
const media = {
  GetProfiles: () => '<trt:GetProfilesResponse><trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name>' +
    '<tt:VideoSourceConfiguration token="source"><tt:Name>source</tt:Name><tt:UseCount>1</tt:UseCount>' +
    '<tt:SourceToken>sensor</tt:SourceToken><tt:Bounds x="0" y="0" width="1280" height="720"/></tt:VideoSourceConfiguration>' +
    '<tt:VideoEncoderConfiguration token="encoder"><tt:Name>encoder</tt:Name><tt:UseCount>1</tt:UseCount>' +
    '<tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution>' +
    '<tt:Quality>5</tt:Quality><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address>' +
    '</tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>' +
    '<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration></trt:Profiles></trt:GetProfilesResponse>',
  GetVideoSources: () => '<trt:GetVideoSourcesResponse><trt:VideoSources token="sensor"><tt:Framerate>25</tt:Framerate>' +
    '<tt:Resolution><tt:Width>1280</tt:Width><tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources>' +
    '</trt:GetVideoSourcesResponse>',
}
const pullPoint = {
  PullMessages: () => `<tev:PullMessagesResponse><tev:CurrentTime>${now(0)}</tev:CurrentTime>` +
    `<tev:TerminationTime>${now(60_000)}</tev:TerminationTime></tev:PullMessagesResponse>`,
}

/** Serves the device service, of a device whose media service and pull points are at the port given, or at its own. */
async function serveDevice(actions, otherPort) {
  const ports = {}
  ports.own = await serve('device', {
    GetSystemDateAndTime: () => '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>' +
      '<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>' +
      '<tt:Time><tt:Hour>10</tt:Hour><tt:Minute>0</tt:Minute><tt:Second>0</tt:Second></tt:Time>' +
      '<tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>30</tt:Day></tt:Date>' +
      '</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>',
    GetServices: () => '<tds:GetServicesResponse>' + [
      ['device', ports.own, '/onvif/device_service'], ['events', ports.own, '/events'], ['media', ports.other, '/media'],
    ].map(([name, port, path]) => `<tds:Service><tds:Namespace>http://www.onvif.org/ver10/${name}/wsdl</tds:Namespace>` +
      `<tds:XAddr>http://127.0.0.1:${port}${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor>` +
      '</tds:Version></tds:Service>').join('') + '</tds:GetServicesResponse>',
    CreatePullPointSubscription: () => '<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>' +
      `<a:Address>http://127.0.0.1:${ports.other}/pull-point</a:Address></tev:SubscriptionReference>` +
      `<wsnt:CurrentTime>${now(0)}</wsnt:CurrentTime><wsnt:TerminationTime>${now(120_000)}</wsnt:TerminationTime>` +
      '</tev:CreatePullPointSubscriptionResponse>',
    ...actions,
  })
  ports.other = otherPort ?? ports.own
  return ports.own
}

/** Lets the client connect and pull messages, and returns what it knows and asked then. */
async function run(port) {
  requests.length = 0
  const camera = new onvif.Cam({ hostname: '127.0.0.1', port, autoconnect: false })
  const call = (name, ...given) => new Promise((resolve) => {
    camera[name](...given, (error) => resolve(error?.message ?? 'no error'))
  })
  const seen = { connect: await call('connect'), preserveAddress: camera.preserveAddress, 'uri.media': camera.uri.media.href }
  await call('createPullPointSubscription')
  Object.assign(seen, { pullMessages: await call('pullMessages', {}), profiles: camera.profiles.length, requests: [...requests] })
  console.log(seen)
  return seen
}

const together = await run(await serveDevice({ ...media, ...pullPoint }))
const otherPort = await serve('other port', { ...media, ...pullPoint })
const apart = await run(await serveDevice({}, otherPort))

const isAsFound = together.profiles === 1 && apart.profiles === 0 && apart.connect === 'no error' && !apart.preserveAddress &&
  apart['uri.media'] === `http://127.0.0.1:${otherPort}/media` &&
  apart.requests.includes('GetProfiles -> device/media') && !apart.requests.includes('GetProfiles -> other port/media') &&
  apart.requests.includes('PullMessages -> other port/pull-point')
console.log(isAsFound ? 'as found' : 'CHANGED')
process.exit(isAsFound ? 0 : 1)
END
timeout 20 node finding.mjs
