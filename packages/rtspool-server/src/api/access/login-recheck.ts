import { randomInt } from 'node:crypto'
import type { Clock, ClockTimer } from 'rtspool'
import type { RoleAnswer, RoleGrant } from '../../access/role-answer.js'

/** Largest random change of the interval, up or down, as a share of the interval. */
const jitter = 0.1
const randomSteps = 2 ** 16
/** Maximum seconds from a failure of the login hook to the next question about the same login. */
const maxRetrySeconds = 30
/** Number of failures of the login hook in a row that end the login. */
const maxFailures = 3

/** A login whose user the login hook wants to be asked about again. */
export interface RecheckedLogin {
  readonly grant: RoleGrant
  /** Asks the hook again. Never throws. */
  ask(): Promise<RoleAnswer>
  /** Called after an answer that accepts the user with the same role. */
  renew(grant: RoleGrant): void
  /** Called after an answer that refuses the user or has another role, and after the third failure in a row. */
  end(): void
}

/** Asks the login hook again, at intervals, about one login to the control API. */
export class LoginRecheck {
  readonly #clock: Clock
  readonly #login: RecheckedLogin
  #seconds = 0
  #failures = 0
  #timer: ClockTimer | undefined
  #isStopped = false

  constructor(clock: Clock, login: RecheckedLogin) {
    this.#clock = clock
    this.#login = login
    this.#schedule(login.grant)
  }

  /** Ends the questions. Idempotent. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Sets the timer for the next question, if the answer of the hook wants one. */
  #schedule({ recheckSeconds }: RoleGrant): void {
    if (recheckSeconds === undefined) return
    this.#seconds = recheckSeconds
    const random = randomInt(randomSteps) / randomSteps
    this.#askAfter(recheckSeconds * (1 - jitter + 2 * jitter * random))
  }

  #askAfter(seconds: number): void {
    this.#timer = this.#clock.schedule(() => void this.#ask(), seconds * 1000, false)
  }

  async #ask(): Promise<void> {
    const answer = await this.#login.ask()
    if (this.#isStopped) return
    if ('refuse' in answer) this.#refused(answer.refuse === 'unavailable')
    else if (!isSame(answer, this.#login.grant)) this.#login.end()
    else {
      this.#failures = 0
      this.#login.renew(answer)
      this.#schedule(answer)
    }
  }

  #refused(isFailure: boolean): void {
    this.#failures++
    if (!isFailure || this.#failures >= maxFailures) this.#login.end()
    else this.#askAfter(Math.min(this.#seconds, maxRetrySeconds))
  }
}

const isSame = (one: RoleGrant, other: RoleGrant): boolean =>
  one.user === other.user && one.role === other.role
