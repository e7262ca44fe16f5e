import { srtpSuiteFor } from '../key-mgmt/key-mgmt.js'
import { keyMgmtParameter, takeNewKeys } from '../key-mgmt/srtp-rekey.js'
import type { Handler } from '../request/request-context.js'
import { answerParameters } from './parameters.js'

/**
 * Handles SET_PARAMETER: keeps the session alive (RFC 2326 section 10.9), or accepts new keys for
 * packets of the client (ONVIF).
 */
export const handleSetParameter: Handler = (context) => {
  if (!context.session || !srtpSuiteFor(context)) return answerParameters(context)
  const reply = answerParameters(context, [keyMgmtParameter])
  const keys = takeNewKeys(context, context.session)
  return keys.length > 0 ? { ...reply, headers: [...(reply.headers ?? []), ...keys] } : reply
}
