import { RequestError } from '../errors.js'
import { parseContentType } from '../rtsp/index.js'
import { ok, type Reply, type RequestContext } from './request-context.js'

const parametersType = 'text/parameters'

/**
 * Answers GET_PARAMETER and SET_PARAMETER. No parameter is known here: every one that the body names is listed
 * in the answer as not understood, and none is set (RFC 2326 section 10.9).
 *
 * @param known - Names, in lower case, that somebody else has taken care of.
 * @throws {RequestError} `ERR_UNSUPPORTED_MEDIA_TYPE` when the body is said to be something else.
 */
export function answerParameters(
  { request, session }: RequestContext,
  known: readonly string[] = [],
): Reply {
  const names = parameterNames(request.body.toString()).filter(
    (name) => !known.includes(name.toLowerCase()),
  )
  const type = parseContentType(request.headers.get('Content-Type')) ?? parametersType
  if (request.body.length > 0 && type !== parametersType) {
    throw new RequestError(
      'ERR_UNSUPPORTED_MEDIA_TYPE',
      `expected a body of type ${parametersType}, got ${type}`,
    )
  }
  if (names.length === 0) return { ...ok, ...(session ? { session } : {}) }
  return {
    statusCode: 451,
    headers: [['Content-Type', parametersType]],
    body: names.map((name) => `${name}\r\n`).join(''),
  }
}

/** What stands in front of the colon, one parameter a line. */
function parameterNames(body: string): string[] {
  return body
    .split('\n')
    .map((line) => (line.split(':', 1)[0] ?? '').trim())
    .filter((name) => name !== '')
}
