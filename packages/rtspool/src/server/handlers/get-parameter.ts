import type { Handler } from '../request/request-context.js'
import { answerParameters } from './parameters.js'

/**
 * Handles GET_PARAMETER. Without a body, the request only keeps the session alive (RFC 2326 section
 * 10.8).
 */
export const handleGetParameter: Handler = (context) => answerParameters(context)
