import { z } from 'zod'
import { serverLimits } from '../../cluster/server-limits.js'
import {
  type KeyEntry,
  type KeySchema,
  keysOf,
  nameOf,
  schemaAt,
  valueAt,
} from '../../config/key-schema.js'
import { ConfigError, type ConfigProblem } from '../../config/problems.js'
import type { ReloadResult } from '../../config/reload/reload.js'
import type { SaveResult } from '../../config/save/config-store.js'
import type { KeyChange } from '../../config/save/edit-config.js'
import { keySchema } from '../../config/schema.js'
import { components } from '../components.js'
import type { ControlledServer } from '../controlled-server.js'
import { type Caller, type Operation, operation } from '../operation.js'
import { Problem, type WrongValue } from '../problem.js'
import { text } from '../values.js'

const keyName = z.string().describe('Section and key, such as limits.maxSessions')

const configKeySchema = z
  .object({
    key: keyName,
    value: z.unknown().optional().describe('Absent for secrets, and for keys without a value'),
    valueInUse: z
      .unknown()
      .optional()
      .describe(
        'Value of a limit that holds now, if it differs: changeLimits has changed it, or it follows from other keys',
      ),
    isSecret: z.literal(true).optional().describe('Present if the value may contain a password'),
    default: z.unknown().optional(),
    description: z.string().optional(),
    unit: z.string().optional(),
    isLive: z.boolean().describe('True if changeConfig can change the key while the server runs'),
    source: z.string().describe('Option, variable or place in the file; the key for a default'),
    overriddenBy: z.string().optional().describe('Option or variable that wins over the file'),
  })
  .register(components, { id: 'ConfigKey' })

const overriddenSchema = z
  .array(z.object({ key: keyName, by: z.string() }))
  .describe('Changed keys without effect, because an option or a variable wins over the file')

/** Returns whether the control API may change a configuration key while the server runs. */
const canChange = ({ live, isFileOnly }: KeySchema): boolean => live === true && !isFileOnly

function keyView(server: ControlledServer, { path, name, schema }: KeyEntry) {
  const { current } = server.configuration.reloader
  const value = valueAt(current.config, path)
  const inUse = valueAt({ limits: serverLimits(server.rtsp) }, path)
  const isOther = inUse !== undefined && JSON.stringify(inUse) !== JSON.stringify(value)
  return {
    key: name,
    ...(schema.isSecret ? { isSecret: true as const } : { value }),
    ...(isOther && { valueInUse: inUse }),
    default: schema.default,
    description: schema.description,
    unit: schema.unit,
    isLive: canChange(schema),
    source: current.sourceOf(path),
    overriddenBy: current.winnerOf(path),
  }
}

const maxChanges = 100

const changesSchema = z
  .record(text, z.unknown())
  .refine((changes) => Object.keys(changes).length > 0, { message: 'at least one key' })
  .refine((changes) => Object.keys(changes).length <= maxChanges, {
    message: `at most ${maxChanges} keys`,
  })
  .describe('New values by key; null removes the key from the file, so that its default holds')

/**
 * Converts the changes in a request to changes of configuration keys.
 *
 * @throws {Problem} `invalid-request` for an unknown key; `conflict` for a key that cannot change
 * while the server runs.
 */
function keyChanges(changes: Readonly<Record<string, unknown>>): KeyChange[] {
  const root = keySchema()
  const keys = new Map(keysOf(root).map((entry) => [entry.name, entry]))
  const wrong: WrongValue[] = []
  const fixed: WrongValue[] = []
  const changed = Object.entries(changes).flatMap(([name, value]): KeyChange[] => {
    const entry = keys.get(name)
    const got = shownValue(entry?.schema, value)
    const where = `body.changes.${name}`
    if (!entry) wrong.push({ where, expected: 'a key that GET /v1/config lists', got })
    else if (!canChange(entry.schema)) fixed.push({ where, expected: 'a key with isLive', got })
    return entry ? [{ path: entry.path, value: value ?? undefined }] : []
  })
  if (wrong.length > 0) {
    throw new Problem('invalid-request', `${wrong[0]?.where} is unknown`, { wrong })
  }
  if (fixed.length > 0) {
    const detail = `${fixed[0]?.where} cannot be changed by the API: edit the file`
    throw new Problem('conflict', detail, { wrong: fixed })
  }
  return changed
}

/**
 * Formats a received value of a configuration key for an error response. The value of an unknown key is not shown,
 * because the key may be misspelt and the value a secret.
 */
const shownValue = (schema: KeySchema | undefined, value: unknown): string =>
  !schema || schema.isSecret ? 'a value that is not shown' : JSON.stringify(value)

/**
 * Creates the error response for a change that the configuration cannot accept.
 *
 * @param wrongOf - Returns the place of a problem in the request, and the received value.
 */
function refusal(
  problems: readonly ConfigProblem[],
  wrongOf: (problem: ConfigProblem) => Pick<WrongValue, 'where' | 'got'>,
): Problem {
  const wrong = problems.map((problem) => ({ expected: problem.says, ...wrongOf(problem) }))
  return new Problem('invalid-request', problems[0]?.message ?? 'refused', { wrong })
}

const causeOf = ({ token }: Caller): string => `API token ${token.name}`

async function save(
  { configuration }: ControlledServer,
  caller: Caller,
  changes: readonly KeyChange[],
): Promise<SaveResult> {
  if (configuration.reloader.sources.file === undefined) {
    throw new Problem('conflict', 'there is no file to save to: start with --config FILE')
  }
  try {
    return await configuration.store.save(changes, causeOf(caller))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw refusal(error.problems, ({ path }) => {
      if (path.length === 0) return { where: 'body.changes', got: 'the given values' }
      const { schema, depth } = schemaAt(keySchema(), path)
      const value = changes.find((change) => nameOf(change.path) === nameOf(path.slice(0, depth)))
      const got = value ? shownValue(schema, value.value) : 'another key'
      return { where: `body.changes.${nameOf(path)}`, got }
    })
  }
}

async function reload({ configuration }: ControlledServer, caller: Caller): Promise<ReloadResult> {
  const result = await configuration.reloader.reload(causeOf(caller))
  if (result.ok) return result
  throw refusal(result.problems, ({ path, source }) => ({ where: source, got: nameOf(path) }))
}

/** Returns the changes for the audit log, with `…` in place of secrets. */
function auditBody({ changes }: { readonly changes: Readonly<Record<string, unknown>> }) {
  const schemas = new Map(keysOf(keySchema()).map(({ name, schema }) => [name, schema]))
  const isShown = (name: string) => schemas.has(name) && !schemas.get(name)?.isSecret
  const entries = Object.entries(changes).map(([name, value]) => [
    name,
    isShown(name) ? value : '…',
  ])
  return { changes: Object.fromEntries(entries) }
}

/** Operations that read and change the configuration. */
export const configOperations: readonly Operation[] = [
  operation({
    id: 'getConfig',
    method: 'get',
    path: '/v1/config',
    role: 'admin',
    tag: 'configuration',
    summary: 'Reads all keys of the configuration with the sources of their values',
    result: z.object({
      file: z.string().optional().describe('Absent if the server has no file of configuration'),
      keys: z.array(configKeySchema),
    }),
    handle: ({ server }) => ({
      file: server.configuration.reloader.sources.file,
      keys: keysOf(keySchema()).map((entry) => keyView(server, entry)),
    }),
  }),
  operation({
    id: 'changeConfig',
    method: 'patch',
    path: '/v1/config',
    role: 'admin',
    tag: 'configuration',
    summary: 'Changes keys in the file and in the running server: all given ones, or none',
    body: z.strictObject({ changes: changesSchema }),
    result: z.object({
      file: z.string(),
      changed: z.array(z.string()).describe('Keys with another value than before'),
      overridden: overriddenSchema,
    }),
    problems: ['conflict'],
    auditBody,
    handle: async ({ server, caller }, { body }) => {
      const result = await save(server, caller, keyChanges(body.changes))
      const { file, changed, overridden } = result
      return { file, changed: [...changed], overridden: [...overridden] }
    },
  }),
  operation({
    id: 'reloadConfig',
    method: 'post',
    path: '/v1/config/reload',
    role: 'admin',
    tag: 'configuration',
    summary: 'Reads the file and the files that it names again, as SIGHUP does',
    result: z.object({ changed: z.array(z.string()), overridden: overriddenSchema }),
    handle: async ({ server, caller }) => {
      const { changed, overridden } = await reload(server, caller)
      return { changed: [...changed], overridden: [...overridden] }
    },
  }),
]
