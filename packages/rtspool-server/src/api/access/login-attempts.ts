import type { Clock } from 'rtspool'
import { GuessLimit } from './guess-limit.js'

const hostRate = { burst: 10, perMinute: 10 }
/** Rate of attempts for one user from a host on which this user has logged in before. */
const knownRate = { burst: 10, perMinute: 10 }
/** Rate of attempts for one user, over all hosts on which the user has not logged in before. */
const userRate = { burst: 50, perMinute: 20 }
const maxKnownHosts = 1000

/** Attempts that one check of a password has used up, to be given back if the password is right. */
export type Attempt = readonly (readonly [limit: GuessLimit, key: string])[]

/** Limits the attempts to log in to the API, by host and by user. */
export class LoginAttempts {
  readonly #hosts: GuessLimit
  readonly #users: GuessLimit
  readonly #knownUsers: GuessLimit
  /** Pairs of a user and a host from which that user has logged in before, each as `user host`. */
  readonly #known = new Set<string>()

  constructor(clock: Clock) {
    this.#hosts = new GuessLimit(clock, hostRate)
    this.#users = new GuessLimit(clock, userRate)
    this.#knownUsers = new GuessLimit(clock, knownRate)
  }

  /**
   * Uses up an attempt to log in. A user who has logged in from this host before has separate attempts, which other
   * clients on the host cannot use up.
   *
   * @returns The attempts to give back after a right password, or the seconds until the next one.
   */
  take(user: string, host: string): Attempt | number {
    const key = knownKey(user, host)
    const isKnown = this.#known.has(key)
    if (isKnown && this.#knownUsers.take(key) === 0) return [[this.#knownUsers, key]]
    const wait = this.#hosts.take(host)
    if (wait > 0) return wait
    const ofHost = [this.#hosts, host] as const
    return isKnown ? [ofHost] : this.#users.take(user) || [ofHost, [this.#users, user]]
  }

  /** Gives back the attempts of a check that has found no wrong password. */
  giveBack(attempt: Attempt): void {
    for (const [limit, key] of attempt) limit.giveBack(key)
  }

  /** Remembers that a user has logged in from a host. */
  noteKnown(user: string, host: string): void {
    const key = knownKey(user, host)
    if (this.#known.has(key)) return
    const [oldest] = this.#known
    if (this.#known.size >= maxKnownHosts && oldest !== undefined) this.#known.delete(oldest)
    this.#known.add(key)
  }
}

const knownKey = (user: string, host: string): string => `${user} ${host}`
