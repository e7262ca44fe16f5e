import { checkOptions, checkText, shown } from '../option-checks.js'
import { requireLineText } from './characters.js'
import { MediaDescription } from './media-description.js'
import { serializeRtpMap } from './rtpmap.js'
import { SdpSection } from './section.js'
import type { SessionDescription } from './session-description.js'

export interface CreateSessionDescriptionOptions {
  /** Session id in `o=`: decimal digits, constant for one presentation. */
  readonly originId: string | number | bigint
  /**
   * Version in `o=`; must increase with each change of the description.
   * @default 1
   */
  readonly originVersion?: string | number | bigint
  /**
   * Address of the media in `c=`. `0.0.0.0` or `::` if SETUP decides (RFC 2326 C.1.7); or a multicast group, for IPv4
   * with its TTL: `239.1.2.3/16`.
   */
  readonly address: string
  /**
   * Unicast address of the sender in `o=`.
   * @default `address` without its TTL
   */
  readonly originAddress?: string
  /** Name of the session in `s=`; an empty name is written as `-`. */
  readonly name: string
  /** Value of `a=range`, such as `npt=0-10.5` or, for live media, `npt=now-`; left out by default. */
  readonly range?: string
  /** Value of `a=tool`, the name of the program that writes the description. @default no such line */
  readonly tool?: string
  /**
   * Value of `a=control` of the presentation, the URI by which clients play all tracks together.
   *
   * @default `*`
   */
  readonly control?: string
}

/**
 * Creates a description without media, with lines in the order of RFC 8866: `v= o= s= c= t= a=…`.
 *
 * @throws {RangeError} `originId` does not consist of digits, or a value contains a control
 *   character.
 * @throws {TypeError} `originId`, `address` or `name` is missing.
 */
export function createSessionDescription(
  options: CreateSessionDescriptionOptions,
): SessionDescription {
  checkOptions('createSessionDescription', options, sessionOptions)
  const { originId, address, range, tool } = options
  checkOriginId(originId)
  checkText('address', address)
  if (typeof options.name !== 'string') {
    throw new TypeError(`name must be a string, got ${shown(options.name)}`)
  }
  const originAddress = options.originAddress ?? address.replace(/\/.*$/, '')
  const session = new SdpSection([
    { type: 'v', value: '0' },
    {
      type: 'o',
      value: `- ${originId} ${options.originVersion ?? 1} IN ${typeAndAddress(originAddress)}`,
    },
    { type: 's', value: options.name === '' ? '-' : options.name },
    { type: 'c', value: `IN ${typeAndAddress(address)}` },
    { type: 't', value: '0 0' },
  ])
  if (tool !== undefined) session.addAttribute('tool', tool)
  session.addAttribute('control', options.control ?? '*')
  if (range !== undefined) session.addAttribute('range', range)
  requireSectionText(session)
  return { session, media: [] }
}

export interface CreateMediaDescriptionOptions {
  readonly kind: 'video' | 'audio' | 'application' | 'text' | 'message'
  /** RTP payload type of the track, 0 to 127. */
  readonly payloadType: number
  /** Name of the encoding in `a=rtpmap`, e.g. `H264`. */
  readonly encoding: string
  /** Clock rate of the track: ticks of its RTP timestamp in a second. */
  readonly clockRate: number
  /** Number of audio channels; left out by default, which means one. */
  readonly channels?: number
  /** Value of `a=fmtp` without the payload type; the line is left out by default. */
  readonly fmtp?: string
  /** Value of `b=AS`: bandwidth of the track in kbit/s including headers; the line is left out by default. */
  readonly bandwidthKbps?: number
  /** Value of `a=control`, the URI by which clients set up the track; the line is left out by default. */
  readonly control?: string
  /**
   * Port in `m=`; 0 lets SETUP choose.
   * @default 0
   */
  readonly port?: number
  /**
   * Transport protocol in `m=`.
   *
   * @default `RTP/AVP`
   */
  readonly protocol?: string
}

const largestPayloadType = 127

/**
 * Creates the description of one track with one payload type: `m= b= a=rtpmap a=fmtp a=control`.
 *
 * @throws {RangeError} The payload type or port is out of range, or a value contains a control
 *   character.
 * @throws {TypeError} `kind`, `encoding` or `clockRate` is missing.
 */
export function createMediaDescription(options: CreateMediaDescriptionOptions): MediaDescription {
  checkOptions('createMediaDescription', options, mediaOptions)
  const { kind, payloadType, encoding, clockRate, channels, fmtp, bandwidthKbps, control } = options
  if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > largestPayloadType) {
    throw new RangeError(
      `payloadType must be from 0 to ${largestPayloadType}, got ${shown(payloadType)}`,
    )
  }
  checkText('kind', kind)
  checkText('encoding', encoding)
  if (typeof clockRate !== 'number') {
    throw new TypeError(`clockRate must be a number, got ${shown(clockRate)}`)
  }
  const media = new MediaDescription({
    kind,
    port: options.port ?? 0,
    protocol: options.protocol ?? 'RTP/AVP',
    formats: [`${payloadType}`],
  })
  if (bandwidthKbps !== undefined) media.setValue('b', `AS:${Math.ceil(bandwidthKbps)}`)
  const rtpmap =
    channels === undefined ? { encoding, clockRate } : { encoding, clockRate, channels }
  media.addAttribute('rtpmap', `${payloadType} ${serializeRtpMap(rtpmap)}`)
  if (fmtp !== undefined) media.addAttribute('fmtp', `${payloadType} ${fmtp}`)
  if (control !== undefined) media.addAttribute('control', control)
  requireSectionText(media.section)
  return media
}

const sessionOptions: readonly (keyof CreateSessionDescriptionOptions)[] = [
  ...(['originId', 'originVersion', 'address', 'originAddress'] as const),
  ...(['name', 'range', 'tool', 'control'] as const),
]

const mediaOptions: readonly (keyof CreateMediaDescriptionOptions)[] = [
  ...(['kind', 'payloadType', 'encoding', 'clockRate', 'channels', 'fmtp'] as const),
  ...(['bandwidthKbps', 'control', 'port', 'protocol'] as const),
]

function checkOriginId(originId: unknown): void {
  const message = `originId must be decimal digits, got ${shown(originId)}`
  if (!['string', 'number', 'bigint'].includes(typeof originId)) throw new TypeError(message)
  if (!/^\d+$/.test(String(originId))) throw new RangeError(message)
}

function typeAndAddress(address: string): string {
  return `${address.includes(':') ? 'IP6' : 'IP4'} ${address}`
}

function requireSectionText(section: SdpSection): void {
  for (const { type, value } of section.lines) requireLineText(value, `the value of ${type}=`)
}
