import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { closeAfterTest } from '../../../rtspool/test/support/open-things.js'

/** A request that a {@link LocalHook} has received. */
export interface Question {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** A status, a body in JSON, both, or a function that answers by itself, perhaps never. */
export type Answer =
  | number
  | { readonly status?: number; readonly json: object }
  | ((response: ServerResponse) => void)

/** An HTTP server on the loopback that answers as it is told. */
export interface LocalHook {
  readonly url: string
  readonly questions: readonly Question[]
  readonly connections: () => number
}

/** Starts a server that is closed after the test. @param answer - Called for each request. */
export async function localHook(answer: (question: Question) => Answer): Promise<LocalHook> {
  const questions: Question[] = []
  let connections = 0
  const http = createServer(async (request, response) => {
    const { method, headers } = request
    const body = await text(request)
    const facts = body === '' ? {} : JSON.parse(body)
    const question = { method, headers, body, facts }
    questions.push(question)
    const wanted = answer(question)
    if (typeof wanted === 'function') wanted(response)
    else if (typeof wanted === 'number') response.writeHead(wanted).end()
    else {
      const type = { 'content-type': 'application/json' }
      response.writeHead(wanted.status ?? 200, type).end(JSON.stringify(wanted.json))
    }
  })
  http.on('connection', () => connections++)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  closeAfterTest({
    close: async () => {
      http.closeAllConnections()
      http.close()
    },
  })
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/login`
  return { url, questions, connections: () => connections }
}
