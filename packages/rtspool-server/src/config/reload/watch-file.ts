import { type FSWatcher, readFileSync, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

/** Time without further events after which a file counts as written, in milliseconds. */
const quietMs = 300

/** Watches a file for changes. */
export interface FileWatch {
  close(): void
}

/** Events of a {@link watchFile}. */
export interface FileWatchEvents {
  /** The file has other contents than before. */
  changed(): void
  /** The file is empty, which happens between two steps of a program that writes it. */
  emptied(): void
  /** The system cannot watch the file (any longer). */
  failed(error: Error): void
}

/**
 * Watches a file by its folder, so that a file that another one replaces (`mv`) is seen as well. Several
 * events in a row count as one change.
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

/** @returns `undefined` while there is no such file: a program that replaces it may remove it first. */
function textOf(name: string): string | undefined {
  try {
    return readFileSync(name, 'utf8')
  } catch {
    return undefined
  }
}
