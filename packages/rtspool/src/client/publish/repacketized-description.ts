import type { MediaDescription } from '../../sdp/index.js'

/** Parameters of the AU headers that the library writes for AAC (RFC 3640 section 3.3.6). */
const hbrParameters = ['mode=AAC-hbr', 'sizelength=13', 'indexlength=3', 'indexdeltalength=3']
/** Names of parameters that describe AU headers, or an order of units that the library does not write. */
const headerNames: readonly string[] = [
  ...(['mode', 'sizelength', 'indexlength', 'indexdeltalength'] as const),
  ...(['ctsdeltalength', 'dtsdeltalength', 'randomaccessindication'] as const),
  ...(['streamstateindication', 'auxiliarydatasizelength'] as const),
  ...(['maxdisplacement', 'de-interleavebuffersize'] as const),
]

/**
 * Returns the description of a track whose access units are packetized anew. AAC then has the AU headers of AAC-hbr,
 * whatever mode the source has, such as AAC-lbr. Other descriptions stay as they are.
 */
export function repacketizedDescription(description: MediaDescription): MediaDescription {
  const [payloadType = -1] = description.payloadTypes
  const fmtp = description.fmtp(payloadType) ?? ''
  const encoding = description.rtpmap(payloadType)?.encoding.toUpperCase()
  const parameters = fmtp.split(';').map((text) => text.trim())
  const isHeader = (text: string): boolean =>
    headerNames.includes(text.split('=', 1)[0]?.trim().toLowerCase() ?? '')
  const hasHeaders = parameters.some((text) => /^sizelength\s*=/i.test(text))
  if (encoding !== 'MPEG4-GENERIC' || !hasHeaders) return description
  const others = parameters.filter((text) => text !== '' && !isHeader(text))
  const copy = description.clone()
  const all = copy.attributes('fmtp')
  copy.removeAttributes('fmtp')
  const own = `${payloadType} ${[...others, ...hbrParameters].join(';')}`
  for (const text of all)
    copy.addAttribute('fmtp', Number.parseInt(text, 10) === payloadType ? own : text)
  return copy
}
