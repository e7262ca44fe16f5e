import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/**
 * Milliseconds without further events of the file system after which a file counts as completely
 * written.
 */
const quietMs = 300

/** Handle of {@link watchFile}, with which the caller ends the watching of one file. */
export interface FileWatch {
  close(): void
}

/** Callbacks of {@link watchFile}. */
export interface FileWatchEvents {
  /**
   * Called when the contents of the watched file differ from those known before, and no further change follows at once.
   */
  changed(): void
  /** Called when the file is empty, which is normal while another program writes it. */
  emptied(): void
  /** Called when the system cannot watch the file, or cannot watch it any longer. */
  failed(error: Error): void
}

/**
 * Watches a file by watching its folder, so that changes are noticed even if another file replaces
 * it (`mv`). Several events in a row count as one change.
 *
 * @param text - Contents that are in use.
 */
export function watchFile(name: string, text: string, events: FileWatchEvents): FileWatch {
  const file = basename(name)
  let known = text
  let timer: NodeJS.Timeout | undefined
  let watcher: FSWatcher | undefined
  const look = (): void => {
    timer = undefined
    const now = textOf(name)
    if (now === undefined || now === known) return
    known = now
    if (now.trim() === '') events.emptied()
    else events.changed()
  }
  const soon = (_: string, changed: string | null): void => {
    // Kubernetes replaces a folder named ..data, which the file is a link into.
    if (changed !== null && changed !== file && !changed.startsWith('..')) return
    clearTimeout(timer)
    timer = setTimeout(look, quietMs)
  }
  try {
    watcher = watch(dirname(resolve(name)), { persistent: false }, soon)
    watcher.on('error', (error) => events.failed(error))
  } catch (error) {
    events.failed(error instanceof Error ? error : new Error(String(error)))
  }
  return {
    close: () => {
      clearTimeout(timer)
      watcher?.close()
    },
  }
}

/**
 * Returns the contents of a file; `undefined` while it does not exist, because a program that
 * replaces it may remove it first.
 */
function textOf(name: string): string | undefined {
  try {
    return readFileSync(name, 'utf8')
  } catch {
    return undefined
  }
}
