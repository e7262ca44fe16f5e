import { ClientError } from '../../errors.js'

/** Tags of extensions of ONVIF (Streaming Specification, sections on the back channel and on replay). */
export const onvifTags = {
  backChannel: 'www.onvif.org/ver20/backchannel',
  replay: 'onvif-replay',
} as const

/** Returns the header Require of the tags whose condition holds; none without any. */
export function requireHeader(
  wanted: Partial<Record<keyof typeof onvifTags, boolean>>,
): Readonly<Record<string, string>> {
  const tags = (['backChannel', 'replay'] as const).filter((name) => wanted[name])
  return tags.length === 0 ? {} : { Require: tags.map((name) => onvifTags[name]).join(', ') }
}

/** Returns whether a request may succeed without the back channel: any refusal but a missing stream or login. */
export const isBackChannelRefusal = (error: unknown): boolean =>
  error instanceof ClientError &&
  error.code === 'ERR_CLIENT_REFUSED' &&
  error.statusCode !== notFound

const notFound = 404
