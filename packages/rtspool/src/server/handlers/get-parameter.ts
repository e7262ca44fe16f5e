import { answerParameters } from '../parameters.js'
import type { Handler } from '../request-context.js'

/** GET_PARAMETER: without a body, a sign of life (RFC 2326 section 10.8). */
export const handleGetParameter: Handler = (context) => answerParameters(context)
