import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { ApiClient } from '../api/api-client.js'

/** Milliseconds after which a picture is read again. The next constant is for a picture that could not be read. */
const refreshMs = 10_000
const retryMs = 30_000
/** Maximum number of pictures that are read at a time: the API has other callers too. */
const maxReading = 2

/** State of the picture of a media on the page: not read yet, an image or one-frame video at a URL, or a failure. */
export type Thumbnail =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'image' | 'video'; readonly url: string }
  | { readonly kind: 'broken'; readonly reason: string }

/** Handle of a picture on the screen, which {@link Thumbnails.show} returns. The caller must call `hide` at the end. */
export interface ShownThumbnail {
  readonly state: ReadonlySignal<Thumbnail>
  /** Marks the picture as broken until it is read again. Called if the browser cannot show the picture. */
  fail(): void
  /** Ends the reads of the picture, and frees its memory. Called when the picture leaves the screen. */
  hide(): void
}

interface Entry {
  readonly address: string
  readonly state: Signal<Thumbnail>
  readonly leaving: AbortController
  /** Time of the next read, in milliseconds since 1970; infinite while the picture is read. */
  dueAt: number
}

/**
 * Reads pictures (snapshots) of the media that are on the screen: a few at a time, and again after some seconds. Reads
 * none while nobody sees the page.
 */
export class Thumbnails {
  readonly #client: Pick<ApiClient, 'open'>
  readonly #shown = new Set<Entry>()
  #reading = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: Pick<ApiClient, 'open'>) {
    this.#client = client
    globalThis.document?.addEventListener('visibilitychange', this.#next)
  }

  /**
   * Reads the picture of a media now and again after some seconds, until `hide` of the result is called.
   *
   * @param publicId - Public id of the media.
   * @param width - Maximum width in pixels.
   */
  show(publicId: string, width: number): ShownThumbnail {
    const entry: Entry = {
      address: `/v1/media/${publicId}/snapshot?width=${width}`,
      state: signal<Thumbnail>({ kind: 'waiting' }),
      leaving: new AbortController(),
      dueAt: Date.now(),
    }
    this.#shown.add(entry)
    this.#next()
    return {
      state: entry.state,
      fail: () => set(entry, { kind: 'broken', reason: 'This browser cannot show the picture.' }),
      hide: () => this.#hide(entry),
    }
  }

  close(): void {
    globalThis.document?.removeEventListener('visibilitychange', this.#next)
    for (const entry of this.#shown) this.#hide(entry)
    clearTimeout(this.#timer)
  }

  #hide(entry: Entry): void {
    this.#shown.delete(entry)
    entry.leaving.abort()
    set(entry, { kind: 'waiting' })
  }

  readonly #next = (): void => {
    clearTimeout(this.#timer)
    // Nobody looks at a page in the background: pictures wait until somebody does.
    if (globalThis.document?.hidden === true) return
    const waiting = [...this.#shown].sort((one, other) => one.dueAt - other.dueAt)
    for (const entry of waiting) {
      if (entry.dueAt > Date.now() || this.#reading >= maxReading) break
      void this.#read(entry)
    }
    const dueAt = Math.min(...waiting.map((entry) => entry.dueAt))
    if (this.#reading >= maxReading || !Number.isFinite(dueAt)) return
    this.#timer = setTimeout(this.#next, Math.max(0, dueAt - Date.now()))
  }

  async #read(entry: Entry): Promise<void> {
    this.#reading++
    entry.dueAt = Number.POSITIVE_INFINITY
    const read = await this.#pictureOf(entry)
    this.#reading--
    if (this.#shown.has(entry)) {
      entry.dueAt = Date.now() + (read.kind === 'broken' ? retryMs : refreshMs)
      set(entry, read)
    } else free(read)
    this.#next()
  }

  async #pictureOf({ address, leaving }: Entry): Promise<Thumbnail> {
    try {
      const response = await this.#client.open(address, {}, leaving.signal)
      const blob = await response.blob()
      const kind = blob.type.startsWith('video/') ? 'video' : 'image'
      return { kind, url: URL.createObjectURL(blob) }
    } catch (error) {
      return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) }
    }
  }
}

function set(entry: Entry, next: Thumbnail): void {
  const before = entry.state.peek()
  entry.state.value = next
  free(before)
}

function free(picture: Thumbnail): void {
  if ('url' in picture) URL.revokeObjectURL(picture.url)
}
