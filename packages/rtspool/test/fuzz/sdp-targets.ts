import {
  parseRtpMap,
  parseSdp,
  resolveControl,
  serializeRtpMap,
  serializeSdp,
} from '../../src/sdp/index.js'
import { parseCryptoAttribute } from '../../src/srtp/index.js'
import { sdpSamples } from '../sdp/samples.js'
import { type FuzzTarget, fuzzTarget, textTarget } from './target.js'

/** Returns all facts that the server reads from a description, as plain values. */
function factsOf(input: Buffer) {
  const { session, media } = parseSdp(input)
  return {
    text: serializeSdp({ session, media }),
    control: resolveControl('rtsp://h/cam', session.attribute('control')),
    media: media.map((one) => ({
      ...{ kind: one.kind, port: one.port, count: one.portCount, protocol: one.protocol },
      control: resolveControl('rtsp://h/cam', one.control),
      keys: one.attributes('key-mgmt'),
      formats: one.payloadTypes.map((type) => [type, one.rtpmap(type), one.fmtp(type)]),
    })),
  }
}

/** Session descriptions and their lines. */
export const sdpTargets: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'sdp',
    tags: ['B-LOOP', 'A-REC-1'],
    format: 'txt',
    seeds: sdpSamples.map(({ text }) => Buffer.from(text)),
    read: factsOf,
    write: ({ text }) => Buffer.from(text),
  }),
  textTarget({
    name: 'crypto-attribute',
    tags: 'B-LOOP',
    read: parseCryptoAttribute,
    write: ({ suite, key, salt, mki }) => {
      const index = mki ? `|${mki.readUIntBE(0, mki.length)}:${mki.length}` : ''
      return `1 ${suite.name} inline:${Buffer.concat([key, salt]).toString('base64')}${index}`
    },
  }),
  textTarget({
    name: 'rtpmap',
    tags: 'B-LOOP',
    read: parseRtpMap,
    write: serializeRtpMap,
  }),
]
