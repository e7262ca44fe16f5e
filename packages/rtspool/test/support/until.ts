/** Waits until `isDone` holds, a turn of the event loop at a time; if it never does, the test times out. */
export async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate)
}
