import { isToken } from '../../src/rtsp/grammar.js'
import { acceptsSdp } from '../../src/rtsp/headers/accept.js'
import { parseAuthorization, serializeAuthorization } from '../../src/rtsp/headers/authorization.js'
import { parseContentLength } from '../../src/rtsp/headers/content-length.js'
import { parseContentType } from '../../src/rtsp/headers/content-type.js'
import { parseCSeq } from '../../src/rtsp/headers/cseq.js'
import {
  parseKeyMgmt,
  parseKeyMgmtAttribute,
  serializeKeyMgmt,
  serializeKeyMgmtAttribute,
} from '../../src/rtsp/headers/key-mgmt.js'
import { parsePublic, serializePublic } from '../../src/rtsp/headers/public.js'
import { parseRange, serializeRange } from '../../src/rtsp/headers/range.js'
import { parseRequire, serializeUnsupported } from '../../src/rtsp/headers/require.js'
import { parseRtpInfo, serializeRtpInfo } from '../../src/rtsp/headers/rtp-info.js'
import { serializeTransport } from '../../src/rtsp/headers/serialize-transport.js'
import { parseSessionHeader } from '../../src/rtsp/headers/session.js'
import { parseTransport } from '../../src/rtsp/headers/transport.js'
import { parseChallenge, serializeChallenge } from '../../src/rtsp/headers/www-authenticate.js'
import { RtspHeaders } from '../../src/rtsp/message.js'
import { rateHeaders } from '../../src/server/handlers/rate-headers.js'
import {
  authorizationCases,
  challengeCases,
  refusedAuthorizations,
  refusedChallenges,
} from '../rtsp/auth-cases.js'
import {
  cSeqCases,
  rangeCases,
  refusedCSeqs,
  refusedRanges,
  refusedRtpInfos,
  refusedSessions,
  refusedTransports,
  rtpInfoCases,
  sessionCases,
  transportCases,
} from '../rtsp/header-cases.js'
import { type FuzzTarget, textTarget } from './target.js'

const headersOf = (name: string, text: string) => new RtspHeaders([[name, text]])

/** One target for each header that a peer sends. */
export const headerTargets: readonly FuzzTarget[] = [
  textTarget({
    name: 'transport',
    tags: 'B-LOOP',
    seeds: [...transportCases, ...refusedTransports],
    read: parseTransport,
    write: (specs) => {
      // An unknown mode of a known protocol is not kept.
      const isWhole = specs.every(
        ({ isSupported, protocol, profile, lowerTransport }) =>
          isSupported || !isKnown(protocol, profile, lowerTransport),
      )
      return isWhole ? specs.map(serializeTransport).join() : undefined
    },
  }),
  textTarget({
    name: 'range',
    tags: 'B-LOOP',
    seeds: [...rangeCases, ...refusedRanges],
    read: parseRange,
    write: serializeRange,
    // Rounded to microseconds.
    isRounded: true,
  }),
  textTarget({
    name: 'rtp-info',
    tags: 'B-LOOP',
    seeds: [...rtpInfoCases, ...refusedRtpInfos],
    // Quotes are not written again, and a URL may end with characters that they protected.
    read: (text) => ({ entries: parseRtpInfo(text), isQuoted: text.includes('"') }),
    write: ({ entries, isQuoted }) => (isQuoted ? undefined : serializeRtpInfo(entries)),
  }),
  textTarget({
    name: 'session',
    tags: 'B-FIX',
    seeds: [...sessionCases, ...refusedSessions],
    read: parseSessionHeader,
  }),
  textTarget({
    name: 'cseq',
    tags: 'B-CSEQ',
    seeds: [...cSeqCases, ...refusedCSeqs],
    read: parseCSeq,
  }),
  textTarget({
    name: 'content-length',
    tags: ['B-BIG', 'B-SMUG'],
    // Several lines mean several values.
    read: (text) => parseContentLength(text.split('|')),
    write: String,
  }),
  textTarget({
    name: 'content-type',
    tags: 'B-LOOP',
    read: parseContentType,
    write: (type) => type,
  }),
  textTarget({
    name: 'accept',
    tags: 'B-LOOP',
    read: (text) => acceptsSdp(headersOf('Accept', text)),
  }),
  textTarget({
    name: 'require',
    tags: 'B-LOOP',
    read: (text) => {
      const features = parseRequire(headersOf('Require', text))
      return { features, hasEnd: !/"/.test(text) }
    },
    // An unterminated quoted string includes everything after it.
    write: ({ features, hasEnd }) => (hasEnd ? serializeUnsupported(features) : undefined),
  }),
  textTarget({
    name: 'public',
    tags: 'B-LOOP',
    read: (text) => parsePublic(headersOf('Public', text)),
    write: (methods) => (methods.every(isToken) ? serializePublic(methods) : undefined),
  }),
  textTarget({
    name: 'authorization',
    tags: 'B-AUTH0',
    seeds: [...authorizationCases, ...refusedAuthorizations],
    read: parseAuthorization,
    write: (said) => {
      // Escaped text may be invalid in a header, and only tokens are written.
      const tokens = said.scheme === 'Digest' ? [said.algorithm, said.qop, said.nc] : []
      const isPlain = tokens.every((token) => token === undefined || isToken(token))
      return isPlain && isWritable(said) ? serializeAuthorization(said) : undefined
    },
  }),
  textTarget({
    name: 'www-authenticate',
    tags: 'B-LOOP',
    seeds: [...challengeCases, ...refusedChallenges],
    read: parseChallenge,
    write: (challenge) => (isWritable(challenge) ? serializeChallenge(challenge) : undefined),
  }),
  textTarget({
    name: 'key-mgmt',
    tags: 'B-SRTP',
    read: parseKeyMgmt,
    write: (messages) =>
      messages.every(({ protocol }) => isToken(protocol))
        ? messages.map(serializeKeyMgmt).join()
        : undefined,
  }),
  textTarget({
    name: 'key-mgmt-attribute',
    tags: 'B-SRTP',
    read: parseKeyMgmtAttribute,
    write: serializeKeyMgmtAttribute,
  }),
  textTarget({
    name: 'scale-speed',
    tags: 'B-LOOP',
    read: (text) => [
      ...rateHeaders(headersOf('Scale', text)),
      ...rateHeaders(headersOf('Speed', text)),
    ],
  }),
]

const isKnown = (...[protocol, profile, lower]: [string, string, string]): boolean =>
  protocol === 'RTP' && /^S?AVPF?$/.test(profile) && /^(UDP|TCP)$/.test(lower)

const isWritable = (value: object): boolean =>
  Object.values(value).every((part) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    return typeof part !== 'string' || !/[\0-\x1f\x7f]/.test(part)
  })
