import { ClientError } from '../../errors.js'

/**
 * Tags for the Require header, by extension of ONVIF (Streaming Specification, sections on back channel and replay).
 */
export const onvifTags = {
  backChannel: 'www.onvif.org/ver20/backchannel',
  replay: 'onvif-replay',
} as const

/** Returns the Require header with the tags of the extensions that are `true`; no header if there are none. */
export function requireHeader(
  wanted: Partial<Record<keyof typeof onvifTags, boolean>>,
): Readonly<Record<string, string>> {
  const tags = (['backChannel', 'replay'] as const).filter((name) => wanted[name])
  return tags.length === 0 ? {} : { Require: tags.map((name) => onvifTags[name]).join(', ') }
}

/**
 * Returns whether a refused request may succeed without the back channel: not with status 404 or refused credentials.
 */
export const isBackChannelRefusal = (error: unknown): boolean =>
  error instanceof ClientError &&
  error.code === 'ERR_CLIENT_REFUSED' &&
  error.statusCode !== notFound

const notFound = 404
