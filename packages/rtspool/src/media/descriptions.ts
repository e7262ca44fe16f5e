import type { SessionDescription } from '../sdp/index.js'
import { describePresentation, type PresentationView } from './describe-presentation.js'

/** A description, and the parts of it that may change. */
interface Described {
  readonly version: string
  readonly sdp: Buffer
}

/**
 * The descriptions of one presentation, as different clients get them. Each is serialised once: clients that differ in
 * nothing that counts are sent the same bytes.
 */
export class Descriptions {
  readonly #source: SessionDescription
  readonly #origin: number
  readonly #durationSeconds: number | undefined
  /** The last description of each kind of client: two dozen at most. */
  readonly #made = new Map<string, Described>()

  /**
   * @param origin - Unique number of the presentation, for `o=`.
   * @param durationSeconds - Length of a stored presentation.
   */
  constructor(source: SessionDescription, origin: number, durationSeconds: number | undefined) {
    this.#source = source
    this.#origin = origin
    this.#durationSeconds = durationSeconds
  }

  /** @returns A buffer that other clients are sent as well: not to be changed. */
  for(view: PresentationView): Buffer {
    const kind = kindOf(view)
    const version = versionOf(view)
    let described = this.#made.get(kind)
    if (described?.version !== version) {
      const durationSeconds = this.#durationSeconds
      const sdp = describePresentation(this.#source, this.#origin, { ...view, durationSeconds })
      described = { version, sdp }
      this.#made.set(kind, described)
    }
    return described.sdp
  }
}

function kindOf({ family = 4, places, backChannel, keys }: PresentationView): string {
  return `${family} ${places !== undefined} ${backChannel !== undefined} ${keys?.form}`
}

/** Groups are taken and given back, and keys come with a rollover counter. */
function versionOf({ places, keys }: PresentationView): string {
  const groups = places?.map((place) => place && [place.address, place.ports, place.ttl].join())
  return `${groups?.join(' ')} ${keys?.version}`
}
