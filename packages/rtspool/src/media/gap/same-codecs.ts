import type { MediaDescription, SessionDescription } from '../../sdp/index.js'

/**
 * Returns whether the packets of two descriptions can be decoded by the same decoders: the same tracks in the same
 * order, with equal payload types, encodings, clock rates, channels and parameters of `a=fmtp`, such as parameter sets.
 */
export function haveSameCodecs(one: SessionDescription, other: SessionDescription): boolean {
  const wanted = one.media.map(codecsOf)
  const found = other.media.map(codecsOf)
  return wanted.length === found.length && wanted.every((codecs, at) => codecs === found[at])
}

/**
 * Returns whether two tracks have equal encodings, clock rates, channels and parameters of `a=fmtp`, in the same order.
 * Their payload types may differ.
 */
export function haveEqualCodings(one: MediaDescription, other: MediaDescription): boolean {
  return codingsOf(one) === codingsOf(other)
}

/**
 * Returns whether packets of a slate can stand in the place of a track's own: equal encoding, clock rate and channels.
 * The parameters of sound must be equal too. Those of video may differ, because they are sent with each key frame.
 */
export function canSplice(track: MediaDescription, slate: MediaDescription): boolean {
  return spliceTextOf(track) === spliceTextOf(slate)
}

/** Returns the encoding and the clock rate of a track for messages, such as `H264/90000`. */
export function codecTextOf(media: MediaDescription): string {
  const [payloadType = -1] = media.payloadTypes
  const rtpmap = media.rtpmap(payloadType)
  return rtpmap ? `${rtpmap.encoding}/${rtpmap.clockRate}` : `${media.kind} of type ${payloadType}`
}

/** Parameters of `a=fmtp` that do not change how a decoder reads sound. */
const lenient: readonly string[] = ['profile-level-id', 'streamtype']
/** Names of encodings whose packets contain all that a decoder needs, so that `a=fmtp` need not be equal. */
const selfContained: readonly (string | undefined)[] = ['opus']

function spliceTextOf(media: MediaDescription): string {
  const [payloadType = -1] = media.payloadTypes
  const rtpmap = media.rtpmap(payloadType)
  const kind = media.kind.toLowerCase()
  const encoding = rtpmap?.encoding.toLowerCase()
  const isFree = kind === 'video' || selfContained.includes(encoding)
  const parameters = isFree ? [] : parametersOf(media.fmtp(payloadType) ?? '')
  const strict = parameters.filter((each) => !lenient.includes(each.split('=', 1)[0] ?? ''))
  const numbers = [rtpmap?.clockRate, rtpmap?.channels ?? 1]
  return [kind, encoding ?? payloadType, ...numbers, ...strict].join(' ')
}

/**
 * Returns a text for comparing two media sections (`m=`): equal if their encodings and parameters are equal, in the
 * same order.
 */
function codecsOf(media: MediaDescription): string {
  return [media.payloadTypes.join(' '), codingsOf(media)].join('\n')
}

/** Returns a text like {@link codecsOf}, but without payload types of which the encoding is known. */
function codingsOf(media: MediaDescription): string {
  const codings = media.payloadTypes.map((payloadType) => codingOf(media, payloadType))
  return [media.kind.toLowerCase(), ...codings].join('\n')
}

function codingOf(media: MediaDescription, payloadType: number): string {
  const rtpmap = media.rtpmap(payloadType)
  const encoding = rtpmap?.encoding.toLowerCase() ?? `payload type ${payloadType}`
  const parameters = parametersOf(media.fmtp(payloadType) ?? '')
  return [encoding, rtpmap?.clockRate, rtpmap?.channels ?? 1, ...parameters].join(' ')
}

/** Names of `a=fmtp` parameters whose values are hexadecimal digits, so that upper and lower case are equal. */
const hexadecimal: readonly string[] = ['profile-level-id', 'config']

/** Returns the parameters of `a=fmtp` sorted, so that they can be compared: servers write them in any order. */
function parametersOf(fmtp: string): string[] {
  const parameters = fmtp.split(';').map((text) => {
    const [name = '', ...value] = text.split('=').map((part) => part.trim())
    const key = name.toLowerCase()
    const joined = value.join('=')
    return `${key}=${hexadecimal.includes(key) ? joined.toLowerCase() : joined}`
  })
  return parameters.filter((parameter) => parameter !== '=').sort()
}
