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

/** Returns a text that is equal for descriptions with equal codecs. */
function codecsOf(media: MediaDescription): string {
  const codecs = media.payloadTypes.map((payloadType) => codecOf(media, payloadType))
  return [media.kind.toLowerCase(), ...codecs].join('\n')
}

function codecOf(media: MediaDescription, payloadType: number): string {
  const rtpmap = media.rtpmap(payloadType)
  const encoding = rtpmap?.encoding.toLowerCase()
  const parameters = parametersOf(media.fmtp(payloadType) ?? '')
  return [payloadType, encoding, rtpmap?.clockRate, rtpmap?.channels ?? 1, ...parameters].join(' ')
}

/** Parameters whose values are hexadecimal digits, of either case. */
const hexadecimal: readonly string[] = ['profile-level-id', 'config']

/** Returns the parameters of `a=fmtp` in an order of their own, because servers write them in any order. */
function parametersOf(fmtp: string): string[] {
  const parameters = fmtp.split(';').map((text) => {
    const [name = '', ...value] = text.split('=').map((part) => part.trim())
    const key = name.toLowerCase()
    const joined = value.join('=')
    return `${key}=${hexadecimal.includes(key) ? joined.toLowerCase() : joined}`
  })
  return parameters.filter((parameter) => parameter !== '=').sort()
}
