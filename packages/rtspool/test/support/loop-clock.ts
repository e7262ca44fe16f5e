import { ManualClock } from '../../src/testing/manual-clock.js'

/** A clock of an event loop, which reads sockets between its timers and what was put off to the next turn. */
export class LoopClock extends ManualClock {
  readSockets: () => unknown = () => {}

  override schedule(callback: () => void, delayMs: number) {
    const afterRead = (): void => {
      this.readSockets()
      callback()
    }
    return super.schedule(delayMs > 0 ? callback : afterRead, delayMs)
  }
}
