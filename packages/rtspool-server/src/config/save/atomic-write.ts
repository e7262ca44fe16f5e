import { constants } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** Permissions of a newly created file: only its owner can read it. */
const newFileMode = 0o600
const permissionBits = 0o7777
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/**
 * Replaces the contents of a file. After a crash at any moment, the file has either the old
 * contents or the new ones. Permissions stay, and a symbolic link still points to its file.
 *
 * The new contents are first written to another file in the same folder, which must be writable. If
 * a crash leaves that file, the next call removes it.
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

/** Returns the file that a symbolic link points to, or the file itself. */
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

/**
 * Makes the system write the folder's entries to the disk. Does nothing on Windows, which cannot
 * open folders.
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
