import { describe, expect, it } from 'vitest'
import type { SrtpOffer } from '../../../src/mikey/index.js'
import { ssrcOf } from '../../../src/rtp/index.js'
import { parseTransport, type RtspResponse } from '../../../src/rtsp/index.js'
import { inSession, mountCamera, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { answeredOffers, receiverFor, srtpTcp } from '../../support/srtp-peer.js'
import { connectTlsTo, rtpPacket, startServer, testCertificate } from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const rtspsrc2 = 'GStreamer rtspsrc2 0.15.4-1a2b3c4'
const srtpUdp = 'RTP/SAVP;unicast;client_port=5000-5001'
const ssrcs = [0x1234_5678, 0x9abc_def0] as const

/** A camera with two tracks, which have sent packets with these sequence numbers to a viewer with SRTP. */
async function playing(sent: readonly (readonly number[])[]) {
  const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
  const sources = mountCamera(server)
  const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/cam`
  const viewer = await connectTlsTo(server)
  const session = sessionIdOf(await setUp(viewer, `${url}/trackID=0`, srtpTcp))
  await setUp(viewer, `${url}/trackID=1`, srtpTcp, session)
  await inSession(viewer, 'PLAY', url, session)
  for (const [track, sequenceNumbers] of sent.entries()) {
    const ssrc = ssrcs[track] as number
    for (const sequenceNumber of sequenceNumbers) {
      pushTo(sources, track, rtpPacket({ sequenceNumber, payloadType: 96 + track, ssrc }))
    }
  }
  const packets = () => viewer.frames.filter(({ channel }) => channel % 2 === 0)
  await until(() => packets().length === sent.flat().length)
  return { server, url }
}

describe('the SSRC of a stream with SRTP', { tags: ['R-7', 'A-SRT-3'] }, () => {
  // rtspsrc2 0.15.4 asks for the key of an unknown SSRC, and gets that of its first stream.
  it.each([
    { name: 'rtspsrc2, its first stream', track: 0, told: ssrcs[0] },
    { name: 'rtspsrc2, its second stream', track: 1, told: ssrcs[1] },
    { name: 'rtspsrc2 by UDP', track: 1, offer: srtpUdp, told: ssrcs[1] },
    {
      name: 'rtspsrc2, after the numbers began anew',
      track: 1,
      sent: [[], [65_535, 0]],
      told: ssrcs[1],
      rolls: 1,
    },
    {
      name: 'rtspsrc, which forgets the rollover counter',
      track: 1,
      agent: 'GStreamer/1.28.8',
      told: undefined,
    },
    {
      name: 'live555',
      track: 1,
      agent: 'openRTSP (LIVE555 Streaming Media v2026.10.17)',
      told: undefined,
    },
    { name: 'a client without a name', track: 1, agent: '', told: undefined },
  ])(
    '$name',
    async ({ track, offer = srtpTcp, sent = [[7], [8]], agent = rtspsrc2, told, rolls = 0 }) => {
      const { server, url } = await playing(sent)
      const client = await connectTlsTo(server)
      const answer = await client.request('SETUP', `${url}/trackID=${track}`, {
        headers: { Transport: offer, ...(agent && { 'User-Agent': agent }) },
      })
      expect(answer.statusCode).toBe(200)
      expect(ssrcIn(answer)).toBe(told)
      const ssrc = told ?? (sent[track]?.length ? ssrcs[track] : 0)
      expect([...(answeredOffers(answer)[0]?.rolloverCounters ?? [])]).toEqual([[ssrc, rolls]])
    },
  )

  it.each(['passThrough', 'continuous'] as const)(
    'rtspsrc2 is told one for each stream before the source has sent a packet (%s)',
    async (timeline) => {
      const server = await startServer({ tls: { port: 0, ...testCertificate('first') } })
      const sources = mountCamera(server, '/cam', { timeline })
      const url = `rtsps://127.0.0.1:${server.tlsAddress().port}/cam`
      const viewer = await connectTlsTo(server)
      const set = (track: number, session?: string) =>
        viewer.request('SETUP', `${url}/trackID=${track}`, {
          headers: {
            Transport: srtpTcp,
            'User-Agent': rtspsrc2,
            ...(session && { Session: session }),
          },
        })
      const first = await set(0)
      const session = sessionIdOf(first)
      const answers = [first, await set(1, session)]
      const told = answers.map((answer) => ssrcIn(answer))
      expect(new Set(told).size).toBe(2)
      for (const [track, answer] of answers.entries()) {
        expect([...(answeredOffers(answer)[0]?.rolloverCounters ?? [])]).toEqual([[told[track], 0]])
      }
      await inSession(viewer, 'PLAY', url, session)
      for (const [track, ssrc] of ssrcs.entries()) {
        pushTo(sources, track, rtpPacket({ sequenceNumber: 7, payloadType: 96 + track, ssrc }))
      }
      const packets = () => viewer.frames.filter(({ channel }) => channel % 2 === 0)
      await until(() => packets().length === 2)
      for (const { channel, payload } of packets()) {
        const answer = answers[channel / 2] as RtspResponse
        const opened = receiverFor(answeredOffers(answer)[0] as SrtpOffer).open(payload)
        expect(opened && ssrcOf(opened)).toBe(told[channel / 2])
      }
      // A viewer without SRTP sees the same.
      const plain = await connectTlsTo(server)
      expect(ssrcIn(await setUp(plain, `${url}/trackID=1`))).toBe(told[1])
    },
  )
})

const ssrcIn = (answer: RtspResponse): number | undefined =>
  parseTransport(answer.headers.get('Transport') ?? '')[0]?.ssrc
