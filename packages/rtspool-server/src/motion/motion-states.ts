import type { Element } from '@xmldom/xmldom'
import { childrenOf, elementAt, textAt } from '../xml/xml.js'

/** Maximum number of rules and video sources of one camera whose motion is known at a time. */
const maxPlaces = 64
/** Names of the values of notifications that tell whether something moves. */
const stateNames: readonly string[] = ['State', 'IsMotion']

/** Motion that the notifications of one camera tell, by topic and source: a camera has several rules and lenses. */
export class MotionStates {
  readonly #moving = new Set<string>()

  /** True while something moves for one of the rules. */
  get isMoving(): boolean {
    return this.#moving.size > 0
  }

  /** Reads the notifications of a PullMessages response. Those about other topics are left out. */
  read(response: Element): void {
    for (const message of childrenOf(response)) {
      if (message.localName === 'NotificationMessage') this.#note(message)
    }
  }

  #note(notification: Element): void {
    const topic = textAt(notification, 'Topic') ?? ''
    const message = elementAt(notification, 'Message', 'Message')
    if (!message || !/motion/i.test(topic)) return
    const place = `${topic} ${itemsOf(message, 'Source').map(([, value]) => value)}`
    if (message.getAttribute('PropertyOperation') === 'Deleted') {
      this.#moving.delete(place)
      return
    }
    const state = itemsOf(message, 'Data').find(([name]) => stateNames.includes(name))?.[1]
    if (state === undefined) return
    if (state !== 'true' && state !== '1') this.#moving.delete(place)
    else if (this.#moving.size < maxPlaces) this.#moving.add(place)
  }
}

/** Returns the names and values of the simple items in `Source` or `Data` of a message. */
function itemsOf(message: Element, part: 'Source' | 'Data'): (readonly [string, string])[] {
  const items = childrenOf(elementAt(message, part) ?? message)
  return items
    .filter(({ localName }) => localName === 'SimpleItem')
    .map((item) => [item.getAttribute('Name') ?? '', item.getAttribute('Value') ?? ''])
}
