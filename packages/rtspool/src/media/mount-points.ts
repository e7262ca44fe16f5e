import { checkOptions, isRecord, kindOf } from '../option-checks.js'
import { MediaFactory } from './media-factory.js'
import { checkAbsolute, checkPath, checkPathPattern, matchesPathPattern } from './path-pattern.js'
import { checkTimeline, type TimelinePolicy } from './timeline/timeline.js'

/** A media that creates its own factory, such as a live media or a relay. */
export interface MountableMedia {
  readonly factory: MediaFactory
}

/** The mount point that serves a path, and its factory. */
export interface MountMatch {
  readonly factory: MediaFactory
  /** The mount point: a prefix of the path that ends at a `/`, or the whole path. */
  readonly mountPath: string
}

/**
 * Returns whether the factory of a match serves a path. A factory serves its mount point, and also
 * the paths below if its option `servesSubpaths` is set.
 */
export const servesPath = (match: MountMatch | undefined, path: string): match is MountMatch =>
  match !== undefined && (match.mountPath === path || match.factory.options.servesSubpaths)

/** Options of {@link MountPoints.allowPublish} for the paths that clients may publish to; all optional. */
export interface PublishOptions {
  /**
   * Timeline that viewers see when the publisher jumps in RTP time, changes its SSRC or begins
   * again. `passThrough` = the publisher's own. `continuous` = one SSRC, and sequence numbers and
   * timestamps that continue.
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
 * Mounts a publication of a client. Its path comes from a request, so it may contain characters
 * such as `*`, which are refused in paths of the application.
 *
 * @throws {TypeError} If the path is already taken.
 */
export let mountPublication: (mounts: MountPoints, path: string, factory: MediaFactory) => void

/**
 * Maps paths to factories: the longest mount point that is a prefix of the path at a `/` (GstRTSPMountPoints). Also
 * contains the paths that clients may publish to.
 */
export class MountPoints implements Iterable<readonly [path: string, factory: MediaFactory]> {
  readonly #factories = new Map<string, MediaFactory>()
  /**
   * Number of mount points for each number of path segments, which avoids look-ups of prefixes that
   * cannot match.
   */
  readonly #depths: number[] = []
  readonly #publishPatterns = new Map<string, PublishOptions>()
  /**
   * Path and result of the last look-up; `undefined` before the first, and after a mount point was added or removed.
   */
  #lastMatch: { readonly path: string; readonly match: MountMatch | undefined } | undefined

  get size(): number {
    return this.#factories.size
  }

  /**
   * Mounts a factory, or the factory of a live media or a relay.
   *
   * @param path - Absolute decoded text: `/cam`, `/` for the root. A trailing slash is dropped.
   * @throws {TypeError} If the path is already taken, or no request can have it: not absolute,
   *   empty, `.` or `..` segments, `*`, `?`, `#`, percent escapes. Also if the factory is not a
   *   factory, but a source for instance.
   */
  add(path: string, media: MediaFactory | MountableMedia): void {
    checkPath('a mount path', path)
    const factory = isMountable(media) ? media.factory : media
    if (!(factory instanceof MediaFactory)) {
      const expected = 'a MediaFactory, such as new MediaFactory(() => source)'
      throw new TypeError(`${path}: expected ${expected}, got ${kindOf(factory)}`)
    }
    this.#mount(withoutTrailingSlash(path), factory)
  }

  /**
   * Removes a mount point. Its media continue until the factory is closed.
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

  /** Returns the factory that is mounted at exactly this path; `undefined` if there is none. */
  get(path: string): MediaFactory | undefined {
    return this.#factories.get(withoutTrailingSlash(path))
  }

  /**
   * Finds the longest mount point for a path. Costs one look-up for each number of path segments that mount points
   * have. Repeating the last path costs nothing, as SETUP does before and after it has admitted a session.
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
   * @param pattern - A path, or a path that ends in `/*`, which matches everything below it at any
   *   depth. A trailing slash is dropped.
   * @throws {TypeError} If such a path, for example the root, cannot be published to, or an option
   *   is unknown.
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

  /** Undoes {@link allowPublish}. Running publications continue. @returns `false` if the pattern was not allowed. */
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

  /** Returns the publishing options of a path: those of the longest matching pattern, or `{}` without one. */
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

const isMountable = (media: unknown): media is MountableMedia =>
  isRecord(media) && media.factory instanceof MediaFactory

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** Returns the number of segments of a path; 0 for the root. */
export function depthOf(path: string): number {
  if (path === '/') return 0
  let depth = 0
  for (let at = 0; at >= 0; at = path.indexOf('/', at + 1)) depth++
  return depth
}

/**
 * Returns the lengths in characters of a path's prefixes, by their number of segments: for the root, for one segment,
 * and so on. Contains at most `limit` lengths.
 */
function segmentEnds(path: string, limit: number): number[] {
  const ends = [1]
  for (let at = 0; at < path.length && path !== '/' && ends.length < limit; ) {
    const next = path.indexOf('/', at + 1)
    at = next < 0 ? path.length : next
    ends.push(at)
  }
  return ends
}
