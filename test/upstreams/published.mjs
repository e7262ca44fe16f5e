/** Publisher of the test picture, which notes each packet. */
import { connect, publish } from 'rtspool/client'
import { packetDigest } from './contents.mjs'

/**
 * Publishes to a server over TCP.
 *
 * @param source - URL of the stream to publish.
 * @param options - Options of `publish`, such as `tls` and `srtp`.
 * @returns The digests of all packets by kind of track, and `close`, which may be called again.
 */
export async function publishTo(url, source, options) {
  const camera = await connect(source)
  const publisher = await publish(url, { tracks: camera.tracks, transports: ['tcp'], ...options })
  const sent = {}
  for (const [index, track] of camera.tracks.entries()) {
    const digests = new Set()
    sent[track.kind] = digests
    const target = publisher.tracks[index]
    track.pipe({
      push: (packet) => {
        digests.add(packetDigest(packet))
        return target.push(packet)
      },
      mapTime: (...time) => target.mapTime(...time),
    })
  }
  await camera.play()
  const close = async () => {
    await publisher.close()
    await camera.close()
  }
  return { sent, close }
}
