import { z } from 'zod'
import { count, file, fileText, host, hostText, key, network, port, seconds } from '../key-meta.js'

const defaultMediaDownAfter = 10
const defaultKeptEvents = 5000
const defaultLoginLifetime = 8 * 3600
const maxLoginLifetime = 30 * 24 * 3600
const maxKeptEvents = 1_000_000

/** Private networks of IPv4 (RFC 1918 section 3) and IPv6 (RFC 4193 section 3.1). */
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']

const nameText = 'a host name without a port'
const namePattern = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i

/** Section `api` of the configuration: the control API and its page. */
export const apiSection = z.strictObject({
  port: key(port().optional(), {
    description:
      'TCP port of the control API; 0 lets the system choose; the first start prints a token',
    flag: '--api-port <port>',
    defaultText: 'no API',
    examples: [9997],
  }),
  host: key(host().default('127.0.0.1'), {
    description: 'address or name that the control API listens on',
    flag: '--api-host <host>',
    expected: hostText,
  }),
  tokensFile: key(file().optional(), {
    description: 'file for the hashes of API tokens; only its owner may write it',
    flag: '--api-tokens <file>',
    defaultText: 'rtspool-tokens.json in the folder STATE_DIRECTORY, or else the working directory',
    isFile: true,
    expected: fileText,
    examples: ['rtspool-tokens.json'],
  }),
  allowedHosts: key(
    z.array(key(z.string().regex(namePattern), { description: nameText })).default([]),
    {
      description: 'names in URLs of the API, besides localhost and IP addresses',
      flag: '--api-allowed-hosts <list>',
      defaultText: 'none',
      expected: `${nameText}, or a list of them`,
      examples: [['video.example']],
    },
  ),
  trustedProxies: key(z.array(network()).default([]), {
    description:
      'addresses and networks of proxies whose X-Forwarded-For or Forwarded names the client, and whose X-Forwarded-Proto says TLS; none = nobody',
    examples: [['127.0.0.1']],
  }),
  loginLifetime: key(z.int().min(1).max(maxLoginLifetime).default(defaultLoginLifetime), {
    description: 'time for which a login of a user of auth.api is valid',
    unit: 'seconds',
  }),
  sourceNetworks: key(z.array(network()).default(privateNetworks), {
    description:
      'networks of cameras that the API may add as sources; none = it adds none. The file may name any',
    live: true,
    defaultText: 'private networks of IPv4 and IPv6, without the loopback',
    examples: [['192.168.7.0/24']],
  }),
  page: key(z.boolean().default(true), {
    description: 'serve the web page on the port of the API; it asks for a password or a token',
  }),
  tls: key(z.boolean().default(false), {
    description: 'serve the API by HTTPS with the certificate of tls.certFile',
    flag: '--api-tls',
    flagText: 'serve the API by HTTPS with the certificate of --tls-cert',
    flagValue: true,
  }),
  mediaDownAfter: key(seconds().default(defaultMediaDownAfter), {
    description: 'time without a packet after which a media counts as down; 0 = never',
    unit: 'seconds',
    flag: '--media-down-after <seconds>',
  }),
  keptEvents: key(count().min(1).max(maxKeptEvents).default(defaultKeptEvents), {
    description: 'last events kept for clients and receivers that were away',
  }),
})
