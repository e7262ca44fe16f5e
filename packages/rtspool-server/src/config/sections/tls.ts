import { type SrtpSuiteName, tlsDefaults } from 'rtspool'
import { z } from 'zod'
import { file, fileText, host, hostText, key, port } from '../key-meta.js'

const suites = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
] as const satisfies readonly SrtpSuiteName[]
const maxHandshakeTimeout = 60

/** Section `tls` of the configuration: RTSP over TLS. */
export const tlsSection = z.strictObject({
  port: key(port().default(tlsDefaults.port), {
    description: 'TCP port for rtsps; 0 lets the system choose',
    flag: '--tls-port <port>',
  }),
  host: key(host().optional(), {
    description: 'address or name to listen on with TLS',
    defaultText: 'rtsp.host',
    expected: hostText,
    examples: ['127.0.0.1'],
  }),
  keyFile: key(file().optional(), {
    description: 'private key in PEM; turns on RTSP over TLS; SIGHUP reloads it',
    flag: '--tls-key <file>',
    live: true,
    isFile: true,
    expected: fileText,
    examples: ['key.pem'],
  }),
  certFile: key(file().optional(), {
    description: 'certificate in PEM, with its chain; SIGHUP reloads it',
    flag: '--tls-cert <file>',
    live: true,
    isFile: true,
    expected: fileText,
    examples: ['cert.pem'],
  }),
  minVersion: key(z.enum(['TLSv1.2', 'TLSv1.3']).default(tlsDefaults.minVersion), {
    description: 'oldest TLS version to accept',
  }),
  handshakeTimeout: key(
    z.number().gt(0).max(maxHandshakeTimeout).default(tlsDefaults.handshakeTimeout),
    { description: 'time for a client to complete the handshake', unit: 'seconds' },
  ),
  maxPendingHandshakes: key(z.int().min(1).default(tlsDefaults.maxPendingHandshakes), {
    description: 'unfinished handshakes at a time; one more closes the oldest',
  }),
  srtp: key(z.union([z.enum(suites), z.literal(false)]).default(tlsDefaults.srtp), {
    description: 'cipher for the media of viewers with SRTP; false = no SRTP',
  }),
})
