import type { SessionDescription } from '../sdp/index.js'
import {
  describePresentation,
  type PresentationOrigin,
  type PresentationView,
  type StoredTimes,
} from './describe-presentation.js'

/**
 * A serialized session description with its version: a text that changes when the description must
 * be built again.
 */
interface Described {
  readonly version: string
  readonly sdp: Buffer
}

/**
 * The session descriptions of one presentation, which differ between clients. Each is serialized once: clients for
 * which nothing differs are sent the same bytes.
 */
export class Descriptions {
  readonly #source: SessionDescription
  #origin: PresentationOrigin
  readonly #stored: StoredTimes | undefined
  /**
   * Latest description by kind of client, such as IPv6 clients with SRTP. There are about two dozen kinds. Emptied when
   * the source changes its description.
   */
  readonly #made = new Map<string, Described>()
  #isKnown = false

  /**
   * Prepares the descriptions of one presentation.
   *
   * @param origin - Id and version of the description, for the `o=` line.
   * @param stored - Length and times of a stored presentation; `undefined` for a live one.
   */
  constructor(
    source: SessionDescription,
    origin: PresentationOrigin,
    stored: StoredTimes | undefined,
  ) {
    this.#source = source
    this.#origin = origin
    this.#stored = stored
  }

  /** Id of the presentation and present version of its description, as the `o=` line states them. */
  get origin(): PresentationOrigin {
    return this.#origin
  }

  /** True once a client has been sent a description. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Notes that the source has changed its description: the version in `o=` increases. */
  noteChanged(): void {
    this.#origin = { ...this.#origin, version: this.#origin.version + 1 }
    this.#made.clear()
  }

  /**
   * Returns the description to send to a client, and sets {@link isKnown}. The buffer must not be changed, because
   * other clients are sent it too.
   */
  forClient(view: PresentationView): Buffer {
    this.#isKnown = true
    return this.for(view)
  }

  /**
   * Returns the description for a client.
   *
   * @returns A buffer that must not be changed, because other clients are sent it too.
   */
  for(view: PresentationView): Buffer {
    const kind = kindOf(view)
    const version = versionOf(view)
    let described = this.#made.get(kind)
    if (described?.version !== version) {
      const stored = this.#stored
      const sdp = describePresentation(this.#source, this.#origin, { ...view, stored })
      described = { version, sdp }
      this.#made.set(kind, described)
    }
    return described.sdp
  }
}

function kindOf({ family = 4, places, backChannel, keys }: PresentationView): string {
  return `${family} ${places !== undefined} ${backChannel !== undefined} ${keys?.form}`
}

/**
 * Returns a text that differs if the multicast groups, the SRTP keys or their rollover counters differ. A stored
 * description with another text is outdated.
 */
function versionOf({ places, keys }: PresentationView): string {
  const groups = places?.map((place) => place && [place.address, place.ports, place.ttl].join())
  return `${groups?.join(' ')} ${keys?.version}`
}
