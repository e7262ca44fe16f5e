import { z } from 'zod'
import { roles } from '../access/roles.js'
import { components } from './components.js'
import type { Operation } from './operation.js'
import { type ProblemName, problems } from './problem.js'

type Json = Readonly<Record<string, unknown>>

z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string(),
  errors: z
    .array(z.object({ where: z.string(), expected: z.string(), got: z.string() }))
    .optional()
    .describe('Each wrong value, with what was expected and received'),
}).register(components, { id: 'Problem' })

const componentUri = (id: string): string => `#/components/schemas/${id}`

/** Generates the OpenAPI document that describes the control API, from its operations. @see OpenAPI 3.1.1 */
export function openApiDocument(
  operations: readonly Operation[],
  version: string,
): { readonly openapi: string } & Json {
  const schemas = componentsOf(operations)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const item = paths[operation.path] ?? {}
    item[operation.method] = operationOf(operation)
    paths[operation.path] = item
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'rtspool control API',
      version,
      summary: 'Sessions, connections, media, limits and events of an RTSP server',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: `Roles: ${roles.join(', ')}` },
      },
      schemas,
    },
  }
}

const nameOf = (operationId: string, part: string): string =>
  `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}${part}`

/**
 * Returns the name of a schema in the OpenAPI document: a registered name, or one made from the operation's id and
 * `part`.
 */
const idOf = (schema: z.ZodType, operationId: string, part: string): string =>
  components.get(schema)?.id ?? nameOf(operationId, part)

function componentsOf(operations: readonly Operation[]): Json {
  for (const { id, body, result } of operations) {
    if (body && !components.has(body)) components.add(body, { id: nameOf(id, 'Body') })
    if (result && !components.has(result)) components.add(result, { id: nameOf(id, 'Result') })
  }
  const { schemas } = z.toJSONSchema(components, { uri: componentUri, io: 'input' })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => [id, withoutKeywords(schema)]),
  )
}

/**
 * Returns a JSON Schema without the keywords `$id`, `$schema` and `id`, which must not stand inside an OpenAPI
 * document.
 */
function withoutKeywords(schema: object): Json {
  const { $id, $schema, id, ...rest } = schema as Record<string, unknown>
  return rest
}

function operationOf(operation: Operation): Json {
  const { id, tag, summary, role, isOpen, body, result, raw } = operation
  const content = result
    ? { 'application/json': { schema: { $ref: componentUri(idOf(result, id, 'Result')) } } }
    : Object.fromEntries((raw?.contentTypes ?? []).map((type) => [type, rawContent(type)]))
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: isOpen ? 'Needs no token.' : `Needs the role ${role}.`,
    ...(isOpen && { security: [] }),
    parameters: parametersOf(operation),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: {
          'application/json': { schema: { $ref: componentUri(idOf(body, id, 'Body')) } },
        },
      },
    }),
    responses: { 200: { description: 'Success', content }, ...problemResponses(operation) },
  }
}

/**
 * Describes the body of a response that is not JSON, for the OpenAPI document: a string for text, anything for other
 * types.
 */
const rawContent = (contentType: string): Json => ({
  schema: contentType.startsWith('text/') ? { type: 'string' } : {},
})

function parametersOf({ params, query }: Operation): Json[] {
  const ofPath = Object.entries(params.shape).map(([name, schema]) => ({
    ...{ name, in: 'path', required: true },
    schema: parameterSchema(schema),
  }))
  const ofQuery = Object.entries(query.shape).map(([name, schema]) => ({
    ...{ name, in: 'query', required: !z.safeParse(schema, undefined).success },
    schema: parameterSchema(schema),
  }))
  return [...ofPath, ...ofQuery]
}

/**
 * Returns the JSON Schema of a path or query parameter. A text that is converted to a list after its validation stays a
 * text in the OpenAPI document.
 */
function parameterSchema(schema: z.core.$ZodType): Json {
  const output = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  const json = output.type === undefined && output.enum === undefined ? { type: 'string' } : output
  return withoutKeywords({
    ...json,
    ...(output.description && { description: output.description }),
  })
}

/** Returns the error responses of an operation, sorted by status. */
export function problemsOf(operation: Operation): ProblemName[] {
  const { params, body, role, isOpen, problems: own } = operation
  return [
    ...(['invalid-request', 'origin-refused'] as const),
    ...(isOpen ? [] : (['unauthorized'] as const)),
    // The lowest role may call what every role may.
    ...(role === roles[0] ? [] : (['forbidden'] as const)),
    ...(Object.keys(params.shape).length > 0 ? (['not-found'] as const) : []),
    ...(body ? (['body-too-large', 'unsupported-media-type'] as const) : []),
    ...(['host-refused', 'internal'] as const),
    ...own,
  ]
}

function problemResponses(operation: Operation): Json {
  const content = { 'application/problem+json': { schema: { $ref: componentUri('Problem') } } }
  const byStatus = new Map<number, string[]>()
  for (const name of problemsOf(operation)) {
    const { status } = problems[name]
    byStatus.set(status, [...(byStatus.get(status) ?? []), name])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [status, { description: names.join(', '), content }]),
  )
}
