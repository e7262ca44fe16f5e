/** Something that a test has opened. */
export interface OpenThing {
  close(): Promise<unknown>
  /** Looks, when all is closed, whether anything was kept. */
  checkClosed?(): void
}

const openThings: OpenThing[] = []

/** Closed after the test, before what was opened earlier and before servers. */
export function closeAfterTest(thing: OpenThing): void {
  openThings.unshift(thing)
}

/** Closed after the test, when all clients are. */
export function closeServerAfterTest(server: OpenThing): void {
  openThings.push(server)
}

/** Ends what the test opened, and checks that nothing was kept; called after each test. */
export async function closeOpenThings(): Promise<void> {
  const things = openThings.splice(0)
  for (const thing of things) await thing.close()
  for (const thing of things) thing.checkClosed?.()
}
