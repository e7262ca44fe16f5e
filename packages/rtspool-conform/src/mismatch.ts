/** What a row found instead of what it expected: the row fails, and the run goes on. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly got: string

  /**
   * @param expected - What the requirement asks for here, in a few words.
   * @param got - What the server did, or that it did nothing. Never a secret of the caller.
   */
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/** Why a row says nothing about this server: something it needs is not there. */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/** The run as a whole is impossible: nobody answers at the URL, say. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** @throws {Mismatch} When `fact` is not so. */
export function check(fact: boolean, expected: string, got: string): asserts fact {
  if (!fact) throw new Mismatch(expected, got)
}
