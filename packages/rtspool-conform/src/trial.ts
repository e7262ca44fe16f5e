import type { Answer } from './answer.js'
import type { CarrierName } from './carriers/carrier.js'
import { openCarrier } from './carriers/index.js'
import type { Credentials } from './credentials.js'
import { check, Mismatch, Skip } from './mismatch.js'
import { type HeaderLines, Peer } from './peer.js'
import { type DescribedTrack, type Description, readDescription } from './sdp.js'
import type { Presentation } from './target.js'
import { UdpPair } from './udp-pair.js'
import type { Waiting } from './waiting.js'

/**
 * Presentations on the tested server by purpose, and the carrier and credentials of the run. `undefined` = no URL was
 * given.
 */
export interface TrialTargets {
  readonly main: Presentation
  readonly publish: Presentation | undefined
  readonly seekable: Presentation | undefined
  readonly private: Presentation | undefined
  readonly multicast: Presentation | undefined
  readonly carrier: CarrierName
  readonly isInsecure: boolean
  readonly credentials: Credentials | undefined
}

/** A track for which SETUP has succeeded, with the response and the session id. */
export interface SetUpTrack {
  readonly track: DescribedTrack
  readonly answer: Answer
  readonly sessionId: string
  /** Interleaved channels of RTP and RTCP; `undefined` if the track is not interleaved. */
  readonly channels: readonly [number, number] | undefined
}

/** A session in which every track of a presentation is set up, so that PLAY can follow. */
export interface Ready {
  readonly peer: Peer
  readonly description: Description
  readonly tracks: readonly SetUpTrack[]
  readonly sessionId: string
  /** The header `Session` with the id, for further requests of the session. */
  readonly session: HeaderLines
  /**
   * Sends a request of the session to its aggregate URI, and checks the status of the response.
   *
   * @throws {Mismatch} If the response has none of the given status codes.
   */
  readonly ask: (
    status: number | readonly number[],
    method: string,
    headers?: HeaderLines,
  ) => Promise<Answer>
}

/** A session in which every track plays, with the response to PLAY. */
export interface Playing extends Ready {
  /** The response to PLAY. */
  readonly answer: Answer
}

/** A track that plays over UDP, with the connection and the ports that receive its packets. */
export interface PlayingUdp extends SetUpTrack {
  readonly peer: Peer
  readonly pair: UdpPair
  readonly aggregateUri: string
}

interface OpenSession {
  readonly peer: Peer
  readonly id: string
  readonly uri: string
}

const cleanUpLimitMs = 1000

/**
 * Connections, sessions and ports that one conformance test uses, with functions for the steps that
 * most tests need. {@link close} removes everything from the server.
 */
export class Trial {
  readonly targets: TrialTargets
  readonly waiting: Waiting
  readonly #peers: Peer[] = []
  readonly #pairs: UdpPair[] = []
  readonly #sessions = new Map<string, OpenSession>()

  constructor(targets: TrialTargets, waiting: Waiting) {
    this.targets = targets
    this.waiting = waiting
  }

  /** URI of the main presentation. */
  get uri(): string {
    return this.targets.main.uri
  }

  /** Returns the presentation whose URL an option such as `--publish` gives. @throws {Skip} If the option is absent. */
  target(name: 'publish' | 'seekable' | 'private' | 'multicast'): Presentation {
    const presentation = this.targets[name]
    if (!presentation) throw new Skip(`no --${name} URL was given`)
    return presentation
  }

  /**
   * Opens a connection through the carrier (TCP, TLS or tunnel) of the run. The connection is closed after the test.
   *
   * @param to - Presentation whose host and port to use. Default: the main presentation.
   * @param isKnown - `false` = the connection never sends credentials.
   */
  async connect(to: Presentation = this.targets.main, isKnown = true): Promise<Peer> {
    const { carrier, isInsecure, credentials } = this.targets
    const peer: Peer = new Peer({
      waiting: this.waiting,
      credentials: isKnown ? credentials : undefined,
      onAnswer: (method, uri, answer) => this.#follow(peer, method, uri, answer),
    })
    this.#peers.push(peer)
    const { host, port, path } = to
    const target = { name: carrier, host, port, path, isInsecure }
    return peer.attach(await openCarrier(target, peer, Math.max(1, this.waiting.leftMs)))
  }

  /**
   * Notes which sessions the test has created on the server, from each response, so that {@link close} can remove them.
   */
  #follow(peer: Peer, method: string, uri: string, answer: Answer): void {
    const id = answer.sessionId
    if (method === 'SETUP' && answer.status === 200 && id !== undefined) {
      this.#sessions.set(id, { peer, id, uri })
    }
    if (method === 'TEARDOWN' && answer.status === 200 && id === undefined) return
    if (method === 'TEARDOWN' && id !== undefined) this.#sessions.delete(id)
  }

  /** Sends DESCRIBE, which must succeed. @returns The parsed session description. */
  async describe(peer: Peer, uri = this.uri): Promise<Description> {
    const headers = { Accept: 'application/sdp' }
    const answer = await peer.expect(200, 'DESCRIBE', uri, { headers })
    return readDescription(answer, uri)
  }

  /**
   * Sends SETUP for one track, which must succeed.
   *
   * @param transport - Transport header. Default: interleaved on the channels 0 and 1.
   * @param sessionId - Session to which the track is added. Default: a new session.
   * @throws {Mismatch} If the response is not 200, or has no Session header.
   */
  async setUp(
    peer: Peer,
    track: DescribedTrack,
    transport = 'RTP/AVP/TCP;unicast;interleaved=0-1',
    sessionId?: string,
  ): Promise<SetUpTrack> {
    const session = sessionId === undefined ? {} : { Session: sessionId }
    const headers = { Transport: transport, ...session }
    const answer = await peer.expect(200, 'SETUP', track.uri, { headers })
    const id = answer.sessionId
    check(id !== undefined && id !== '', 'a Session header in the answer to SETUP', 'none')
    return { track, answer, sessionId: id, channels: channelsOf(answer) }
  }

  /**
   * Sends DESCRIBE, and then SETUP for every track, interleaved.
   *
   * @param on - Connection to use. Default: a new one.
   */
  async setUpAll(on?: Peer, uri = this.uri): Promise<Ready> {
    const peer = on ?? (await this.connect())
    const description = await this.describe(peer, uri)
    const tracks: SetUpTrack[] = []
    for (const [index, track] of description.tracks.entries()) {
      const transport = `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`
      tracks.push(await this.setUp(peer, track, transport, tracks[0]?.sessionId))
    }
    const sessionId = tracks[0]?.sessionId ?? ''
    const session = { Session: sessionId }
    const ask: Ready['ask'] = (status, method, headers) =>
      peer.expect(status, method, description.aggregateUri, { headers: { ...session, ...headers } })
    return { peer, description, tracks, sessionId, session, ask }
  }

  /**
   * Starts a session that plays every track, interleaved.
   *
   * @param on - Connection to use. Default: a new one.
   */
  async play(on?: Peer, uri = this.uri, headers: HeaderLines = {}): Promise<Playing> {
    const ready = await this.setUpAll(on, uri)
    return { ...ready, answer: await ready.ask(200, 'PLAY', headers) }
  }

  /** Plays the first track of the main presentation over UDP, on a new connection. */
  async playOverUdp(): Promise<PlayingUdp> {
    const peer = await this.connect()
    const { tracks, aggregateUri } = await this.describe(peer)
    const [track] = tracks
    check(track !== undefined, 'a track', 'none')
    const pair = await this.udpPair()
    const set = await this.setUp(peer, track, `RTP/AVP;unicast;${pair.clientPort}`)
    await peer.expect(200, 'PLAY', aggregateUri, { headers: { Session: set.sessionId } })
    return { ...set, peer, pair, aggregateUri }
  }

  /** Opens two UDP ports to receive RTP and RTCP, which are closed after the test. */
  async udpPair(): Promise<UdpPair> {
    const pair = await UdpPair.open(this.targets.main.host.includes(':'), this.waiting)
    this.#pairs.push(pair)
    return pair
  }

  /**
   * Checks that the server still responds to OPTIONS on a connection.
   *
   * @throws {Mismatch} If the response is not 200.
   */
  async answers(peer: Peer): Promise<void> {
    const answer = await peer.request('OPTIONS', this.uri)
    if (answer.status !== 200) throw new Mismatch('200 to OPTIONS afterwards', answer.toString())
  }

  /** Tears down the sessions of the test, and closes its sockets. Never fails. */
  async close(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    this.waiting.extend(2 * cleanUpLimitMs)
    await Promise.allSettled(sessions.map((session) => this.#tearDown(session)))
    for (const peer of this.#peers) peer.close()
    for (const pair of this.#pairs) pair.close()
  }

  async #tearDown({ peer, id, uri }: OpenSession): Promise<void> {
    const by = peer.isClosed || peer.garbage !== undefined ? await this.connect() : peer
    const headers = { Session: id }
    by.write(by.format('TEARDOWN', uri, { headers }))
    await by.answer('an answer to TEARDOWN', cleanUpLimitMs)
  }
}

/** Returns the pair of interleaved channels in the response to a SETUP; `undefined` without one. */
export function channelsOf(answer: Answer): readonly [number, number] | undefined {
  const pair = /interleaved\s*=\s*(\d+)-(\d+)/i.exec(answer.header('Transport') ?? '')
  return pair ? [Number(pair[1]), Number(pair[2])] : undefined
}
