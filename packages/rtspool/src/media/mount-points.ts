import { checkOptions, kindOf } from '../option-checks.js'
import { MediaFactory } from './media-factory.js'
import { checkAbsolute, checkPath, checkPathPattern, matchesPathPattern } from './path-pattern.js'
import { checkTimeline, type TimelinePolicy } from './timeline/timeline.js'

/** A mount point that answers for a path. */
export interface MountMatch {
  readonly factory: MediaFactory
  /** The mount point, a prefix of the path that ends at a `/` or is the whole path. */
  readonly mountPath: string
}

/** Options of what clients publish to some paths; all optional. */
export interface PublishOptions {
  /**
   * What viewers see when the publisher jumps in RTP time, changes its SSRC or begins anew: the same (`passThrough`), or one
   * SSRC, sequence numbers and timestamps that go on (`continuous`).
   * @default the option `timeline` of the server
   */
  readonly timeline?: TimelinePolicy | undefined
}

function resolvePublishOptions(options: PublishOptions): PublishOptions {
  checkOptions('allowPublish', options, ['timeline'])
  const { timeline } = options
  return timeline === undefined ? {} : { timeline: checkTimeline('timeline', timeline) }
}

/**
 * Mounts what a client publishes. Its path came with a request: it is free of what no request can have, and may hold
 * what an application writes by mistake only, such as `*`.
 *
 * @throws {TypeError} When the path is already taken.
 */
export let mountPublication: (mounts: MountPoints, path: string, factory: MediaFactory) => void

/**
 * Which factory answers for which path: the longest mount point that is a prefix of the path at a `/`
 * (GstRTSPMountPoints), and which paths clients may publish to.
 */
export class MountPoints implements Iterable<readonly [path: string, factory: MediaFactory]> {
  readonly #factories = new Map<string, MediaFactory>()
  /** How many mount points have each number of segments: only such prefixes of a path are looked up. */
  readonly #depths: number[] = []
  readonly #publishPatterns = new Map<string, PublishOptions>()
  /** Answer to the last question; until a mount point comes or goes. */
  #lastMatch: { readonly path: string; readonly match: MountMatch | undefined } | undefined

  get size(): number {
    return this.#factories.size
  }

  /**
   * Mounts a factory.
   *
   * @param path - Absolute decoded text: `/cam`, `/` for the root. A trailing slash is dropped.
   * @throws {TypeError} When the path is already taken or cannot be that of a request: not absolute, empty, `.` or `..`
   *   segments, `*`, `?`, `#`, percent escapes. When the factory is something else, a source for instance.
   */
  add(path: string, factory: MediaFactory): void {
    checkPath('a mount path', path)
    if (!(factory instanceof MediaFactory)) {
      const expected = 'a MediaFactory, such as new MediaFactory(() => source)'
      throw new TypeError(`${path}: expected ${expected}, got ${kindOf(factory)}`)
    }
    this.#mount(withoutTrailingSlash(path), factory)
  }

  /**
   * Takes a mount point away. Its media are not ended: close the factory for that.
   *
   * @returns The factory that was mounted.
   */
  remove(path: string): MediaFactory | undefined {
    checkAbsolute('a mount path', path)
    const mountPath = withoutTrailingSlash(path)
    const factory = this.#factories.get(mountPath)
    if (this.#factories.delete(mountPath)) this.#noteDepth(mountPath, -1)
    return factory
  }

  /** The factory at exactly this mount point. */
  get(path: string): MediaFactory | undefined {
    return this.#factories.get(withoutTrailingSlash(path))
  }

  /**
   * The longest mount point for a path. Costs one look-up for each depth that a mount point has; nothing when the same path
   * was asked for last, as SETUP does before and after it has admitted a session.
   */
  match(path: string): MountMatch | undefined {
    const last = this.#lastMatch
    if (last?.path === path) return last.match
    const match = this.#find(path)
    this.#lastMatch = { path, match }
    return match
  }

  #find(path: string): MountMatch | undefined {
    const ends = segmentEnds(withoutTrailingSlash(path), this.#depths.length)
    for (let depth = ends.length - 1; depth >= 0; depth--) {
      if (!this.#depths[depth]) continue
      const mountPath = path.slice(0, ends[depth])
      const factory = this.#factories.get(mountPath)
      if (factory) return { factory, mountPath }
    }
    return undefined
  }

  /**
   * Allows clients to publish to a path with ANNOUNCE and RECORD.
   *
   * @param pattern - A path, or a path that ends in `/*`: everything below it, at any depth. A trailing slash is
   *   dropped.
   * @throws {TypeError} When nothing can be published to such a path, the root among them, or an option is none.
   */
  allowPublish(pattern: string, options: PublishOptions = {}): void {
    checkAbsolute('a path pattern', pattern)
    const normal = withoutTrailingSlash(pattern)
    checkPathPattern('a path pattern', normal)
    if (normal === '/') {
      throw new TypeError("nobody can publish to the root, got '/': '/*' is everything below it")
    }
    this.#publishPatterns.set(normal, resolvePublishOptions(options))
  }

  /** Takes back what {@link allowPublish} allowed; running publications go on. */
  disallowPublish(pattern: string): boolean {
    checkAbsolute('a path pattern', pattern)
    return this.#publishPatterns.delete(withoutTrailingSlash(pattern))
  }

  isPublishAllowed(path: string): boolean {
    if (path === '/') return false
    for (const pattern of this.#publishPatterns.keys()) {
      if (matchesPathPattern(pattern, path)) return true
    }
    return false
  }

  /** What {@link allowPublish} says of a path: the options of the longest pattern that it matches. */
  publishOptionsOf(path: string): PublishOptions {
    let longest = ''
    for (const pattern of this.#publishPatterns.keys()) {
      if (pattern.length > longest.length && matchesPathPattern(pattern, path)) longest = pattern
    }
    return this.#publishPatterns.get(longest) ?? {}
  }

  [Symbol.iterator](): IterableIterator<readonly [path: string, factory: MediaFactory]> {
    return this.#factories.entries()
  }

  #mount(mountPath: string, factory: MediaFactory): void {
    if (this.#factories.has(mountPath)) throw new TypeError(`${mountPath} is mounted already`)
    this.#factories.set(mountPath, factory)
    this.#noteDepth(mountPath, 1)
  }

  #noteDepth(mountPath: string, change: 1 | -1): void {
    this.#lastMatch = undefined
    const depth = depthOf(mountPath)
    while (this.#depths.length <= depth) this.#depths.push(0)
    this.#depths[depth] = (this.#depths[depth] ?? 0) + change
    while (this.#depths.at(-1) === 0) this.#depths.pop()
  }

  static {
    mountPublication = (mounts, path, factory) => mounts.#mount(path, factory)
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** Number of segments of a path; 0 for the root. */
export function depthOf(path: string): number {
  if (path === '/') return 0
  let depth = 0
  for (let at = 0; at >= 0; at = path.indexOf('/', at + 1)) depth++
  return depth
}

/** By number of segments, the length of the prefix of a path that has them; no more than `limit` of these. */
function segmentEnds(path: string, limit: number): number[] {
  const ends = [1]
  for (let at = 0; at < path.length && path !== '/' && ends.length < limit; ) {
    const next = path.indexOf('/', at + 1)
    at = next < 0 ? path.length : next
    ends.push(at)
  }
  return ends
}
