/**
 * Error responses of the API: status code and title by name. The name is the last part of `type` in the problem details
 * that a response contains, and never changes.
 *
 * @see RFC 9457
 */
export const problems = Object.freeze({
  'invalid-request': { status: 400, title: 'The request has a wrong value' },
  unauthorized: { status: 401, title: 'A bearer token is missing or unknown' },
  'wrong-login': { status: 401, title: 'The login is wrong' },
  forbidden: { status: 403, title: 'The role of the token does not allow the operation' },
  'login-refused': { status: 403, title: 'The login is not allowed' },
  'origin-refused': { status: 403, title: 'The request comes from a page of another origin' },
  'not-found': { status: 404, title: 'Nothing has this address' },
  'method-not-allowed': { status: 405, title: 'The resource does not have this method' },
  conflict: { status: 409, title: 'The present state does not allow the operation' },
  'no-picture': { status: 409, title: 'The media has no picture that can be shown' },
  'no-jpeg': { status: 409, title: 'The server cannot make a JPEG' },
  'body-too-large': { status: 413, title: 'The body is larger than the limit' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json' },
  'host-refused': { status: 421, title: 'The Host header names another server' },
  'too-many': { status: 429, title: 'A limit of the API is reached' },
  internal: { status: 500, title: 'The server has failed' },
  'no-key-frame': { status: 503, title: 'No key frame has arrived yet' },
  'login-unavailable': { status: 503, title: 'The login cannot be checked now' },
  'not-ready': { status: 503, title: 'The server accepts no clients now' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>)

/** Name of an error response, such as `not-found`. */
export type ProblemName = keyof typeof problems

/** A wrong value in a request: its place, the expected value and the received one. Error responses list such values. */
export interface WrongValue {
  /** Part of the request and name of the value, such as `query.limit` or `body.filter.state`. */
  readonly where: string
  readonly expected: string
  /** Value in the request, as text, cut off after 100 characters. */
  readonly got: string
}

/** Error that an operation throws to end with an error response, whose status code depends on its name. */
export class Problem extends Error {
  readonly problem: ProblemName
  readonly wrong: readonly WrongValue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    problem: ProblemName,
    detail: string,
    {
      wrong = [],
      headers = {},
    }: { readonly wrong?: readonly WrongValue[]; readonly headers?: Record<string, string> } = {},
  ) {
    super(detail)
    this.name = 'Problem'
    this.problem = problem
    this.wrong = wrong
    this.headers = headers
  }

  get status(): number {
    return problems[this.problem].status
  }

  /** Returns the JSON body of the error response (RFC 9457), with each wrong value of the request. */
  toDetails(requestId: string) {
    const { status, title } = problems[this.problem]
    return {
      type: `urn:rtspool:problem:${this.problem}`,
      title,
      status,
      detail: this.message,
      instance: `urn:uuid:${requestId}`,
      ...(this.wrong.length > 0 && { errors: this.wrong }),
    }
  }
}

/**
 * Creates the error response for an id in the path that belongs to no object.
 *
 * @param kind - Noun for the missing thing, such as `ban`.
 * @param where - Part of the request that has the id.
 */
export function nothingNamed(kind: string, id: string, where = 'path.publicId'): Problem {
  return new Problem('not-found', `no ${kind} has the id`, {
    wrong: [{ where, expected: `id of a ${kind}`, got: JSON.stringify(id) }],
  })
}
