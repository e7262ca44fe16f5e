import { answerParameters } from '../parameters.js'
import type { Handler } from '../request-context.js'

/** SET_PARAMETER: without a body, a sign of life (RFC 2326 section 10.9). */
export const handleSetParameter: Handler = (context) => answerParameters(context)
