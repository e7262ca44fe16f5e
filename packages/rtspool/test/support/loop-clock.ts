import { ManualClock } from '../../src/testing/manual-clock.js'

/** A clock with an event loop that reads sockets between timers and callbacks for the next turn. */
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
