/** A resource that a test has opened. */
export interface OpenThing {
  close(): Promise<unknown>
  /** Checks, after everything is closed, that nothing was kept. */
  checkClosed?(): void
}

const openThings: OpenThing[] = []

/** Closes a resource after the test, before earlier resources and servers. */
export function closeAfterTest(thing: OpenThing): void {
  openThings.unshift(thing)
}

/** Closes a server after the test, after all clients. */
export function closeServerAfterTest(server: OpenThing): void {
  openThings.push(server)
}

/**
 * Closes everything that the test opened, and checks that nothing was kept; called after each test.
 */
export async function closeOpenThings(): Promise<void> {
  const things = openThings.splice(0)
  for (const thing of things) await thing.close()
  for (const thing of things) thing.checkClosed?.()
}
