import type { Operation, OperationMethod } from './operation.js'
import { Problem } from './problem.js'

/** Operation of the API that a request calls, with the parameters in the path of the request. */
export interface Route {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
}

interface Entry {
  readonly segments: readonly string[]
  readonly operation: Operation
}

const parameter = /^\{(\w+)\}$/

/** Finds the operation of the API that a request calls, by method and path. */
export class Router {
  readonly #entries: readonly Entry[]

  constructor(operations: readonly Operation[]) {
    this.#entries = operations.map((operation) => ({
      segments: operation.path.split('/'),
      operation,
    }))
  }

  /** Finds an operation that needs no token; `undefined` for every other request. */
  findOpen(method: string, path: string): Route | undefined {
    const operation = this.#entries.find(
      ({ operation }) => operation.isOpen && operation.path === path,
    )?.operation
    return operation?.method === method.toLowerCase() ? { operation, params: {} } : undefined
  }

  /**
   * Finds the operation of a request.
   *
   * @throws {Problem} `not-found`, or `method-not-allowed` with the methods of the path.
   */
  find(method: string, path: string): Route {
    const segments = path.split('/')
    const routes = this.#entries.flatMap((entry) => {
      const params = match(entry.segments, segments)
      return params ? [{ operation: entry.operation, params }] : []
    })
    if (routes.length === 0) throw new Problem('not-found', 'the API has no such path')
    const wanted = method.toLowerCase() as OperationMethod
    const route = routes.find(({ operation }) => operation.method === wanted)
    if (route) return route
    const allowed = routes.map(({ operation }) => operation.method.toUpperCase()).join(', ')
    throw new Problem('method-not-allowed', `the path has ${allowed} only`, {
      wrong: [{ where: 'method', expected: allowed, got: method }],
      headers: { Allow: allowed },
    })
  }
}

/**
 * Compares the segments of a requested path with those of an operation, whose parameters stand in braces.
 *
 * @returns The values of the parameters by name; `undefined` if the path belongs to another operation.
 */
function match(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const got = segments[index] ?? ''
    const name = parameter.exec(expected)?.[1]
    if (name === undefined ? expected !== got : got === '') return undefined
    if (name !== undefined) params[name] = decoded(got)
  }
  return params
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
