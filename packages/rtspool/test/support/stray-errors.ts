import { nextTurn } from './until.js'

const events = ['uncaughtException', 'unhandledRejection'] as const

/**
 * Collects errors and rejections that nobody catches while `run` runs, and in the turns after. They
 * would end a process.
 */
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
    // A rejection counts as unhandled at the end of its turn.
    await nextTurn(3)
  } finally {
    events.forEach((event, index) => {
      process.off(event, collect)
      for (const listener of before[index] ?? []) process.on(event, listener)
    })
  }
  return errors
}
