/** Waits until `isDone` returns true, one turn of the event loop at a time; throws after 8 s. */
export async function until(isDone: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 8_000
  while (!isDone()) {
    if (performance.now() > giveUpAt) throw new Error(`never came true: ${isDone}`)
    await new Promise(setImmediate)
  }
}
