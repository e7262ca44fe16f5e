import type { ReloadControl } from '../config/reload/reload-control.js'

/** Cause of a reload, for the log of a process that has no API. */
const cause = 'API of process 1'

/**
 * Reloads of the configuration in all processes of a server after the API of one has changed the configuration. Messages
 * ask for the reloads, not SIGHUP, which ends a process on Windows.
 */
export class SharedReloads {
  readonly #tellOthers: () => void
  #reload: (() => void) | undefined
  /** True if another process has changed the configuration before this one could reload it. */
  #isMissed = false

  /** @param tellOthers - Lets the other processes reload. */
  constructor(tellOthers: () => void) {
    this.#tellOthers = tellOthers
  }

  /**
   * Lets this process follow the changes by another one from now on.
   *
   * @param hasApi - True if this process makes such changes, which the others follow.
   */
  begin(control: Pick<ReloadControl, 'reload' | 'passOn'>, hasApi: boolean): void {
    this.#reload = () => void control.reload(cause)
    if (hasApi) control.passOn(this.#tellOthers)
    if (this.#isMissed) this.#reload()
  }

  /** Reloads the configuration, which another process has changed; before {@link begin}, when that is called. */
  note(): void {
    if (this.#reload) this.#reload()
    else this.#isMissed = true
  }
}
