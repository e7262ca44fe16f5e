import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { readConfigFile } from '../../../config/config-file.js'
import { ConfigError } from '../../../config/problems.js'
import { writeFileAtomically } from '../../../config/save/atomic-write.js'
import type { Configuration, ControlledServer } from '../../controlled-server.js'
import type { Caller } from '../../operation.js'
import { Problem } from '../../problem.js'

/** Name of the folder of files with passwords, in the folder of the configuration file. */
const passwordFolder = 'rtspool-passwords'

/** New settings of a source that is pulled by RTSP; absent ones keep their values. */
export interface PullChanges {
  readonly url?: string | undefined
  readonly failover?: readonly string[] | undefined
  readonly returnSeconds?: number | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly transport?: string | undefined
  readonly fingerprint?: string | undefined
  readonly basic?: string | undefined
  readonly alwaysOn?: boolean | undefined
  readonly lingerSeconds?: number | undefined
  readonly holdSeconds?: number | undefined
  readonly startSeconds?: number | undefined
  readonly stallSeconds?: number | undefined
}

type Tree = Readonly<Record<string, unknown>>

/** Change of the source at `path` in the configuration: `next` has the new settings; `undefined` removes the source. */
export interface SourceChange {
  readonly path: string
  readonly next: PullChanges | undefined
  /**
   * Throws if the change is not allowed. Called after all earlier changes, so that it sees the settings that they
   * saved.
   */
  readonly check: () => void
}

/**
 * Saves the settings of a source in the file of configuration, and its password in a file beside that. Changes at the
 * same time follow one another, so that none is lost.
 */
export function saveSource(
  { configuration }: ControlledServer,
  caller: Caller,
  change: SourceChange,
): Promise<void> {
  const { reloader } = configuration
  return reloader.inTurn(() => {
    change.check()
    const { file } = reloader.sources
    if (file !== undefined) return save(configuration, { ...change, file }, caller)
    throw new Problem('conflict', 'there is no file to save to: start with --config FILE')
  })
}

async function save(
  { store }: Configuration,
  { path, next, file }: SourceChange & { readonly file: string },
  caller: Caller,
): Promise<void> {
  const folder = dirname(resolve(file))
  const passwordFile = next?.password === undefined ? undefined : await keep(folder, next.password)
  let oldFile: unknown
  try {
    const before = readConfigFile(file).tree.sources as Record<string, Tree> | undefined
    const entry = before?.[path]
    oldFile = (entry?.pull as Tree | undefined)?.passwordFile
    const value = next && entryOf(entry, next, passwordFile && relative(folder, passwordFile))
    await store.saveInTurn([{ path: ['sources', path], value }], `API token ${caller.token.name}`)
  } catch (error) {
    if (passwordFile) await rm(passwordFile, { force: true })
    if (!(error instanceof ConfigError)) throw error
    const wrong = error.problems.map(({ says }) => ({
      ...{ where: 'body', expected: says, got: 'the given values' },
    }))
    throw new Problem('invalid-request', error.problems[0]?.message ?? 'refused', { wrong })
  }
  const isReplaced = next === undefined || passwordFile !== undefined
  if (isReplaced && typeof oldFile === 'string' && oldFile.startsWith(`${passwordFolder}/`)) {
    await rm(join(folder, oldFile), { force: true })
  }
}

/**
 * Writes a password to a new file that only its owner can read.
 *
 * @param folder - Folder of the configuration file.
 * @returns Path of the new file.
 */
async function keep(folder: string, password: string): Promise<string> {
  await mkdir(join(folder, passwordFolder), { recursive: true, mode: 0o700 })
  const file = join(folder, passwordFolder, randomBytes(9).toString('base64url'))
  await writeFileAtomically(file, `${password}\n`)
  return file
}

/**
 * Returns the entry of a source for the configuration file: the former entry with the new settings. A new source
 * follows no redirects.
 */
function entryOf(
  before: Tree | undefined,
  next: PullChanges,
  passwordFile: string | undefined,
): Tree {
  const { url, failover, returnSeconds, username, password: _, ...others } = next
  const { transport, fingerprint, basic, ...common } = others
  const stream = { url, failover, returnSeconds }
  const pull = { ...stream, username, transport, fingerprint, basic, passwordFile }
  const { passwordVariable, ...kept } = (before?.pull as Tree | undefined) ?? {}
  // A password takes the place of a variable with one.
  const variable = passwordFile === undefined ? { passwordVariable } : {}
  return {
    ...before,
    ...defined(common),
    // A camera must not send this server elsewhere.
    pull: { maxRedirects: 0, ...kept, ...defined({ ...variable, ...pull }) },
  }
}

const defined = (values: Tree): Tree =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
