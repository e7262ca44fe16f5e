import { RequestError } from '../../errors.js'
import { parseContentType } from '../../rtsp/index.js'
import { ok, type Reply, type RequestContext } from '../request/request-context.js'

const parametersType = 'text/parameters'
/**
 * Maximum number of parameters in one request; more are refused. The response repeats each name.
 */
const maxNames = 64
const maxNameBytes = 256
/**
 * Maximum number of lines in the body of a request with parameters, including lines without a name; a request with
 * more is refused.
 */
const maxLines = 4 * maxNames

/**
 * Responds to GET_PARAMETER and SET_PARAMETER. The server has no parameters: the response lists
 * every named one as not understood, and none is set (RFC 2326 section 10.9).
 *
 * @param known - Names, in lower case, that the caller has handled already.
 * @throws {RequestError} `ERR_UNSUPPORTED_MEDIA_TYPE` for a body of another type;
 *   `ERR_TOO_MANY_PARAMETERS`.
 */
export function answerParameters(
  { request, session }: RequestContext,
  known: readonly string[] = [],
): Reply {
  const type = parseContentType(request.headers.get('Content-Type')) ?? parametersType
  if (request.body.length > 0 && type !== parametersType) {
    throw new RequestError(
      'ERR_UNSUPPORTED_MEDIA_TYPE',
      `expected a body of type ${parametersType}, got ${type}`,
    )
  }
  const names = parameterNames(request.body).filter((name) => !known.includes(name.toLowerCase()))
  if (names.length === 0) return { ...ok, ...(session ? { session } : {}) }
  return {
    statusCode: 451,
    headers: [['Content-Type', parametersType]],
    body: names.map((name) => `${name}\r\n`).join(''),
  }
}

/**
 * Returns the names of the parameters in the body of a request, which has one parameter on each line: the text before
 * the colon.
 */
function parameterNames(body: Buffer): string[] {
  const names: string[] = []
  let lines = 0
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf('\n', start)
    const end = found < 0 ? body.length : found
    // One byte above the limit, so that a longer name is noticed.
    const line = body.subarray(start, Math.min(end, start + maxNameBytes + 1))
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.subarray(0, colon)
    const text = name.toString().trim()
    if (text !== '') names.push(text)
    if (++lines > maxLines || names.length > maxNames || name.length > maxNameBytes) {
      throw new RequestError(
        'ERR_TOO_MANY_PARAMETERS',
        `expected at most ${maxNames} parameters of ${maxNameBytes} bytes in ${maxLines} lines`,
      )
    }
    start = end + 1
  }
  return names
}
