import type { Handler } from '../request/request-context.js'
import { answerParameters } from './parameters.js'

/** GET_PARAMETER: without a body, a sign of life (RFC 2326 section 10.8). */
export const handleGetParameter: Handler = (context) => answerParameters(context)
