import { Peer } from './peer.js'

/** Changes an RTP packet of a track in place. */
export type Rewrite = (packet: Buffer, track: number) => void

/** Plays one presentation and publishes its packets again, as a bridge does, each rewritten, without RTCP. */
export class Republisher {
  readonly #player: Peer
  readonly #publisher: Peer

  private constructor(player: Peer, publisher: Peer) {
    this.#player = player
    this.#publisher = publisher
  }

  static async start(from: string, to: string, rewrite: Rewrite): Promise<Republisher> {
    const publisher = await Peer.connect(to)
    const player = await Peer.connect(from, (frame) => {
      const channel = frame[1] as number
      if (channel % 2 !== 0) return
      rewrite(frame.subarray(4), channel / 2)
      publisher.send(frame)
    })
    const described = await player.request('DESCRIBE')
    const sdp = described.slice(described.indexOf('\r\n\r\n') + 4)
    const controls = [...sdp.matchAll(/^a=control:(track\S+)/gm)].map(([, name]) => `/${name}`)
    await publisher.request('ANNOUNCE', '', ['Content-Type: application/sdp'], sdp)
    for (const [index, control] of controls.entries()) {
      const transport = `Transport: RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`
      await publisher.request('SETUP', control, [`${transport};mode=record`])
      await player.request('SETUP', control, [transport])
    }
    await publisher.request('RECORD')
    await player.request('PLAY')
    return new Republisher(player, publisher)
  }

  async close(): Promise<void> {
    await this.#player.close()
    await this.#publisher.close()
  }
}
