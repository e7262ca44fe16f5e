import { Peer } from './peer.js'

const payloadBytes = 200
const intervalMs = 20
const rtpHeaderBytes = 12

const sdp = [
  'v=0',
  'o=- 0 0 IN IP4 127.0.0.1',
  's=steady',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 X-steady/90000',
  'a=control:track0',
  '',
].join('\r\n')

/** Publishes numbered packets over TCP, 50 a second, until it is closed. */
export class SteadyPublisher {
  /** Sequence number of the last packet. */
  last = 0
  readonly #peer: Peer
  readonly #timer: NodeJS.Timeout

  private constructor(peer: Peer) {
    this.#peer = peer
    this.#timer = setInterval(() => this.#send(), intervalMs)
  }

  /** @param credentials - The header `Authorization`, if the server asks for it. */
  static async start(url: string, credentials: readonly string[] = []): Promise<SteadyPublisher> {
    const peer = await Peer.connect(url)
    const headers = [...credentials]
    await peer.request('ANNOUNCE', '', [...headers, 'Content-Type: application/sdp'], sdp)
    const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record'
    await peer.request('SETUP', '/track0', [...headers, transport])
    await peer.request('RECORD', '', headers)
    return new SteadyPublisher(peer)
  }

  /** Ends the packets; the publication goes on. */
  pause(): void {
    clearInterval(this.#timer)
  }

  async close(): Promise<void> {
    this.pause()
    await this.#peer.close()
  }

  #send(): void {
    const frame = Buffer.alloc(4 + rtpHeaderBytes + payloadBytes)
    frame.set([0x24, 0])
    frame.writeUInt16BE(rtpHeaderBytes + payloadBytes, 2)
    this.last++
    // Version 2, marker, payload type 96.
    frame.set([0x80, 0x80 | 96], 4)
    frame.writeUInt16BE(this.last, 6)
    frame.writeUInt32BE(this.last * 1800, 8)
    frame.writeUInt32BE(0x1234, 12)
    this.#peer.send(frame)
  }
}
