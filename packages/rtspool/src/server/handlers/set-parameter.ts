import { RequestError } from '../../errors.js'
import { type Handler, ok } from '../request-context.js'

/** SET_PARAMETER: without a body, a sign of life (RFC 2326 section 10.9). No parameter is known. */
export const handleSetParameter: Handler = ({ request, session }) => {
  if (request.body.length > 0) {
    throw new RequestError('ERR_PARAMETER_NOT_UNDERSTOOD', 'no parameter is known here')
  }
  return { ...ok, ...(session ? { session } : {}) }
}
