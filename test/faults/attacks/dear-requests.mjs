/** Legal requests that cost much, sent as fast as they are answered, or at a rate in bytes a second. */
import { RtspPeer } from '../support/rtsp-peer.mjs'
import { attackerAddress, authorityOf, sleep } from './addresses.mjs'

/** Each gives method, URI, headers and body of the dearest legal request of its kind. */
const kinds = {
  segments: (base) => ['DESCRIBE', `${base}${'/a'.repeat(1000)}`],
  setupSegments: (base) => [
    'SETUP',
    `${base}${'/a'.repeat(1000)}/trackID=0`,
    { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' },
  ],
  parameters: (base) => [
    'GET_PARAMETER',
    `${base}/test`,
    { 'Content-Type': 'text/parameters' },
    'a\r\n'.repeat(43_000),
  ],
  transports: (base) => [
    'SETUP',
    `${base}/test/trackID=0`,
    {
      Transport: Array.from({ length: 30 }, () => 'RTP/FOO;unicast;client_port=5000-5001').join(
        ',',
      ),
    },
  ],
  announcement: (base) => [
    'ANNOUNCE',
    `${base}/dear`,
    { 'Content-Type': 'application/sdp' },
    `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n${Array.from(
      { length: 64 },
      (_, n) =>
        `m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:${n}\r\n${'a=x:y\r\n'.repeat(100)}`,
    ).join('')}`,
  ],
  describe: (base) => ['DESCRIBE', `${base}/test`],
}

export async function attack({ host, port, kind, connections, mbPerSecond }, stage) {
  const request = kinds[kind](`rtsp://${authorityOf({ host, port })}`)
  const size = request.reduce(
    (sum, part) => sum + (typeof part === 'string' ? part.length : JSON.stringify(part).length),
    50,
  )
  const counts = { answered: 0, statuses: {} }
  // Each connection keeps a share of the rate; without answers nothing more is sent.
  const pauseMs = (connections * size) / (mbPerSecond * 1000)
  const run = async (number) => {
    const localAddress = attackerAddress(number)
    let peer
    while (!stage.signal.aborted) {
      try {
        if (!peer || peer.socket.destroyed)
          peer = await RtspPeer.connect({ host, port, localAddress })
        const { status } = await peer.request(...request)
        counts.answered++
        counts.statuses[status] = (counts.statuses[status] ?? 0) + 1
      } catch {
        await sleep(10)
      }
      if (pauseMs > 1) await sleep(pauseMs * Math.random() * 2)
    }
    peer?.close()
  }
  const running = Promise.all(Array.from({ length: connections }, (_, number) => run(number)))
  stage.standing()
  await running
  return counts
}
