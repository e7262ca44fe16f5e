// Many streams at once, published by one process: PATH0 to PATH(N-1) of a server.
import { compile } from './native.mjs'
import { loadCore, Program } from './processes.mjs'

/** Bytes of the largest RTP packet: MediaMTX packs larger ones anew, and so sends other packets than it receives. */
const packetBytes = 1400

/**
 * Publishes streams of 30 pictures and 2 Mbit a second, each with a key frame a second.
 *
 * @param clip - Annex B file whose pictures are sent; `undefined` = made-up pictures, stamped with the time of sending.
 * @returns The publisher: `sent()` resolves to the packets so far, and `report()` ends it and resolves to its report.
 */
export async function startStreams({ url, streams, clip }) {
  const options = ['--streams', streams, '--packet-bytes', packetBytes]
  if (clip) options.push('--clip', clip)
  const program = new Program(compile('publisher'), [...options.map(String), url], {
    core: loadCore,
  })
  await program.next('publishing')
  return {
    stop: () => program.stop(),
    sent: async () => {
      const sent = program.next('sent')
      program.signal('SIGUSR1')
      return (await sent).packets
    },
    report: async () => {
      const report = program.next('report')
      program.signal('SIGTERM')
      return await report
    },
  }
}
