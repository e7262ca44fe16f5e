import type { MediaFactory } from './media-factory.js'
import { matchesPathPattern } from './path-pattern.js'

/** A mount point that answers for a path. */
export interface MountMatch {
  readonly factory: MediaFactory
  /** The mount point, a prefix of the path that ends at a `/` or is the whole path. */
  readonly mountPath: string
}

/**
 * Which factory answers for which path: the longest mount point that is a prefix of the path at a `/`
 * (GstRTSPMountPoints), and which paths clients may publish to.
 */
export class MountPoints implements Iterable<readonly [path: string, factory: MediaFactory]> {
  readonly #factories = new Map<string, MediaFactory>()
  readonly #publishPatterns = new Set<string>()

  get size(): number {
    return this.#factories.size
  }

  /**
   * Mounts a factory.
   *
   * @param path - Absolute, without trailing slash: `/cam`, `/` for the root.
   * @throws {TypeError} When the path is not absolute or already taken.
   */
  add(path: string, factory: MediaFactory): void {
    const mountPath = checkPath(path)
    if (this.#factories.has(mountPath)) throw new TypeError(`${mountPath} is mounted already`)
    this.#factories.set(mountPath, factory)
  }

  /**
   * Takes a mount point away. Its media are not ended: close the factory for that.
   *
   * @returns The factory that was mounted.
   */
  remove(path: string): MediaFactory | undefined {
    const mountPath = checkPath(path)
    const factory = this.#factories.get(mountPath)
    this.#factories.delete(mountPath)
    return factory
  }

  /** The factory at exactly this mount point. */
  get(path: string): MediaFactory | undefined {
    return this.#factories.get(withoutTrailingSlash(path))
  }

  /** The longest mount point for a path; cost grows with the depth of the path only. */
  match(path: string): MountMatch | undefined {
    let candidate = withoutTrailingSlash(path)
    for (;;) {
      const factory = this.#factories.get(candidate)
      if (factory) return { factory, mountPath: candidate }
      if (candidate === '/') return undefined
      candidate = candidate.slice(0, Math.max(1, candidate.lastIndexOf('/')))
    }
  }

  /**
   * Allows clients to publish to a path with ANNOUNCE and RECORD.
   *
   * @param pattern - A path, or a path that ends in `/*`: everything below it, at any depth.
   */
  allowPublish(pattern: string): void {
    checkPath(pattern)
    this.#publishPatterns.add(pattern)
  }

  /** Takes back what {@link allowPublish} allowed; running publications go on. */
  disallowPublish(pattern: string): boolean {
    return this.#publishPatterns.delete(pattern)
  }

  isPublishAllowed(path: string): boolean {
    if (path === '/') return false
    for (const pattern of this.#publishPatterns) {
      if (matchesPathPattern(pattern, path)) return true
    }
    return false
  }

  [Symbol.iterator](): IterableIterator<readonly [path: string, factory: MediaFactory]> {
    return this.#factories.entries()
  }
}

function checkPath(path: string): string {
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new TypeError(`a mount point is an absolute path such as '/cam', got '${path}'`)
  }
  return withoutTrailingSlash(path)
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
