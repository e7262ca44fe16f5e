import { ClientError, RtspError } from '../../errors.js'
import type { RtspResponse } from '../../rtsp/index.js'
import type { MediaDescription, RtpMap, SessionDescription } from '../../sdp/index.js'
import { baseUriOf, controlUriOf } from './control-uri.js'
import { type DescribedGroup, describedGroupOf } from './described-group.js'
import {
  type DescribedKey,
  describedKeyOf,
  type SecureProfile,
  secureProfileOf,
} from './described-key.js'
import { readDescription } from './read-description.js'

/** One track as the server describes it. */
export interface DescribedTrack {
  readonly index: number
  readonly description: MediaDescription
  /** URI for the SETUP of the track. */
  readonly uri: string
  readonly payloadType: number
  readonly rtpmap: RtpMap
  readonly parameters: string | undefined
  /** True if the server has 16-bit samples of the payload type with their least significant byte first. */
  readonly isLittleEndian: boolean
  /** Profile of a track with SRTP; `undefined` for a track without encryption. */
  readonly secureProfile: SecureProfile | undefined
  /** SRTP key of the server; `undefined` if the description has no usable one. */
  readonly key: DescribedKey | undefined
  /** Multicast group of the track; `undefined` if the description has no readable address. */
  readonly group: DescribedGroup | undefined
  readonly direction: 'receive' | 'send'
}

/** Parsed session description of a server: its tracks, and the URI that controls all of them. */
export interface Presentation {
  readonly description: SessionDescription
  readonly tracks: readonly DescribedTrack[]
  /** URI for PLAY, PAUSE, TEARDOWN and keep-alives. */
  readonly aggregateUri: string
}

const maxPayloadType = 127
/**
 * Clock rate in Hz of a track without a usable `a=rtpmap`, unless it is audio; the next constant is that for audio (RFC
 * 3551).
 */
const videoClockRate = 90_000
const audioClockRate = 8000

/**
 * Parses the session description in the response to a DESCRIBE.
 *
 * @param requestUri - Absolute URI of the DESCRIBE.
 * @throws {ClientError} `ERR_CLIENT_PROTOCOL` if there is no readable description.
 */
export function readPresentation(response: RtspResponse, requestUri: string): Presentation {
  const description = parseSafely(response.body)
  const base = baseUriOf(response, requestUri)
  const { session, media } = description
  // Cameras mark normal tracks as back channel. A server that sends nothing would be of no use.
  const hasNormal = media.some((each) => !each.hasAttribute('sendonly'))
  return {
    description,
    aggregateUri: controlUriOf(base, session.attribute('control')),
    tracks: media.map((each, index) => {
      const payloadType = payloadTypeOf(each)
      const isLittleEndian = renamePcm(each, payloadType)
      const secureProfile = secureProfileOf(each)
      return {
        index,
        description: each,
        uri: controlUriOf(base, each.control),
        payloadType,
        rtpmap: each.rtpmap(payloadType) ?? {
          encoding: '',
          clockRate: each.kind === 'audio' ? audioClockRate : videoClockRate,
        },
        parameters: parametersOf(description, each, payloadType),
        isLittleEndian,
        secureProfile,
        group: describedGroupOf(description, each),
        key: secureProfile && describedKeyOf(description, each),
        direction: hasNormal && each.hasAttribute('sendonly') ? 'send' : 'receive',
      }
    }),
  }
}

/**
 * Renames the encoding `PCM` to L16. Hikvision cameras send samples of 16 bits under that name, which no RFC
 * defines, with the least significant byte first.
 *
 * @returns Whether the track had that name: its samples are to be turned.
 */
function renamePcm(media: MediaDescription, payloadType: number): boolean {
  const { encoding, clockRate, channels } = media.rtpmap(payloadType) ?? {}
  if (encoding?.toUpperCase() !== 'PCM') return false
  const suffix = channels === undefined ? '' : `/${channels}`
  const { lines } = media.section
  const index = lines.findIndex(
    ({ type, value }) => type === 'a' && mappedTypeOf(value) === payloadType,
  )
  lines[index] = { type: 'a', value: `rtpmap:${payloadType} L16/${clockRate}${suffix}` }
  return true
}

/** Returns the payload type of `rtpmap:97 PCM/8000`; `undefined` for another attribute. */
function mappedTypeOf(attribute: string): number | undefined {
  const [, type] = /^rtpmap:\s*(\d{1,3})\s+\S/.exec(attribute) ?? []
  return type === undefined ? undefined : Number(type)
}

function parseSafely(body: Buffer): SessionDescription {
  try {
    return readDescription(body)
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
    throw new ClientError('ERR_CLIENT_PROTOCOL', `the server has sent ${error.message}`, {
      cause: error,
    })
  }
}

/** Returns the first payload type of the `m=` line, or else of `a=rtpmap`; -1 without any. */
function payloadTypeOf(media: MediaDescription): number {
  const [first] = media.payloadTypes
  if (first !== undefined) return first
  const mapped = Number.parseInt(media.attribute('rtpmap') ?? '', 10)
  return mapped >= 0 && mapped <= maxPayloadType ? mapped : -1
}

/**
 * Returns `a=fmtp` of a payload type, even from below another `m=` line, where some cameras put it.
 * Lines of media that use the same payload type themselves are not searched.
 */
function parametersOf(
  { session, media }: SessionDescription,
  own: MediaDescription,
  payloadType: number,
): string | undefined {
  const strangers = media.filter((each) => !each.payloadTypes.includes(payloadType))
  for (const section of [own, session, ...strangers]) {
    for (const text of section.attributes('fmtp')) {
      const [, number, parameters] = /^\s*(\d{1,3})\s+(\S.*)$/.exec(text) ?? []
      if (number !== undefined && Number(number) === payloadType) return parameters?.trimEnd()
    }
  }
  return undefined
}
