import { ClientError } from '../../errors.js'

/** Headers of a request for the back channel (ONVIF Streaming Specification section 5.3). */
export const backChannelHeaders = Object.freeze({ Require: 'www.onvif.org/ver20/backchannel' })

/** Returns whether a request may succeed without the back channel: any refusal but a missing stream or login. */
export const isBackChannelRefusal = (error: unknown): boolean =>
  error instanceof ClientError &&
  error.code === 'ERR_CLIENT_REFUSED' &&
  error.statusCode !== notFound

const notFound = 404
