import type { EventEmitter } from 'node:events'
import type { ReplayExtension } from '../rtp/index.js'
import type { RtspRange } from '../rtsp/index.js'
import type { MediaDescription, SessionDescription } from '../sdp/index.js'
import type { SrtpSuiteName } from '../srtp/index.js'

/**
 * Transport of RTP to the client.
 *
 * - `tcp`: interleaved frames within the RTSP connection.
 * - `udp`: datagrams to the client.
 * - `multicast`: datagrams to a multicast group.
 * - `http`: interleaved frames, within an RTSP connection through an HTTP tunnel.
 * - `webSocket`: the same through a WebSocket.
 */
export type RtspClientTransport = 'tcp' | 'udp' | 'multicast' | 'http' | 'webSocket'

/**
 * State of a client.
 *
 * - `described`: connected, with the session description; PLAY has not succeeded yet.
 * - `playing`: the server has accepted PLAY, and sends.
 * - `paused`: the server has accepted PAUSE; `play` resumes.
 * - `closed`: the client has ended, for good.
 */
export type RtspClientState = 'described' | 'playing' | 'paused' | 'closed'

/** Events of an {@link RtspClient}. */
export interface RtspClientEvents {
  /** Emitted after each change of `state`. */
  stateChanged: [state: RtspClientState, previous: RtspClientState]
  /**
   * Emitted when the client has given up a transport, and plays over another on a new connection. `error` tells why,
   * and is absent when no packet has arrived.
   */
  transportChanged: [transport: RtspClientTransport, error: unknown]
  /** Emitted once, after `stateChanged`; `error` is absent after `close()`. */
  closed: [error: unknown]
  /**
   * Emitted when the server has ended every track with an RTCP BYE, for example at the end of a file. It is emitted once
   * after each PLAY.
   */
  ended: []
}

/** Receiver to which `pipe` passes the packets of one track; the `TrackOutput` of a media source is one. */
export interface RtpTarget {
  /**
   * Receives one packet, and may keep it: the client never writes into it again. Over TCP it is a view of the received
   * bytes, and nothing is copied.
   */
  push(packet: Buffer): unknown
  /**
   * Receives the wall-clock time `unixMs`, in milliseconds since 1970, of the RTP timestamp `rtpTime`, from a sender
   * report.
   *
   * @param clockMs - Arrival of the report in milliseconds of the client's clock.
   */
  mapTime?(unixMs: number, rtpTime: number, clockMs: number): void
  /**
   * Receives the same values as `mapTime`. If the target has this method, the client calls it in place of `mapTime`.
   */
  mapReportedTime?(unixMs: number, rtpTime: number, clockMs: number): void
}

/** Counts of one track since its SETUP. */
export interface RtspClientTrackStats {
  /** Number of RTP packets received, without invalid ones. */
  readonly packets: number
  /** Total size in bytes of the RTP packets counted in `packets`, headers included. */
  readonly bytes: number
  /** Number of packets that never arrived, by the gaps in the sequence numbers of each SSRC. */
  readonly lostPackets: number
  /** Number of packets received for RTP that were neither RTP nor RTCP. */
  readonly invalidPackets: number
  /** Number of SRTP packets that were dropped, because they were not authentic, repeated or too old. */
  readonly rejectedPackets: number
  /** Number of RTCP packets that could not be parsed. */
  readonly malformedRtcp: number
  /** Interarrival jitter of the RTP packets (RFC 3550 section 6.4.1), in milliseconds. */
  readonly jitterMs: number
  /** Time at which the last RTP packet arrived, in milliseconds of the client's clock; `undefined` before the first. */
  readonly lastPacketAt: number | undefined
}

/** One track of a stream's description. The properties have the values of the time of access. */
export interface RtspClientTrack {
  /** Position of the track in the session description, from 0. */
  readonly index: number
  /** Media type: `video`, `audio`, `application`, … */
  readonly kind: string
  /** Encoding as the server writes it, such as `H264`; empty if the description has none. */
  readonly encoding: string
  /** Ticks per second of the RTP timestamps. */
  readonly clockRate: number
  /** Number of audio channels, if the description states it. */
  readonly channels: number | undefined
  /** Payload type, 0 to 127; -1 if the description has none. */
  readonly payloadType: number
  /** Value of `a=fmtp`, without the payload type. */
  readonly parameters: string | undefined
  /** `receive` if the server sends the track; `send` for a back channel. */
  readonly direction: 'receive' | 'send'
  readonly description: MediaDescription
  /** True if `play` sets the track up: the option `tracks` selects it, or it is the back channel in use. */
  readonly isWanted: boolean
  /** True once the server has accepted the SETUP of the track. */
  readonly isSetUp: boolean
  /** SRTP suite with which the server protects the packets; `undefined` for RTP/AVP, and before SETUP. */
  readonly srtp: SrtpSuiteName | undefined
  /** SSRC of the last RTP packet received; `undefined` before the first. */
  readonly ssrc: number | undefined
  /** First sequence number and its timestamp, as PLAY announced them in RTP-Info. */
  readonly start: { readonly sequenceNumber?: number; readonly rtpTime?: number }
  readonly stats: RtspClientTrackStats
  /**
   * Returns the server's wall clock at an RTP timestamp, in milliseconds since 1970; `undefined` before the first
   * sender report of the track.
   */
  unixTimeMsAt(rtpTime: number): number | undefined
  /**
   * Passes each packet to a target from now on, without a queue. The target must neither throw nor wait. `undefined`
   * removes the target.
   */
  pipe(target: RtpTarget | undefined): void
}

/** RTP packet that {@link RtspClient.packets} returns, with its track and arrival. */
export interface ReceivedPacket {
  readonly track: RtspClientTrack
  /** The whole RTP packet. It belongs to the reader; other readers and targets share the memory. */
  readonly packet: Buffer
  /** Time at which the packet arrived, in milliseconds of the client's clock. */
  readonly arrivedAt: number
  /**
   * Header extension of ONVIF replay, with the time of the recording. The first packet of each access unit has it;
   * `undefined` for other packets.
   */
  readonly replay: ReplayExtension | undefined
  /** Packets of all tracks that were left out just before this one, because the reader was behind, or by a seek. */
  readonly missedPackets: number
}

/** Access unit of {@link RtspClient.accessUnits}: a picture with the units around it, or a frame of audio. */
export interface ReceivedUnit {
  readonly track: RtspClientTrack
  /**
   * NAL units of H.264 and H.265 without start codes, or the one frame of audio. For encodings that the library does
   * not parse, the payloads as received. Other readers share the memory.
   */
  readonly parts: readonly Buffer[]
  /** RTP timestamp in ticks of the track's clock rate, modulo 2^32. */
  readonly timestamp: number
  /**
   * Time of the recording in milliseconds since 1970, from the header extension of ONVIF replay. Without the extension,
   * wall clock of the server at the timestamp; see {@link RtspClientTrack.unixTimeMsAt}.
   */
  readonly unixTimeMs: number | undefined
  /** True if a decoder can begin with this access unit. */
  readonly isKeyFrame: boolean
  /**
   * Number of packets of the track, since its previous access unit, that were left out because the reader was behind.
   */
  readonly missedPackets: number
  /** Number of packets of the track, since its previous access unit, that never arrived or could not be read. */
  readonly lostPackets: number
}

/** Options of {@link RtspClient.packets} and {@link RtspClient.accessUnits}; all optional. */
export interface RtspClientReadOptions {
  /**
   * Maximum number of bytes that wait for the reader; at least 1. Above it, the client stops reading the connection
   * until half of them have been read, so that the server sends no more. One read, 64 KiB, may come on top. Over UDP
   * and multicast, and while a request such as PAUSE waits for its response, packets are left out instead. The same
   * happens once this reader has read nothing for a second while another one waits. `missedPackets` counts packets that
   * were left out.
   * @default 4194304 (4 MiB)
   */
  readonly maxQueuedBytes?: number | undefined
}

/** Options of {@link RtspClient.play}; all optional. */
export interface RtspPlayOptions {
  /**
   * Value of the Range header, such as `npt=10-` or `clock=20261129T120000Z-`.
   * @default `npt=0.000-` for the first PLAY, or `npt=now-` if the description has that range. Later none: the server
   *   resumes at the place of the pause
   */
  readonly range?: string | undefined
  /**
   * Value of the Scale header: 2 plays twice as fast, a negative number backwards. Not 0.
   * @default none, which is 1
   */
  readonly scale?: number | undefined
  /**
   * Value of the Speed header: 2 sends packets twice as fast as they are to be shown. More than 0.
   * @default none, which is 1
   */
  readonly speed?: number | undefined
  /**
   * Requires ONVIF replay (`onvif-replay`), for recordings. `range` is then a time such as `clock=20261129T120000Z-`,
   * and packets contain the time of the recording. A server without replay refuses with status 551.
   * @default none: no replay
   */
  readonly replay?: RtspReplayOptions | undefined
}

/** Options of {@link RtspPlayOptions.replay}; all optional. An absent option sends no header. */
export interface RtspReplayOptions {
  /**
   * `false` asks for packets as fast as the network takes them (`Rate-Control: no`); `true` at the rate of the
   * recording.
   * @default none: the server decides
   */
  readonly rateControl?: boolean | undefined
  /**
   * Pictures that the server sends: key frames only (`'intra'`), key frames and predicted ones (`'predicted'`), or all.
   * @default none: all
   */
  readonly frames?: 'intra' | 'predicted' | 'all' | undefined
  /**
   * Minimum milliseconds of the recording between two key frames, an integer of at least 1; only with
   * `frames: 'intra'`.
   * @default none: every key frame
   */
  readonly intraMs?: number | undefined
  /**
   * True to play from the new place at once, and not only after the end of the present range (`Immediate: yes`).
   * @default false
   */
  readonly immediate?: boolean | undefined
}

/** Response to PLAY. Headers that are missing or cannot be read are `undefined`. */
export interface RtspPlayAnswer {
  /** Range that the server plays, as Range in the response states it. */
  readonly range: RtspRange | undefined
  /** Value of the Scale header, which may differ from the requested one. */
  readonly scale: number | undefined
  /** Value of the Speed header, which may differ from the requested one. */
  readonly speed: number | undefined
}

/** Counts of all tracks and connections of a client since `connect`. */
export interface RtspClientStats {
  /** Number of valid RTP packets received on all tracks. */
  readonly packets: number
  readonly bytes: number
  readonly lostPackets: number
  readonly invalidPackets: number
  readonly rejectedPackets: number
  readonly malformedRtcp: number
  /** Bytes of the connection that belonged to no message and no frame, and were skipped. */
  readonly strayBytes: number
  /** Number of interleaved frames received on channels that no track uses. */
  readonly unknownFrames: number
  /**
   * Arrival of the last RTP packet of a video track, or of any track without video, in milliseconds of the client's
   * clock.
   */
  readonly lastMediaAt: number | undefined
}

/** Audio to the server, over the back channel of ONVIF; see {@link RtspClient.backChannel}. */
export interface RtspBackChannel {
  /** Track of the back channel: its encoding, clock rate and channels are those that the server expects. */
  readonly track: RtspClientTrack
  /**
   * Sends audio at the pace of the client's clock: PCMU, PCMA and L16 (big-endian) as samples of any number, AAC as one raw
   * or ADTS frame, Opus as one packet. A sample may be divided between two writes. Plays a client that
   * does not play yet.
   *
   * Resolves once all of the audio has been sent, at most 100 ms before its time. A file can therefore be written in a
   * loop. After a silence of 200 ms, the timestamps follow the clock.
   *
   * @throws {TypeError} the track has another encoding; {@link push} sends any.
   * @throws {ClientError} the client is closed, or cannot play.
   */
  write(audio: Uint8Array): Promise<void>
  /**
   * Sends one whole RTP packet at once. L16 is big-endian here too. For a camera with the other byte order, its
   * samples are turned in a copy; all other packets are sent unchanged. The packet must not be changed afterwards.
   *
   * @returns `false` if the packet was left out, because the track is not set up or the server does not read.
   */
  push(packet: Uint8Array): boolean
}

/**
 * A stream of an RTSP server, from `connect`. It is closed after use, or with `await using`.
 *
 * ```ts
 * const client = await connect('rtsp://user:password@camera/stream')
 * for await (const { track, packet } of client.packets()) console.log(track.kind, packet.length)
 * ```
 */
export interface RtspClient extends EventEmitter<RtspClientEvents>, AsyncDisposable {
  /** URL of the stream after redirects, without user and password. */
  readonly url: string
  readonly state: RtspClientState
  /** Error that has ended the client; `undefined` before the end, and after `close()`. */
  readonly error: unknown
  /** Transport of the tracks; `undefined` before the first SETUP. */
  readonly transport: RtspClientTransport | undefined
  readonly description: SessionDescription
  readonly tracks: readonly RtspClientTrack[]
  /**
   * Back channel; `undefined` unless the option `backChannel` is `true` and the server accepts it. A server may still
   * refuse it at SETUP, for example because another client speaks; it then becomes `undefined`.
   */
  readonly backChannel: RtspBackChannel | undefined
  /** Methods that the server announces in Public; empty if it announces none. */
  readonly methods: readonly string[]
  /**
   * Sets up the wanted tracks if that has not been done, and plays them. Resumes after {@link pause}.
   *
   * @throws {ClientError} the server refuses, or does not respond; the client is closed if no track can be set up.
   */
  play(options?: RtspPlayOptions): Promise<RtspPlayAnswer>
  /**
   * Pauses all tracks. Iterations then wait. A client that does not play stays as it is.
   *
   * @throws {ClientError} `ERR_CLIENT_REFUSED` with the status, 501 from a server without PAUSE; `ERR_CLIENT_TIMEOUT`
   *   from one that does not respond. The stream then plays on.
   */
  pause(): Promise<void>
  /**
   * Plays from another place. Pauses first, if the server announces PAUSE. Packets that arrived before are discarded
   * from the queues of all readers.
   *
   * @param position - Seconds from the beginning, or a value of the Range header such as `clock=20261129T120000Z-`.
   * @throws {ClientError} as {@link play} does.
   */
  seek(position: number | string, options?: Omit<RtspPlayOptions, 'range'>): Promise<RtspPlayAnswer>
  /**
   * Requests values of the server by GET_PARAMETER.
   *
   * @param names - Default: none, which only asks whether the server is alive.
   * @returns Values by name.
   * @throws {TypeError} a name that is empty, or has a colon, a space or a control character.
   * @throws {ClientError} `ERR_CLIENT_REFUSED`; for 451 `context.parameters` names those that the server does not have.
   */
  getParameters(names?: readonly string[]): Promise<ReadonlyMap<string, string>>
  /**
   * Sets values of the server by SET_PARAMETER.
   *
   * @param values - Values by name, each of one line.
   * @throws {TypeError} a name as in {@link getParameters}, or a value of more than one line.
   * @throws {ClientError} `ERR_CLIENT_REFUSED`; for 451 `context.parameters` names those that the server does not have.
   */
  setParameters(values: Readonly<Record<string, string>>): Promise<void>
  /**
   * Returns the packets of all tracks from now on, in the order of arrival. The first step of the iteration plays a
   * client that does not play yet.
   *
   * The iteration ends with `close()`, and after an RTCP BYE of every track. It throws the error that closes the
   * client. Leaving the loop ends the queue, and not the client.
   */
  packets(options?: RtspClientReadOptions): AsyncIterableIterator<ReceivedPacket>
  /**
   * Returns the access units of all tracks from now on; otherwise like {@link packets}. A unit with a lost packet is
   * left out, so that each returned unit is complete.
   */
  accessUnits(options?: RtspClientReadOptions): AsyncIterableIterator<ReceivedUnit>
  stats(): RtspClientStats
  /** Sends TEARDOWN, waits for half a second at most, and closes the connection. Idempotent. */
  close(): Promise<void>
}
