/** A request as the page sent it, and the response that it is to get. */
export interface ScriptedFetch {
  readonly send: typeof fetch
  /** Method, path and body of each request. */
  readonly requests: string[]
  /** Next responses; the last one is repeated. */
  responses: (Response | Error)[]
}

/** Returns a `fetch` that responds as a test says. */
export function scriptedFetch(...responses: (Response | Error)[]): ScriptedFetch {
  const requests: string[] = []
  const scripted: ScriptedFetch = {
    requests,
    responses,
    send: async (path, { method, body, headers } = {}) => {
      const { authorization } = headers as Record<string, string>
      requests.push([method, path, authorization, body].filter(Boolean).join(' '))
      const [next] = scripted.responses
      if (scripted.responses.length > 1) scripted.responses.shift()
      if (next instanceof Response) return next.clone()
      throw next
    },
  }
  return scripted
}

export const json = (body: object, status = 200): Response =>
  new Response(JSON.stringify(body), { status })
