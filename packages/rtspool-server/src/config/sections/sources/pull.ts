import { isIP } from 'node:net'
import { parseClientUrl } from 'rtspool/client'
import { relayDefaults } from 'rtspool/relay'
import { z } from 'zod'
import { basicPolicies, pullDefaults, pullTransports } from '../../../sources/pull/pull-plan.js'
import { file, fileText, key, seconds } from '../../key-meta.js'
import { httpUrl } from '../http-url.js'

export const pullUrlText =
  'an RTSP URL, such as rtsp://192.0.2.7/stream, without spaces and backslashes'
const maxUrlLength = 2048
/**
 * Maximum number of failover URLs, which replace the main URL of a source while it fails. With the main URL, a source
 * has at most 16.
 */
export const maxFailover = 15
/** Matches characters that URL parsers treat differently, such as backslashes; such a URL is refused. */
const ambiguous = /[\\\s\p{Cc}]/u

/** Returns whether a text is a URL that can be pulled: `rtsp`, `rtsps`, `ws` or `wss`, with a host. */
export function isPullUrl(text: string): boolean {
  if (text.length > maxUrlLength || ambiguous.test(text)) return false
  return parseClientUrl(text) !== undefined
}

/** Returns the numeric address in a URL; `undefined` for a URL with a host name. */
export function addressIn(url: string): string | undefined {
  // The parser of the client, so that the address is the one that is connected to.
  const address = parseClientUrl(url)?.host ?? ''
  return isIP(address) === 0 ? undefined : address
}

const fingerprintText = 'a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons'
const maxTextLength = 1024
const onvifText = 'a URL with http or https, without user and password'

/** Returns whether a URL has a user or password; `false` for a text that is no URL. */
function hasLogin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}

export const pullUrl = () => z.string().refine(isPullUrl, pullUrlText)
export const pullUser = () => z.string().min(1).max(maxTextLength)
export const pullFingerprint = () =>
  z.string().refine((text) => /^[\da-f]{64}$/i.test(text.replaceAll(':', '')), fingerprintText)

/** Schema of the key `pull` of a source: the stream of a camera or server that is pulled by RTSP. */
export const pullSettings = z.strictObject({
  url: key(pullUrl(), {
    description: 'URL of the stream; it may contain user and password',
    live: true,
    isSecret: true,
    expected: pullUrlText,
    defaultText: 'required',
    examples: ['rtsp://192.0.2.7/stream'],
  }),
  failover: key(
    z
      .array(key(pullUrl(), { description: 'URL of a spare stream', isSecret: true }))
      .max(maxFailover)
      .default([]),
    {
      description:
        'URLs that take over in this order while the one before is away; login and certificate are those of url, but for a URL with a login of its own',
      live: true,
      isSecret: true,
      expected: `a list of at most ${maxFailover} RTSP URLs, such as [rtsp://192.0.2.8/stream]`,
      defaultText: 'none',
      examples: [['rtsp://192.0.2.8/stream']],
    },
  ),
  returnSeconds: key(seconds().default(relayDefaults.returnSeconds), {
    description: 'time between two attempts to return to url while another URL serves; 0 = none',
    unit: 'seconds',
    live: true,
  }),
  username: key(pullUser().optional(), {
    description: 'user of the camera',
    live: true,
    defaultText: 'that of the URL',
  }),
  passwordFile: key(file().optional(), {
    description: 'file with the password of the camera, read again at each reload',
    live: true,
    isFile: true,
    expected: fileText,
    defaultText: 'the password of the URL',
  }),
  passwordVariable: key(
    z
      .string()
      .regex(/^[A-Za-z_]\w*$/)
      .optional(),
    {
      description: 'environment variable with the password of the camera',
      live: true,
      expected: 'the name of a variable',
      defaultText: 'the password of the URL',
      examples: ['CAMERA_PASSWORD'],
    },
  ),
  transport: key(z.enum(pullTransports).default(pullDefaults.transport), {
    description: 'transport of the packets; auto = TCP, then UDP',
    live: true,
  }),
  fingerprint: key(pullFingerprint().optional(), {
    description: 'fingerprint of the certificate of an rtsps: URL, which may then be self-signed',
    live: true,
    expected: fingerprintText,
    defaultText: 'an authority must have signed the certificate',
  }),
  basic: key(z.enum(basicPolicies).default(pullDefaults.basic), {
    description: 'connections on which the password may be sent in clear (Basic)',
    live: true,
  }),
  onvif: key(
    httpUrl()
      .refine((text) => !hasLogin(text), onvifText)
      .optional(),
    {
      description:
        'URL of the device service of the camera (ONVIF), for recordings with when: motion; user and password are those of the stream',
      live: true,
      isSecret: true,
      expected: onvifText,
      defaultText: 'none',
      examples: ['http://192.0.2.7/onvif/device_service'],
    },
  ),
  maxRedirects: key(z.int().min(0).max(20).default(pullDefaults.maxRedirects), {
    description: 'limit on redirects to other URLs; 0 = none is followed',
    live: true,
  }),
})
