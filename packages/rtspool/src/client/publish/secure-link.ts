import type { TrackSecurity } from '../streams/track-security.js'
import type { TransportAnswer } from '../streams/transport-answer.js'
import type { RtpLink } from './rtp-link.js'

/** Link of a track with SRTP: encrypts the packets for another link, and decrypts the RTCP packets of the server. */
export class SecureLink implements RtpLink {
  onRtcp: (compound: Buffer) => void = () => undefined
  readonly #link: RtpLink
  readonly #security: TrackSecurity

  /** @param link - Link that carries the encrypted packets. It is closed with this one. */
  constructor(link: RtpLink, security: TrackSecurity) {
    this.#link = link
    this.#security = security
    link.onRtcp = (sealed) => {
      const compound = security.openRtcp(sealed)
      if (compound) this.onRtcp(compound)
    }
  }

  get offer(): string {
    return this.#link.offer
  }

  open(answer: TransportAnswer): void {
    this.#link.open(answer)
  }

  sendRtp(packet: Buffer): boolean {
    const sealed = this.#security.protect(packet)
    return sealed !== undefined && this.#link.sendRtp(sealed)
  }

  sendRtcp(compound: Buffer): void {
    const sealed = this.#security.protectRtcp(compound)
    if (sealed) this.#link.sendRtcp(sealed)
  }

  close(): Promise<void> {
    return this.#link.close()
  }
}
