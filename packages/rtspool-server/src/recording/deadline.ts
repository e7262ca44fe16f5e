import type { Clock } from 'rtspool'

/** Maximum milliseconds for which the end of a recording waits for a disk that does not respond. */
const closeTimeoutMs = 5_000

/**
 * Waits until `ended` settles, or for 5 s if the disk does not respond. Rejects if `ended` rejects within that time.
 */
export async function endOrDeadline(ended: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: { cancel(): void } | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = clock.schedule(resolve, closeTimeoutMs, true)
  })
  await Promise.race([ended, deadline])
  timer?.cancel()
}
