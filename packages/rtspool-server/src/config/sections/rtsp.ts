import { rtspServerDefaults } from 'rtspool'
import { z } from 'zod'
import { host, hostText, key, network, port, portRange, portRangeText } from '../key-meta.js'

const defaults = rtspServerDefaults
const maxDatagramBytes = 65_507

/** Returns whether a text is the origin of a web page, such as `https://example.com`, or `*`. */
const isOrigin = (text: string): boolean =>
  text === '*' || (URL.canParse(text) && new URL(text).origin === text)

const originText = 'an origin such as https://example.com, or *'

/** Section `rtsp` of the configuration: addresses and ports of the server, and tunnels. */
export const rtspSection = z.strictObject({
  port: key(z.union([port(), z.literal(false)]).default(defaults.port), {
    description: 'TCP port to listen on; 0 lets the system choose, false serves TLS only',
    flag: '--port <port>',
  }),
  host: key(host().optional(), {
    description: 'address or name to listen on',
    flag: '--host <host>',
    defaultText: 'all addresses',
    expected: hostText,
    examples: ['127.0.0.1'],
  }),
  udpPorts: key(z.union([portRange(), z.literal(false)]).default(defaults.udpPorts.join('-')), {
    description: 'range from which one even/odd pair of UDP ports is taken; false = no UDP',
    flag: '--udp-ports <a-b>',
    expected: `${portRangeText}, or false`,
  }),
  maxDatagramBytes: key(z.int().min(0).max(maxDatagramBytes).default(defaults.maxDatagramBytes), {
    description: `largest RTP packet for UDP viewers and multicast groups; 0 = ${maxDatagramBytes}, in IP fragments`,
    unit: 'bytes',
  }),
  httpTunnel: key(z.boolean().default(defaults.httpTunnel), {
    description: 'accept clients through HTTP, on the same ports',
  }),
  webSocket: key(z.union([z.boolean(), z.literal('ifInstalled')]).default('ifInstalled'), {
    description: 'accept clients through WebSockets; ifInstalled = with the package ws only',
  }),
  trustedProxies: key(z.array(network()).default([...defaults.trustedProxies]), {
    description:
      'addresses and networks of proxies that begin each connection with a PROXY header; none = nobody',
    flag: '--trusted-proxies <list>',
    live: true,
    examples: [['10.0.0.5']],
  }),
  allowedOrigins: key(
    z
      .array(key(z.string().refine(isOrigin, originText), { description: originText }))
      .default([...defaults.allowedOrigins]),
    {
      description: 'origins of web pages that may use WebSockets and tunnels; * = all',
      live: true,
      examples: [['https://example.com']],
    },
  ),
  nativeSockets: key(z.boolean().default(defaults.nativeSockets), {
    description: 'send through native system calls, with the package koffi on Linux',
  }),
  sendThreads: key(z.union([z.literal('auto'), z.number().int().min(0).max(64)]).default('auto'), {
    description:
      'threads that send to groups of 16 and more viewers; auto = one less than the processors, at most 8; 0 = none',
    flag: '--send-threads <n>',
  }),
})
