const events = ['uncaughtException', 'unhandledRejection'] as const

/** What would end a process: errors and rejections that nobody catches while `run` runs, and in the turns after. */
export async function strayErrorsDuring(run: () => unknown): Promise<unknown[]> {
  const errors: unknown[] = []
  const collect = (error: unknown): void => void errors.push(error)
  const before = events.map((event) => process.listeners(event as 'uncaughtException'))
  for (const event of events) {
    process.removeAllListeners(event)
    process.on(event, collect)
  }
  try {
    await run()
    // A rejection is unhandled when the turn in which it came is over.
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  } finally {
    events.forEach((event, index) => {
      process.off(event, collect)
      for (const listener of before[index] ?? []) process.on(event, listener)
    })
  }
  return errors
}
