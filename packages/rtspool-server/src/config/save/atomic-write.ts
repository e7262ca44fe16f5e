import { randomBytes } from 'node:crypto'
import { constants, readFileSync, renameSync } from 'node:fs'
import { type FileHandle, open, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileError } from './file-error.js'

/** Permissions of a file that did not exist before the write: only its owner can read and write the file. */
const newFileMode = 0o600
const permissionBits = 0o7777
const rootId = 0
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** Age in milliseconds from which on a temporary copy counts as left by a crash, and can be removed. */
const leftoverAgeMs = 60_000
const partialEnding = '.partial'

/** Expected contents and name of the file, for {@link writeFileAtomically}. */
export interface AtomicWriteOptions {
  /**
   * Contents that the new ones replace: a file with other contents is left as it is. A missing file counts as empty.
   * @default any contents
   */
  readonly replacing?: string
  /** Name of the file in errors, such as `bans.file bans.json`. @default the file itself */
  readonly source?: string
}

/**
 * Replaces the contents of a file. After a crash at any moment, the file has either the old
 * contents or the new ones. Owner and permissions of the file stay, and a symbolic link still points
 * to its file. A file that root creates belongs to the owner of its folder, such as the user of a
 * service, who must be able to read the file.
 *
 * The new contents are first written to another file in the same folder, which must be writable.
 * Each call writes its own copy, so that several programs can write at once; the last one wins. A
 * copy that a crash has left is removed by a call a minute later.
 *
 * @returns False if the file has other contents than `replacing`, and was not replaced.
 * @throws {FileError} Names the file and the reason.
 */
export async function writeFileAtomically(
  name: string,
  text: string,
  { replacing, source = name }: AtomicWriteOptions = {},
): Promise<boolean> {
  try {
    return await replaceFile(name, text, replacing)
  } catch (error) {
    throw new FileError(source, 'written', error)
  }
}

async function replaceFile(
  name: string,
  text: string,
  replacing: string | undefined,
): Promise<boolean> {
  const file = await targetOf(name)
  const folder = dirname(file)
  const start = `.${basename(file)}.`
  await removeLeftovers(folder, start)
  const unique = `${process.pid}-${randomBytes(6).toString('hex')}`
  const partial = join(folder, start + unique + partialEnding)
  const handle = await open(partial, createFlags, newFileMode)
  try {
    try {
      await keepOwner(handle, file)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    // Without a pause in between, in which the file could change.
    if (replacing !== undefined && contentsOf(file) !== replacing) {
      await rm(partial)
      return false
    }
    renameSync(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await syncFolder(folder)
  return true
}

/**
 * Removes temporary copies that a crash has left in a folder. Errors are ignored, because such a copy does no harm.
 *
 * @param start - Beginning of the names of the copies of one file.
 */
async function removeLeftovers(folder: string, start: string): Promise<void> {
  const names = await readdir(folder)
  for (const name of names) {
    if (!name.startsWith(start) || !name.endsWith(partialEnding)) continue
    const leftover = join(folder, name)
    const facts = await stat(leftover).catch(() => undefined)
    if (!facts || Date.now() - facts.mtimeMs < leftoverAgeMs) continue
    await rm(leftover, { force: true }).catch(() => undefined)
  }
}

function contentsOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

/** Returns the file that a symbolic link points to, or the file itself. */
async function targetOf(name: string): Promise<string> {
  try {
    return await realpath(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return name
    throw error
  }
}

/** Gives a copy the owner and the permissions of the file that it replaces. */
async function keepOwner(handle: FileHandle, file: string): Promise<void> {
  const before = await stat(file).catch(() => undefined)
  const { uid, gid } = await handle.stat()
  const wanted = before ?? (uid === rootId ? await stat(dirname(file)) : { uid, gid })
  if (uid !== wanted.uid || gid !== wanted.gid) {
    // Only root may give files away; others write a file of their own.
    await handle.chown(wanted.uid, wanted.gid).catch(() => undefined)
  }
  // After the owner, because changing the owner may clear bits.
  if (before) await handle.chmod(before.mode & permissionBits)
}

/**
 * Makes the system write the entries (names) of a folder to the disk, so that a renamed file survives a crash. Does
 * nothing on Windows, which cannot open folders.
 */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
