import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Role } from '../access/roles.js'
import type { TokenFacts } from './access/tokens.js'
import type { HttpClient } from './client-address.js'
import type { ControlledServer } from './controlled-server.js'
import type { ProblemName } from './problem.js'

/** Methods of the API, as an OpenAPI document writes them. */
export type OperationMethod = 'get' | 'post' | 'patch' | 'delete'

/** Client that calls an operation of the API, with the token that the client has sent and the id of the request. */
export interface Caller extends HttpClient {
  readonly token: TokenFacts & { readonly user?: string }
  readonly requestId: string
}

export interface OperationContext {
  readonly server: ControlledServer
  readonly caller: Caller
}

/** Path parameters, query and body of a request after their validation. */
export interface OperationInput<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

/** Content type and description of a response that is not JSON. */
export interface RawResponse {
  /** Content types of the response. The first one is set before `respond` is called. */
  readonly contentTypes: readonly [string, ...string[]]
  respond(
    context: OperationContext,
    input: OperationInput,
    response: ServerResponse,
    request: IncomingMessage,
  ): void | Promise<void>
}

/**
 * One operation of the API. The routes, the validation, the access rights, the audit log and the
 * OpenAPI document are all derived from these entries.
 */
export interface Operation {
  readonly id: string
  readonly method: OperationMethod
  /** Path with parameters in braces, as OpenAPI writes them. */
  readonly path: string
  /** Lowest role whose tokens may call the operation. */
  readonly role: Role
  /** True for an operation that clients may call without a token, such as the login. */
  readonly isOpen: boolean
  readonly tag: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** Schema of the body; `undefined` for an operation without a body. */
  readonly body: z.ZodObject | undefined
  /** Schema of the response's body; `undefined` for a response that is not JSON. */
  readonly result: z.ZodType | undefined
  /** Names of the error responses of the operation, besides those that every operation has. */
  readonly problems: readonly ProblemName[]
  readonly raw: RawResponse | undefined
  /** Returns the members of the request body for the audit log, without secrets. @default the whole body */
  auditBody?(body: unknown): Readonly<Record<string, unknown>>
  /** Returns whether the audit log records a call with this body. GET never changes anything. */
  isChange(body: unknown): boolean
  handle(context: OperationContext, input: OperationInput): unknown
}

type Facts = Pick<Operation, 'id' | 'method' | 'path' | 'role' | 'tag' | 'summary'> & {
  readonly isOpen?: boolean
  readonly problems?: readonly ProblemName[]
}

const nothing = z.strictObject({})
type Nothing = typeof nothing

/**
 * Creates an operation whose JSON response is the result of `handle`. Absent schemas mean no parameters and no body.
 */
export function operation<
  Result extends z.ZodType,
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodObject = Nothing,
  Body extends z.ZodObject = Nothing,
>(
  facts: Facts & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    readonly result: Result
    auditBody?(body: z.output<Body>): Readonly<Record<string, unknown>>
    /**
     * Returns whether the audit log records a call with this body. @default each call, except those
     * by GET
     */
    isChange?(body: z.output<Body>): boolean
    handle(
      context: OperationContext,
      input: OperationInput<z.output<Params>, z.output<Query>, z.output<Body>>,
    ): z.output<Result> | Promise<z.output<Result>>
  },
): Operation {
  const { body, problems = [], params = nothing, query = nothing, isOpen = false } = facts
  const { handle, auditBody } = facts as Pick<Operation, 'handle' | 'auditBody'>
  const { isChange = () => facts.method !== 'get' } = facts as Partial<Pick<Operation, 'isChange'>>
  return {
    ...facts,
    ...{ params, query, body, problems, isOpen, raw: undefined, handle, isChange },
    ...(auditBody && { auditBody }),
  }
}

/** Creates an operation whose function `respond` writes the response itself, such as a file or a stream. */
export function rawOperation<
  Params extends z.ZodObject = Nothing,
  Query extends z.ZodObject = Nothing,
>(
  facts: Facts & {
    readonly params?: Params
    readonly query?: Query
    readonly contentTypes: RawResponse['contentTypes']
    respond(
      context: OperationContext,
      input: OperationInput<z.output<Params>, z.output<Query>>,
      response: ServerResponse,
      request: IncomingMessage,
    ): void | Promise<void>
  },
): Operation {
  const { contentTypes, problems = [], params = nothing, query = nothing } = facts
  const respond = facts.respond as RawResponse['respond']
  return {
    ...facts,
    ...{ params, query, body: undefined, result: undefined, problems, isOpen: false },
    raw: { contentTypes, respond },
    isChange: () => facts.method !== 'get',
    handle: () => undefined,
  }
}
