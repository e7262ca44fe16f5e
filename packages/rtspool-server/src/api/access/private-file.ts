import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Readable and writable by the owner only. */
const privateMode = 0o600

/**
 * Replaces a file that only its owner may read. A crash leaves the old content or the new one,
 * whole.
 *
 * @throws The error of the file system.
 */
export function writePrivateFile(file: string, text: string): void {
  const next = `${file}.${randomBytes(6).toString('hex')}`
  try {
    const descriptor = openSync(next, 'wx', privateMode)
    try {
      writeSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(next, file)
  } catch (error) {
    rmSync(next, { force: true })
    throw error
  }
  syncFolder(dirname(file))
}

/** Makes the new name of a file survive a power cut. Windows cannot open folders. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
