/** A difference between expected and actual behaviour: the row fails, and the run goes on. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly got: string

  /**
   * @param expected - The required behaviour, in a few words.
   * @param got - The server's behaviour. Never contains a secret of the caller.
   */
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/** Reason why a row does not apply to this server: a precondition is missing. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/** The run as a whole is impossible, for example because there is no server at the URL. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** @throws {Mismatch} If `fact` is false. */
export function check(fact: boolean, expected: string, got: string): asserts fact {
  if (!fact) throw new Mismatch(expected, got)
}
