import { Peer } from './peer.js'

const payloadBytes = 1200
const rtpHeaderBytes = 12
/** 20 ms at 48 kHz. */
const ticksPerPacket = 960

const sdp = [
  'v=0',
  'o=- 0 0 IN IP4 127.0.0.1',
  's=sound',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 opus/48000/2',
  'a=control:track0',
  '',
].join('\r\n')

/** Publishes sound over TCP whose packets are all entry points, as many at a time as a test wants. */
export class OpusPublisher {
  readonly #peer: Peer
  #sent = 0

  private constructor(peer: Peer) {
    this.#peer = peer
  }

  static async start(url: string): Promise<OpusPublisher> {
    const peer = await Peer.connect(url)
    await peer.request('ANNOUNCE', '', ['Content-Type: application/sdp'], sdp)
    const transport = 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record'
    await peer.request('SETUP', '/track0', [transport])
    await peer.request('RECORD')
    return new OpusPublisher(peer)
  }

  send(packets: number): void {
    for (let n = 0; n < packets; n++) this.#peer.send(this.#nextFrame())
  }

  close(): Promise<void> {
    return this.#peer.close()
  }

  #nextFrame(): Buffer {
    const frame = Buffer.alloc(4 + rtpHeaderBytes + payloadBytes, 1)
    frame.set([0x24, 0])
    frame.writeUInt16BE(rtpHeaderBytes + payloadBytes, 2)
    this.#sent++
    // Version 2, payload type 97.
    frame.set([0x80, 97], 4)
    frame.writeUInt16BE(this.#sent % 2 ** 16, 6)
    frame.writeUInt32BE((this.#sent * ticksPerPacket) % 2 ** 32, 8)
    frame.writeUInt32BE(0x5678, 12)
    return frame
  }
}

/** Plays what an {@link OpusPublisher} publishes. */
export async function playOpus(url: string): Promise<Peer> {
  const peer = await Peer.connect(url)
  await peer.request('SETUP', '/trackID=0', ['Transport: RTP/AVP/TCP;unicast;interleaved=0-1'])
  await peer.request('PLAY')
  return peer
}
