import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { ConfigError } from '../../../config/problems.js'
import { writeFileAtomically } from '../../../config/save/atomic-write.js'
import type { ControlledServer } from '../../controlled-server.js'
import type { Caller } from '../../operation.js'
import { Problem } from '../../problem.js'

/** Folder of files with passwords, beside the file of configuration. */
const passwordFolder = 'rtspool-passwords'

/** New settings of a pull; those that are absent stay. */
export interface PullChanges {
  readonly url?: string | undefined
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

/** Saves the settings of a source in the file of configuration, and its password in a file beside that. */
export async function saveSource(
  { configuration }: ControlledServer,
  caller: Caller,
  { path, next }: { path: string; next: PullChanges | undefined },
): Promise<void> {
  const { sources, current } = configuration.reloader
  if (sources.file === undefined) {
    throw new Problem('conflict', 'there is no file to save to: start with --config FILE')
  }
  const folder = dirname(resolve(sources.file))
  const before = current.file?.tree.sources as Record<string, Tree> | undefined
  const entry = before?.[path]
  const oldFile = (entry?.pull as Tree | undefined)?.passwordFile
  const passwordFile = next?.password === undefined ? undefined : await keep(folder, next.password)
  const value = next && entryOf(entry, next, passwordFile && relative(folder, passwordFile))
  try {
    await configuration.store.save(
      [{ path: ['sources', path], value }],
      `API token ${caller.token.name}`,
    )
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

/** Writes a password to a new file that only its owner can read. @returns Its path. */
async function keep(folder: string, password: string): Promise<string> {
  await mkdir(join(folder, passwordFolder), { recursive: true, mode: 0o700 })
  const file = join(folder, passwordFolder, randomBytes(9).toString('base64url'))
  await writeFileAtomically(file, `${password}\n`)
  return file
}

/** Returns the entry of the file: the one before with the given settings. */
function entryOf(
  before: Tree | undefined,
  next: PullChanges,
  passwordFile: string | undefined,
): Tree {
  const { url, username, password: _, transport, fingerprint, basic, ...common } = next
  const pull = { url, username, transport, fingerprint, basic, passwordFile }
  return {
    ...before,
    ...defined(common),
    // A camera must not send this server elsewhere.
    pull: { maxRedirects: 0, ...(before?.pull as Tree | undefined), ...defined(pull) },
  }
}

const defined = (values: Tree): Tree =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
