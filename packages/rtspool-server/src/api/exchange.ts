import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { Networks } from '../access/networks.js'
import { includesRole } from '../access/roles.js'
import type { RepeatLimit } from '../log/repeat-limit.js'
import type { RefusedLogin } from './access/logins.js'
import { clientOf, type HttpClient } from './client-address.js'
import type { ControlledServer } from './controlled-server.js'
import type { Caller, Operation, OperationInput } from './operation.js'
import { Problem } from './problem.js'
import {
  bearerTokenOf,
  checkHost,
  checkOrigin,
  type HostRules,
  readJsonBody,
} from './request-checks.js'
import type { Route, Router } from './router.js'
import { validate } from './validate.js'

/** Parts of the control API that an {@link Exchange} (one HTTP request and its response) uses. */
export interface ExchangeContext {
  readonly server: ControlledServer
  readonly log: Logger
  /** Limits the number of log lines about refused calls, so that a client cannot fill the log. */
  readonly repeats: RepeatLimit
  readonly router: Router
  readonly hosts: HostRules
  /** HTTP proxies that are trusted to give the address of the client in `X-Forwarded-For` or `Forwarded`. */
  readonly proxies: Networks
}

/**
 * Headers of every response. `Access-Control-Allow-Origin` is left out on purpose, so that pages of
 * other origins cannot read responses.
 */
const commonHeaders = Object.freeze({
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
})

/** Stands for the token of a caller who has sent none, in operations that need no token. */
const nobody: Caller['token'] = Object.freeze({
  ...{ id: '-', name: 'nobody', role: 'metrics', createdTime: new Date(0).toISOString() },
} as const)

/** One request to the API and its response. */
export class Exchange {
  readonly #context: ExchangeContext
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #requestId: string
  #caller: Caller | undefined
  #operation: Operation | undefined
  #input: OperationInput = { params: {}, query: {}, body: {} }

  constructor(
    context: ExchangeContext,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ) {
    this.#context = context
    this.#request = request
    this.#response = response
    this.#requestId = requestId
  }

  /** Responds to the request. Never throws. */
  async run(): Promise<void> {
    this.#response.setHeader('X-Request-Id', this.#requestId)
    for (const [name, value] of Object.entries(commonHeaders)) {
      this.#response.setHeader(name, value)
    }
    try {
      await this.#answer()
    } catch (error) {
      this.#refuse(error)
    }
    this.#noteChange()
  }

  async #answer(): Promise<void> {
    const { router, hosts, server, proxies } = this.#context
    checkHost(this.#request, hosts)
    checkOrigin(this.#request)
    const [path, search] = splitUrl(this.#request.url ?? '/')
    const method = this.#request.method ?? ''
    const open = router.findOpen(method, path)
    const client = clientOf(this.#request, proxies)
    const caller = this.#callerOf(open ? nobody : await this.#authenticate(client), client)
    const route = open ?? router.find(method, path)
    const { operation } = route
    this.#operation = operation
    if (!includesRole(caller.token.role, operation.role)) {
      throw new Problem('forbidden', `the operation needs the role ${operation.role}`, {
        wrong: [{ where: 'token.role', expected: operation.role, got: caller.token.role }],
      })
    }
    const input = await this.#readInput(route, search)
    const context = { server, caller }
    if (operation.raw) {
      this.#response.setHeader('Content-Type', operation.raw.contentTypes[0])
      await operation.raw.respond(context, input, this.#response, this.#request)
    } else {
      this.#send(200, 'application/json', await operation.handle(context, input))
    }
  }

  /**
   * Returns the facts of the bearer token in the request.
   *
   * @throws {Problem} `unauthorized` without a token, or for one that opens nothing.
   */
  async #authenticate({ address }: HttpClient): Promise<Caller['token']> {
    const sent = bearerTokenOf(this.#request)
    if (sent === undefined) throw unauthorized('a bearer token is missing')
    const { bearers } = this.#context.server
    const token = bearers.find(sent, address) ?? (await bearers.accept(sent, address))
    if (!token) throw unauthorized('the token is unknown')
    if ('refusal' in token) throw unauthorized(detailOf(token))
    return token
  }

  #callerOf(token: Caller['token'], client: HttpClient): Caller {
    this.#caller = { token, ...client, requestId: this.#requestId }
    return this.#caller
  }

  async #readInput({ operation, params }: Route, search: URLSearchParams): Promise<OperationInput> {
    const { body, params: paramsSchema, query } = operation
    this.#input = { ...this.#input, params: validate(paramsSchema, 'path', params) }
    this.#input = { ...this.#input, query: validate(query, 'query', membersOf(search)) }
    if (body) {
      const sent = await readJsonBody(this.#request)
      this.#input = { ...this.#input, body: validate(body, 'body', sent, operation.isOpen) }
    }
    return this.#input
  }

  #refuse(error: unknown): void {
    const problem = error instanceof Problem ? error : this.#failure(error)
    if (this.#response.headersSent) {
      this.#response.destroy()
      return
    }
    for (const [name, value] of Object.entries(problem.headers)) {
      this.#response.setHeader(name, value)
    }
    if (!this.#request.complete) {
      // The rest of the body is not needed and may be long, so the connection ends.
      this.#response.setHeader('Connection', 'close')
      this.#request.resume()
    }
    const details = problem.toDetails(this.#requestId)
    this.#send(problem.status, 'application/problem+json', details)
  }

  #failure(err: unknown): Problem {
    const operation = this.#operation?.id
    this.#context.log.error({ requestId: this.#requestId, operation, err }, 'API request failed')
    return new Problem('internal', 'the log has the cause')
  }

  #send(status: number, contentType: string, body: unknown): void {
    const text = JSON.stringify(body)
    this.#response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': Buffer.byteLength(text),
    })
    this.#response.end(text)
  }

  /**
   * Records a change in the audit log, even after an internal error (5xx). A refused call (4xx)
   * stands only in the log of the server, and only if its token is known.
   */
  #noteChange(): void {
    if (!this.#caller || !this.#operation || this.#operation.method === 'get') return
    const { statusCode } = this.#response
    // A failure (5xx) is recorded as well, because a part of the change may have been made.
    if (statusCode >= 400 && statusCode < 500) this.#noteRefusal(this.#caller, this.#operation)
    else if (this.#operation.isChange(this.#input.body)) {
      this.#record(this.#caller, this.#operation)
    }
  }

  #noteRefusal({ token, address }: Caller, { id: operation }: Operation): void {
    const facts = { operation, status: this.#response.statusCode, requestId: this.#requestId }
    const all = { ...facts, token: token.name, address }
    this.#context.repeats.write('info', 'refused by the API', operation, all)
  }

  #record({ token, address }: Caller, called: Operation): void {
    const { id, name, role } = token
    const entry = this.#context.server.audit.add({
      time: new Date().toISOString(),
      requestId: this.#requestId,
      token: { id, name, role },
      address,
      operation: called.id,
      input: { ...asRecord(this.#input.params), ...this.#auditBody(called) },
      status: this.#response.statusCode,
    })
    const { operation, input, status, requestId } = entry
    this.#context.log.info(
      { operation, input, status, requestId, token: name, address },
      'changed by the API',
    )
  }

  #auditBody({ auditBody }: Operation): Readonly<Record<string, unknown>> {
    const { body } = this.#input
    // A refused body may lack members that the function needs.
    const isValid = Object.keys(asRecord(body)).length > 0
    return isValid && auditBody ? auditBody(body) : asRecord(body)
  }
}

function unauthorized(detail: string): Problem {
  const headers = { 'WWW-Authenticate': 'Bearer realm="rtspool"' }
  const wrong = [{ where: 'header.authorization', expected: 'Bearer TOKEN', got: 'no valid one' }]
  return new Problem('unauthorized', detail, { headers, wrong })
}

/** Returns the reason for which a JWT does not open the API, in words for its owner. */
function detailOf({ refusal }: RefusedLogin): string {
  if (refusal === 'forbidden') return 'the token has no role in the API'
  return typeof refusal === 'object' ? refusal.unavailable : 'the token is not valid'
}

const asRecord = (value: unknown): Record<string, unknown> => value as Record<string, unknown>

function splitUrl(url: string): [path: string, search: URLSearchParams] {
  const end = url.indexOf('?')
  return end === -1
    ? [url, new URLSearchParams()]
    : [url.slice(0, end), new URLSearchParams(url.slice(end))]
}

/** Returns the members of a query. A repeated name becomes a list, which no schema accepts. */
function membersOf(search: URLSearchParams): Record<string, unknown> {
  const names = [...new Set(search.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const values = search.getAll(name)
      return [name, values.length === 1 ? values[0] : values]
    }),
  )
}
