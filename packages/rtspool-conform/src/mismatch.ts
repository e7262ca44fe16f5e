/**
 * Error for a server that behaves differently than a conformance test requires. The test fails, and
 * the run continues.
 */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly expected: string
  readonly got: string

  /**
   * Creates the error.
   *
   * @param expected - The required behaviour, in a few words.
   * @param got - Behaviour of the server. Must not contain a secret of the caller.
   */
  constructor(expected: string, got: string) {
    super(`expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/**
 * Error that ends a conformance test because the server lacks a precondition. The test counts as
 * skipped.
 */
export class Skip extends Error {
  override readonly name = 'Skip'
}

/**
 * Error for a missing precondition, such as a connection. The error ends the run if it occurs
 * before the first test; later, only the present test fails.
 */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}

/** Fails the conformance test unless a required fact is true. @throws {Mismatch} If `fact` is false. */
export function check(fact: boolean, expected: string, got: string): asserts fact {
  if (!fact) throw new Mismatch(expected, got)
}
