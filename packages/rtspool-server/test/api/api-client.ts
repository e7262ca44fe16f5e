import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** Parts of an OpenAPI document that the client uses. */
export interface ApiDocument {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

export interface DocumentedOperation {
  readonly operationId: string
  readonly description: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: 'path' | 'query'
    readonly required: boolean
  }[]
  readonly requestBody?: { readonly required: boolean }
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string
        readonly content: Readonly<Record<string, { readonly schema: object }>>
      }
    >
  >
}

export interface ApiCall {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly token?: string
  readonly signal?: AbortSignal
}

export interface ApiAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects
  readonly body: any
}

/** Returns a schema that allows no members but the described ones. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(schema).map(([name, value]) => [name, closed(value)])
  const isOpen = 'properties' in schema && !('additionalProperties' in schema)
  return { ...Object.fromEntries(members), ...(isOpen && { additionalProperties: false }) }
}

/** Compiled schemas of a document. */
interface Schemas {
  readonly ajv: Ajv2020
  readonly validators: Map<string, ValidateFunction>
}

/** Schemas by the text of their document: all tests of a worker share them, as compiling takes longer than a test. */
const schemasOfDocuments = new Map<string, Schemas>()

function schemasOf(text: string, { components }: ApiDocument): Schemas {
  const known = schemasOfDocuments.get(text)
  if (known) return known
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema({ $id: 'document', components: closed(components) })
  const schemas = { ajv, validators: new Map<string, ValidateFunction>() }
  schemasOfDocuments.set(text, schemas)
  return schemas
}

/**
 * A client that is made from the OpenAPI document alone. It throws when a response has a status, a
 * content type or a member that the document does not describe.
 */
export class ApiClient {
  readonly document: ApiDocument
  readonly #url: string
  readonly #token: string
  readonly #operations: ReadonlyMap<string, readonly [path: string, method: string]>
  readonly #schemas: Schemas
  /** Operations and errors that were seen, such as `kickSession not-found`. */
  readonly seen = new Set<string>()

  private constructor(url: string, token: string, text: string) {
    const document = JSON.parse(text) as ApiDocument
    this.#url = url
    this.#token = token
    this.document = document
    this.#schemas = schemasOf(text, document)
    this.#operations = new Map(
      Object.entries(document.paths).flatMap(([path, item]) =>
        Object.entries(item).map(
          ([method, { operationId }]) => [operationId, [path, method]] as const,
        ),
      ),
    )
  }

  static async connect(url: string, token: string): Promise<ApiClient> {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${url}/v1/openapi.json`, { headers })
    return new ApiClient(url, token, await response.text())
  }

  get operationIds(): string[] {
    return [...this.#operations.keys()]
  }

  documented(operationId: string): DocumentedOperation {
    const [path, method] = this.placeOf(operationId)
    const operation = this.document.paths[path]?.[method]
    if (!operation) throw new Error(`no operation ${operationId}`)
    return operation
  }

  /** Returns a value for the parameter of a query without which an operation refuses a call. */
  requiredQuery(operationId: string): Readonly<Record<string, string>> {
    const { parameters } = this.documented(operationId)
    const required = parameters.filter((each) => each.in === 'query' && each.required)
    return Object.fromEntries(
      required.map(({ name }) => [name, name === 'path' ? '/none' : '2026-01-01T00:00:00Z']),
    )
  }

  placeOf(operationId: string): readonly [path: string, method: string] {
    const place = this.#operations.get(operationId)
    if (!place) throw new Error(`the document has no operation ${operationId}`)
    return place
  }

  /** Sends a request without reading the body of its response. */
  async send(operationId: string, call: ApiCall = {}): Promise<Response> {
    const [path, method] = this.placeOf(operationId)
    const { params = {}, query = {}, body, token = this.#token, headers, signal } = call
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name] ?? '-'))
    const search = new URLSearchParams(query)
    return fetch(`${this.#url}${filled}${search.size > 0 ? `?${search}` : ''}`, {
      method: method.toUpperCase(),
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    })
  }

  /** Calls an operation, and checks its response by the document. */
  async call(operationId: string, call: ApiCall = {}): Promise<ApiAnswer> {
    const response = await this.send(operationId, call)
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const body: unknown = /json/.test(type) ? JSON.parse(text) : text
    this.#check(operationId, response.status, type, body)
    if (response.status >= 400) this.#noteProblem(operationId, response.status, body)
    return { status: response.status, headers: response.headers, body }
  }

  /** Names of the errors that the document describes for an operation, apart from a failure of the server. */
  problemsOf(operationId: string): string[] {
    const errors = Object.entries(this.documented(operationId).responses)
    return errors
      .filter(([status]) => Number(status) >= 400)
      .flatMap(([, { description }]) => description.split(', '))
      .filter((name) => name !== 'internal')
  }

  #noteProblem(operationId: string, status: number, body: unknown): void {
    const { type } = body as { readonly type: string }
    const name = type.slice(type.lastIndexOf(':') + 1)
    const { description } = this.documented(operationId).responses[status] ?? { description: '' }
    if (!description.split(', ').includes(name)) {
      throw new Error(`${operationId} ${status}: ${name} is not documented`)
    }
    this.seen.add(`${operationId} ${name}`)
  }

  #check(operationId: string, status: number, type: string, body: unknown): void {
    const response = this.documented(operationId).responses[status]
    if (!response) throw new Error(`${operationId}: status ${status} is not documented`)
    const content = response.content[type]
    if (!content) throw new Error(`${operationId} ${status}: ${type} is not documented`)
    const validate = this.#validator(content.schema)
    if (validate(body)) return
    const errors = this.#schemas.ajv.errorsText(validate.errors)
    throw new Error(`${operationId} ${status}: ${errors}: ${JSON.stringify(body)}`)
  }

  #validator(schema: object): ValidateFunction {
    const { ajv, validators } = this.#schemas
    const key = JSON.stringify(schema)
    const validate =
      validators.get(key) ??
      ajv.compile(JSON.parse(key.replaceAll('"#/components', '"document#/components')))
    validators.set(key, validate)
    return validate
  }
}
