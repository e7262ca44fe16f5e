import { z } from 'zod'
import { openApiDocument } from '../openapi.js'
import { type Operation, operation } from '../operation.js'

/**
 * Creates the operation that returns the OpenAPI document of all operations, including this one.
 */
export function documentOperation(others: readonly Operation[]): Operation {
  const own: Operation = operation({
    id: 'getDocument',
    method: 'get',
    path: '/v1/openapi.json',
    role: 'metrics',
    tag: 'status',
    summary: 'The OpenAPI document of this API',
    result: z.looseObject({ openapi: z.string() }),
    handle: ({ server }) => openApiDocument([...others, own], server.version),
  })
  return own
}
