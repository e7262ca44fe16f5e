import { constants } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Permissions of a file that did not exist: its owner alone reads it. */
const newFileMode = 0o600
const permissionBits = 0o7777
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/**
 * Replaces the contents of a file. A crash at any moment leaves the old contents or the new ones,
 * never a part. Permissions stay, a link stays a link to its file.
 *
 * The new contents are written beside the file, so the folder must be writable. What a crash leaves
 * there, the next call removes.
 */
export async function writeFileAtomically(name: string, text: string): Promise<void> {
  const file = await targetOf(name)
  const folder = dirname(file)
  const partial = join(folder, `.${basename(file)}.partial`)
  await rm(partial, { force: true })
  const handle = await open(partial, createFlags, newFileMode)
  try {
    try {
      await keepOwner(handle, file)
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await syncFolder(folder)
}

/** Follows links, so that the file behind them is replaced. */
async function targetOf(name: string): Promise<string> {
  try {
    return await realpath(name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return name
    throw error
  }
}

async function keepOwner(handle: FileHandle, file: string): Promise<void> {
  const before = await stat(file).catch(() => undefined)
  if (!before) return
  const { uid, gid } = await handle.stat()
  if (uid !== before.uid || gid !== before.gid) {
    // Only root may give files away; others write a file of their own.
    await handle.chown(before.uid, before.gid).catch(() => undefined)
  }
  // After the owner, because changing the owner may clear bits.
  await handle.chmod(before.mode & permissionBits)
}

/** Writes the entry of the folder to the disk. Windows opens no folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
