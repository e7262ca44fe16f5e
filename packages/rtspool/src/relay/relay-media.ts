import { EventEmitter } from 'node:events'
import { tell } from '../listeners.js'
import { MediaFactory, setMediaSlate, setMediaTimes } from '../media/media-factory.js'
import { gopCacheDefaults, resolveGopCache } from '../media/track/gop-cache-options.js'
import { withoutUndefined } from '../option-checks.js'
import { Relay } from './relay.js'
import {
  checkRelayOptions,
  checkUpdate,
  type RelayOptions,
  type RelaySource,
  type RelayUpdate,
  relayDefaults,
  resolveRelayOptions,
  resolveRelaySources,
  updatableOf,
} from './relay-options.js'
import type { RelayState, RelayStatus } from './relay-status.js'

/** Events of {@link RelayMedia}. */
export interface RelayMediaEvents {
  /**
   * Emitted after each change of `status.state`, and after the return to the first source of a list. The state is then
   * `playing`, as before.
   */
  stateChanged: [status: RelayStatus, previous: RelayState]
}

/**
 * A stream of another server or a camera, pulled while somebody watches.
 *
 * ```ts
 * const camera = relayMedia('rtsp://user:password@192.0.2.7/stream')
 * server.mounts.add('/cam', camera)
 * camera.on('stateChanged', ({ state, reason }) => console.log(state, reason))
 * ```
 *
 * One connection serves all viewers, at any number of paths and servers. Viewers stay while the source is away.
 */
export class RelayMedia extends EventEmitter<RelayMediaEvents> implements AsyncDisposable {
  /** Factory that creates the media of each path at which the relay is mounted. */
  readonly factory: MediaFactory
  readonly #relay: Relay
  readonly #signal: AbortSignal | undefined
  #source: RelaySource | readonly RelaySource[]
  #options: RelayUpdate
  #closing: Promise<void> | undefined

  /**
   * Creates a relay, which connects when the first viewer comes, or at once with the option `alwaysOn`.
   *
   * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one.
   */
  constructor(source: RelaySource | readonly RelaySource[], options: RelayOptions = {}) {
    super()
    checkRelayOptions(options)
    this.#source = source
    this.#options = updatableOf(options)
    const { clock = relayDefaults.clock, random = relayDefaults.random, signal } = options
    const { gopCache = relayDefaults.gopCache, timeline = relayDefaults.timeline } = options
    const resolved = resolveRelayOptions(this.#options)
    this.#relay = new Relay({
      ...{ sources: resolveRelaySources(source), options: resolved, clock, random },
      backlog: resolveGopCache(gopCache) ?? gopCacheDefaults,
      changed: (previous) => tell(this, 'stateChanged', this.status, previous),
    })
    this.factory = new MediaFactory(() => this.#relay.open(), {
      ...{ timeline, gopCache, multicast: options.multicast },
      lingerSeconds: resolved.lingerMs / 1000,
      holdSeconds: resolved.holdMs / 1000,
      slate: resolved.slate,
      // The relay limits the time itself.
      startTimeoutSeconds: 0,
      // The query does not change what is pulled.
      sharedKey: (request) => {
        this.#relay.refuseLoop(request)
        return request.path
      },
    })
    this.#signal = signal
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted) this.#abort()
    else this.#relay.settle()
  }

  /** State of the connection to the source, at the time of access. */
  get status(): RelayStatus {
    return this.#relay.status
  }

  /**
   * Changes options of a running relay; members that are absent stay as they are. If source or transport differ, the
   * relay connects anew, and viewers wait as after a loss. In the state `failed`, any update starts an attempt.
   *
   * @throws {RangeError | TypeError} Names the wrong option. Nothing is changed then.
   */
  update(update: RelayUpdate): void {
    checkUpdate(update)
    const { source = this.#source, ...changes } = update
    const options = { ...this.#options, ...withoutUndefined(changes) }
    const resolved = resolveRelayOptions(options)
    const resolvedSources = resolveRelaySources(source)
    this.#source = source
    this.#options = options
    setMediaTimes(this.factory, resolved)
    setMediaSlate(this.factory, resolved.slate)
    this.#relay.update(resolvedSources, resolved)
  }

  /**
   * Closes the connection: sessions of viewers end with reason `mediaEnded`, and requests get 503. Idempotent.
   *
   * @returns Resolves when the connection is closed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #abort = (): void => void this.close()

  async #close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#abort)
    const closed = this.#relay.close()
    await this.factory.close()
    await closed
  }
}

/**
 * Returns a media that pulls a stream by RTSP: one connection, from the first viewer until `lingerSeconds` after the
 * last, for all viewers. After a loss it connects again, with growing delays, and viewers stay meanwhile.
 *
 * @param source - URL of the stream, or an object with `url` and options of the client. In a list, the first source
 *   that serves is used.
 * @throws {RangeError | TypeError} Names the wrong option, the expected value and the given one, without credentials.
 */
export function relayMedia(
  source: RelaySource | readonly RelaySource[],
  options: RelayOptions = {},
): RelayMedia {
  return new RelayMedia(source, options)
}
