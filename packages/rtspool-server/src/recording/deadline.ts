import type { Clock } from 'rtspool'

/** Milliseconds for which an end waits for a disk that does not respond. */
const closeTimeoutMs = 5_000

/** Waits for the end of work on a disk, or for 5 s if the disk does not respond. */
export async function endOrDeadline(ended: Promise<unknown>, clock: Clock): Promise<void> {
  let timer: { cancel(): void } | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = clock.schedule(resolve, closeTimeoutMs, true)
  })
  await Promise.race([ended, deadline])
  timer?.cancel()
}
