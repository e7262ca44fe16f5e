// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are texts of sources
/**
 * Behaviours of real cameras, by the rows of the survey of quirks: the option of `rtspool camera` that shows each, the test of the
 * client, and the mend. A mend is a file of the library, a text in it that occurs once, and a text in its place, with which the
 * client no longer copes.
 */
const client = 'src/client/'
const description = `${client}description/presentation.ts`
const answer = `${client}streams/transport-answer.ts`
const connection = `${client}connection/client-connection.ts`
const challenges = `${client}connection/challenges.ts`
const redirect = `${client}connection/redirect.ts`
const uris = `${client}description/control-uri.ts`
const keepAlive = `${client}streams/keep-alive.ts`
const options = `${client}client-options.ts`
const fallback = `${client}transport-fallback.ts`
const session = `${client}streams/client-session.ts`
const attachment = `${client}attachment.ts`
const wanted = `${client}streams/wanted-tracks.ts`
const udp = `${client}streams/udp-carrier.ts`
const tcp = `${client}streams/tcp-carrier.ts`
const opening = `${client}connection/open-connection.ts`
const pictures = 'src/rtp/depacketizer/picture-depacketizer.ts'
const h264 = 'src/rtp/depacketizer/h264.ts'
const sdp = 'src/sdp/parse.ts'

/** Makes the reader of descriptions strict about one kind of line. */
const strictLine = (type, pattern) => [
  [
    sdp,
    'section.lines.push(line)',
    `if (line.type === '${type}' && !${pattern}.test(line.value)) fail(number, 'a valid line', content)
      section.lines.push(line)`,
  ],
]
const strictOrigin = strictLine('o', '/^\\S+ \\d{1,19} \\d{1,19} IN IP[46] \\S+$/')
const everyKind = [[wanted, "(kind === 'video' || kind === 'audio')", "kind !== ''"]]
const readsParameters = [
  [answer, 'parameters.filter((parameter) => parseSafely(`RTP/AVP;${parameter}`))', 'parameters'],
]
const baseAsItIs = [[uris, 'const base = text && repaired(text, requestUri)', 'const base = text']]
const noTeardown = [[attachment, 'close(error, this.#session.farewell)', 'close(error, undefined)']]
const keepAliveMethod = "init.methods.includes('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS'"
const keepAliveRequest = '{ method: this.#method, uri, headers: { Session: sessionId } }'
const mode = 'parameters: parametersOf(description, each, payloadType),'
const strictMode = [
  [
    description,
    mode,
    `${mode}
        ...(each.kind === 'video' && !/packetization-mode=1/.test(each.attribute('fmtp') ?? '')
          ? (() => { throw new ClientError('ERR_CLIENT_PROTOCOL', 'expected packetization-mode=1') })()
          : {}),`,
  ],
]
const noPrefixes = [
  [pictures, 'if (isWhole && isPrefix) {', 'if (isWhole && isPrefix && this.#told < 0) {'],
]

const quirk = (id) => `quirk=${id}`

/** `[row of the survey, behaviour, option, part of the title of the test, mend]` */
export const quirkMends = [
  [
    ...['1', 'SETUP fails after a change of transport without another DESCRIBE', quirk('1')],
    '1: describes the stream again',
    [
      [
        fallback,
        'return this.#connectAnew(next, {',
        `if (next.length > 0) {
      this.#attachment = this.#attach({ ...stream, transport: next[0] ?? 'tcp' })
      return true
    }
    return this.#connectAnew(next, {`,
      ],
    ],
  ],
  [
    '2',
    'spaces inside the SSRC of the Transport answer',
    quirk('2a'),
    'quirk 2a: ',
    readsParameters,
  ],
  ['2', 'an invalid SSRC in the Transport answer', quirk('2b'), 'quirk 2b: ', readsParameters],
  [
    ...['3', '401 on DESCRIBE without User-Agent', quirk('3'), 'quirk 3: '],
    [[connection, "['User-Agent', this.#init.userAgent],", '']],
  ],
  [
    ...['4', 'refuses headers that are not spelt CSeq', quirk('4'), 'quirk 4: '],
    [[connection, "['CSeq', String(cSeq)],", "['Cseq', String(cSeq)],"]],
  ],
  [
    ...['5', 'Digest over the absolute URL', quirk('5'), 'quirk 5: '],
    [
      [
        connection,
        'this.#init.login.authorize(method, uri)',
        "this.#init.login.authorize(method, uri.replace(/^rtsps?:\\/\\/[^/]*/, ''))",
      ],
    ],
  ],
  [
    ...['6', 'an unknown algorithm beside a known one', quirk('6'), 'quirk 6: '],
    [
      [challenges, '.find((known) => known === name)', ".find((known) => known === name) ?? 'MD5'"],
      [challenges, 'found.sort((one, other) => rankOf(one) - rankOf(other))', 'found'],
    ],
  ],
  ...['a', 'b'].map((letter, index) => [
    ...['7', `DESCRIBE answered ${301 + index}`, quirk(`7${letter}`), `quirk 7${letter}: `],
    [[redirect, `[301, 302, 303`, `[${302 - index}, 303`]],
  ]),
  ['8', 'Content-Base with a bare IPv6 address', quirk('8a'), 'quirk 8a: ', baseAsItIs],
  ['8', 'Content-Base rtsp://rtsp://', quirk('8b'), 'quirk 8b: ', baseAsItIs],
  ['8', 'Content-Base without a scheme', quirk('8c'), 'quirk 8c: ', baseAsItIs],
  [
    ...['9', 'a=control absolute', quirk('9a'), 'quirk 9a: '],
    [[uris, 'if (absolute.test(text)) return', "if (base === '') return"]],
  ],
  [
    ...['9', 'a=control beginning with a slash', quirk('9b'), 'quirk 9b: '],
    [[uris, "${safe.replace(/^\\//, '')}", '${safe}']],
  ],
  [
    ...['9', 'a=control with the base URL inside', quirk('9c'), 'quirk 9c: '],
    [[uris, "${base.replace(/\\/$/, '')}/${safe", "${base.replace(/\\/$/, '')}${safe"]],
  ],
  [
    ...['10', 'two s= lines', quirk('10a'), 'quirk 10a: '],
    [
      [
        sdp,
        'section.lines.push(line)',
        `if (line.type === 's' && section.lines.some(({ type }) => type === 's')) fail(number, 'one s=', content)
      section.lines.push(line)`,
      ],
    ],
  ],
  [
    ...['10', 'no s= line', quirk('10b'), 'quirk 10b: '],
    [
      [
        sdp,
        'return { session, media }',
        "if (!session.lines.some(({ type }) => type === 's')) fail(1, 's=', '')\n  return { session, media }",
      ],
    ],
  ],
  ['10', 'a broken c= line', quirk('10c'), 'quirk 10c: ', strictLine('c', '/^IN IP[46] \\S+$/')],
  [
    ...['10', 'no last line end', quirk('10d'), 'quirk 10d: '],
    [
      [
        description,
        'const description = parseSafely(response.body)',
        `if (response.body.at(-1) !== 10) throw new ClientError('ERR_CLIENT_PROTOCOL', 'no line end')
  const description = parseSafely(response.body)`,
      ],
    ],
  ],
  ['10', 'a decimal origin', quirk('10e'), 'quirk 10e: ', strictOrigin],
  ['10', 'an oversized origin', quirk('10f'), 'quirk 10f: ', strictOrigin],
  ['10', 'an odd t= line', quirk('10g'), 'quirk 10g: ', strictLine('t', '/^\\d+ \\d+$/')],
  [
    ...['10', 'no session part', quirk('10h'), 'quirk 10h: '],
    [
      [
        `${client}description/read-description.ts`,
        "const lines = ['v=0']",
        'const lines: string[] = []',
      ],
      [`${client}description/read-description.ts`, "text.startsWith('v=') || ", ''],
    ],
  ],
  ['11', 'a media type of its own', quirk('11a'), 'quirk 11a: ', everyKind],
  [
    ...['11', 'a payload type that is no number', quirk('11b'), 'quirk 11b: '],
    [
      [
        `${client}description/read-description.ts`,
        'if (parseMediaLine(value)) return value',
        'return value',
      ],
    ],
  ],
  ['12', 'Uniview: o= and c= end after IN', quirk('12a'), 'quirk 12a: ', strictOrigin],
  ['12', 'Axis 221: a negative session id', quirk('12b'), 'quirk 12b: ', strictOrigin],
  ['12', 'Verint: another network type', quirk('12c'), 'quirk 12c: ', strictOrigin],
  ['12', 'Altasec: no address in o=', quirk('12d'), 'quirk 12d: ', strictOrigin],
  ['12', 'UDP Technology: m=metadata', quirk('12e'), 'quirk 12e: ', everyKind],
  [
    ...['13', 'fmtp of H.264 under another m=', quirk('13'), 'quirk 13: '],
    [[description, '[own, session, ...strangers]', '[own, session]']],
  ],
  [
    // The pictures of the camera have all parameter sets themselves: the reader of descriptions is tried alone, too.
    ...['14', 'H.265 with some of VPS, SPS, PPS', quirk('14'), 'are left to the stream when some'],
    [
      [
        'src/rtp/codec/parameter-sets.ts',
        'if (sets.some((found) => found.length === 0)) return undefined',
        '',
      ],
    ],
  ],
  [
    ...['15', 'parameter sets with start codes', quirk('15'), 'quirk 15: '],
    [
      [
        'src/rtp/codec/parameter-sets.ts',
        "withoutStartCode(Buffer.from(text, 'base64'))",
        "Buffer.from(text, 'base64')",
      ],
    ],
  ],
  [
    ...['16', 'normal tracks marked as back channel', quirk('16a'), 'quirk 16a: '],
    [[description, "media.some((each) => !each.hasAttribute('sendonly'))", 'true']],
  ],
  [
    ...['16', 'normal tracks with a wrong direction', quirk('16b'), 'quirk 16b: '],
    [
      [
        description,
        "direction: hasNormal && each.hasAttribute('sendonly')",
        "direction: hasNormal && (each.hasAttribute('sendonly') || each.hasAttribute('inactive'))",
      ],
    ],
  ],
  [
    ...[
      '17',
      'SETUP fails when a second back channel is open',
      quirk('17'),
      '17: connects without',
    ],
    [
      [
        fallback,
        'if (!stream.hasBackChannel || !isBackChannelRefusal(error)) return false',
        'return false',
      ],
    ],
  ],
  [
    ...['18', 'the button is dead while a back channel is open', quirk('18'), '18: leaves'],
    [[options, 'backChannel: false,', 'backChannel: true,']],
  ],
  [
    ...['19', 'RTP/AVP with interleaved=, without /TCP', quirk('19a'), 'quirk 19a: '],
    [[answer, 'if (spec) {', 'if (spec && (!spec.interleaved || /TCP/i.test(id))) {']],
  ],
  [
    ...['19', 'a single channel number', quirk('19b'), 'quirk 19b: '],
    [['src/rtsp/headers/transport.ts', 'return [first, first + 1]', 'return [first, first]']],
  ],
  [
    ...['19', 'other channels than asked', quirk('19c'), 'quirk 19c: '],
    [[tcp, 'interleaved ?? this.#channels', 'this.#channels']],
  ],
  [
    ...['20', 'a UDP answer without server_port', quirk('20a'), 'quirk 20a: '],
    [[udp, 'if (interleaved !== undefined) {', 'if (interleaved !== undefined || !serverPort) {']],
  ],
  [
    ...['20', 'an empty source=', quirk('20b'), 'quirk 20b: '],
    [
      [
        udp,
        'addresses: isAddress ? [remoteAddress, source] : [remoteAddress],',
        'addresses: source === undefined ? [remoteAddress] : [source],',
      ],
    ],
  ],
  [
    ...['21', 'UDP silent although SETUP was fine', quirk('21'), '21: takes TCP on a new'],
    [[options, 'udpSilenceSeconds: 4,', 'udpSilenceSeconds: 0,']],
  ],
  [
    ...['21', '461', 'deny=udp', '21: takes TCP after a refusal'],
    [[fallback, 'if (isTransportRefusal(error)) return this.next()', '']],
  ],
  [
    ...['22', 'does not answer keep-alives', quirk('22'), 'camera of quirk 22'],
    [
      [
        keepAlive,
        'this.#connection.send(request, (response) => {',
        `this.#connection.request(request).catch((error) => this.#connection.close(error))
    void ((response: RtspResponse) => {`,
      ],
    ],
  ],
  [
    ...['23', 'stops after GET_PARAMETER', quirk('23a'), 'camera of quirk 23a'],
    [[keepAlive, keepAliveMethod, "'GET_PARAMETER'"]],
  ],
  [
    ...['23', 'refuses GET_PARAMETER', quirk('23b'), 'camera of quirk 23b'],
    [[keepAlive, '    this.#hasChanged = true\n', '    return\n']],
  ],
  [
    ...['24', 'OPTIONS does not count as life', quirk('24'), 'camera of quirk 24'],
    [[keepAlive, keepAliveMethod, "'OPTIONS'"]],
  ],
  [
    ...['25', "keep-alive only counts for the stream's URL", quirk('25'), 'camera of quirk 25'],
    [[keepAlive, keepAliveRequest, keepAliveRequest.replace('uri,', 'uri: `${uri}/track`,')]],
  ],
  [
    ...['25', 'keep-alive only counts with Session', quirk('25'), 'camera of quirk 25'],
    [[keepAlive, keepAliveRequest, keepAliveRequest.replace('{ Session: sessionId }', '{}')]],
  ],
  [
    ...['26', 'cut without receiver reports', quirk('26a'), 'camera of quirk 26a'],
    [[options, 'reportSeconds: 4,', 'reportSeconds: 0,']],
  ],
  [
    ...['26', 'wants at most 5 s between signs of life', quirk('26b'), 'camera of quirk 26b'],
    [[options, 'reportSeconds: 4,', 'reportSeconds: 6,']],
  ],
  [
    ...['26', 'timeouts below 30 s', 'timeout=3', '26: twice within'],
    [[keepAlive, 'Math.min(timeoutSeconds / 2, keepAliveSeconds)', 'keepAliveSeconds']],
  ],
  ['27', 'refuses for 30 s without TEARDOWN', quirk('27a'), '27a: says TEARDOWN', noTeardown],
  ['27', 'glitches for 30 s without TEARDOWN', quirk('27b'), '27b: says TEARDOWN', noTeardown],
  [
    ...['28', 'RTP datagrams up to 10 kB', quirk('28'), '28: packets of 10 kB'],
    [
      [
        'src/transport/udp/client-ports.ts',
        'peers.set(address, port, receiver)',
        'peers.set(address, port, (large) => void (large.length <= 2048 && receiver(large)))',
      ],
    ],
  ],
  ['29', 'marker on SPS and PPS', quirk('29a'), 'quirk 29a: ', noPrefixes],
  ['29', 'marker on SPS', quirk('29b'), 'quirk 29b: ', noPrefixes],
  [
    ...['29', 'no marker', quirk('29c'), 'quirk 29c: '],
    [
      [
        pictures,
        'this.#isBegun && timestamp !== this.#timestamp ? this.#finish() : undefined',
        'undefined',
      ],
    ],
  ],
  [
    ...['30', 'SPS, PPS and IDR in one packet', quirk('30a'), 'quirk 30a: '],
    [[h264, 'if (type < firstPrefix || type > lastPrefix) {', 'if (type >= 0) {']],
  ],
  [
    ...['30', 'FU-A with start and end set', quirk('30b'), 'quirk 30b: '],
    [
      [
        h264,
        'if (isStart === this.isOpen) return false',
        'if (isStart === this.isOpen || (isStart && (header & endBit) !== 0)) return false',
      ],
    ],
  ],
  [
    ...['30', 'H.264 on payload type 35', quirk('30c'), 'quirk 30c: '],
    [
      [
        description,
        'if (first !== undefined) return first',
        'if (first !== undefined) return first === 35 ? -1 : first',
      ],
    ],
  ],
  ['31', 'packetization-mode 0, yet FU-A and STAP-A', quirk('31a'), 'quirk 31a: ', strictMode],
  ['31', 'no packetization-mode, yet FU-A and STAP-A', quirk('31b'), 'quirk 31b: ', strictMode],
  [
    ...['32', 'AAC in ADTS inside RTP', quirk('32a'), '32a: frames of AAC'],
    [
      [
        'src/rtp/depacketizer/aac.ts',
        'header?.frameBytes === unit.length ? unit.subarray(header.sizeBytes) : unit',
        'header ? unit : unit',
      ],
    ],
  ],
  [
    ...['32', 'AAC without indexlength', quirk('32b'), '32b: frames of AAC'],
    [
      [
        'src/rtp/depacketizer/aac.ts',
        'values.get(name) ?? 0',
        "values.get(name) ?? (name === 'sizelength' ? 13 : 3)",
      ],
    ],
  ],
  [
    ...['32', 'PCM little-endian', quirk('32c'), '32c: samples come'],
    [
      [
        description,
        "if (encoding?.toUpperCase() !== 'PCM') return false",
        'if (encoding) return false',
      ],
    ],
  ],
  [
    ...['33', 'RTCP that does not parse', quirk('33a'), 'quirk 33a: '],
    [
      [
        `${client}streams/track-reception.ts`,
        'if (packets.length === 0) this.#malformedRtcp++',
        "if (packets.length === 0) throw new TypeError('malformed RTCP')",
      ],
    ],
  ],
  [
    ...['33', 'rubbish between interleaved frames', quirk('33b'), 'quirk 33b: '],
    [
      [
        `${client}connection/message-stream.ts`,
        'if (this.#strayRun > maxStrayBytes) {',
        'if (this.#strayRun > 0) {',
      ],
    ],
  ],
  [
    ...['33', 'a status line without reason', quirk('33c'), 'quirk 33c: '],
    [
      [
        'src/rtsp/start-line.ts',
        "if (rest !== '' && rest[0] !== ' ') return",
        "if (rest[0] !== ' ') return",
      ],
    ],
  ],
  [
    ...['34', 'a self-signed certificate', '--tls-cert', 'a certificate that nobody has signed'],
    [
      [
        opening,
        '{ ca, fingerprint, allowsLegacy }',
        '{ ca, fingerprint: undefined, allowsLegacy }',
      ],
    ],
  ],
  [
    ...['34', '?enableSrtp changes the profile', quirk('34a'), '34a: SRTP over'],
    [
      [
        `${client}description/described-key.ts`,
        'if (isWithFeedback === undefined) return undefined',
        'if (protocol) return undefined',
      ],
    ],
  ],
  [
    ...['34', 'two audio tracks', quirk('34c'), '34c: two audio tracks'],
    [
      [
        wanted,
        'track === backChannel || isWanted(track)',
        'track === backChannel || isWanted !== undefined',
      ],
    ],
  ],
  [
    ...['34', 'SRTP with an MKI of four bytes', quirk('34b'), '34b: SRTP over'],
    [
      ['src/srtp/receiver.ts', 'this.#mki = master.mki', 'this.#mki = undefined'],
      ['src/srtp/receiver.ts', 'this.#mki = mki\n', 'this.#mki = undefined\n'],
    ],
  ],
  [
    ...['34', 'only RSA key exchange in TLS', '--tls-old', 'TLS 1.0 with RSA key exchange'],
    [[opening, '{ ca, fingerprint, allowsLegacy }', '{ ca, fingerprint, allowsLegacy: false }']],
  ],
  [
    ...['also', 'PLAY must carry a Range', quirk('35'), 'quirk 35: '],
    [
      [
        session,
        'range ?? (this.#hasPlayed ? undefined : firstRangeOf(this.#presentation))',
        'range',
      ],
    ],
  ],
  [
    ...['also', 'a further request before PLAY closes', quirk('36'), 'quirk 36: '],
    [
      [
        session,
        "const response = await this.#ask('PLAY', {",
        `await this.#ask('OPTIONS', {})
    const response = await this.#ask('PLAY', {`,
      ],
    ],
  ],
].map(([row, behaviour, option, test, mend]) => ({ row, behaviour, option, test, mend }))
