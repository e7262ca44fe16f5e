/** Waits until `isDone` holds, a turn of the event loop at a time; throws when it does not within 8 s. */
export async function until(isDone: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 8_000
  while (!isDone()) {
    if (performance.now() > giveUpAt) throw new Error(`never came true: ${isDone}`)
    await new Promise(setImmediate)
  }
}
