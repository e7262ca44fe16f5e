/** The checklist as docs/evidence/conformance.md shows it: its chapters, and what `rtspool conform` cannot try. */

/** Ids of a chapter are `PREFIX-1` to `PREFIX-COUNT`, or those of `ids`. */
export const chapters = [
  { title: 'Decisions where sources disagree', prefix: 'Q', count: 12 },
  { title: 'Messages and connections', prefix: 'A-MSG', count: 24 },
  { title: 'OPTIONS', prefix: 'A-OPT', count: 3 },
  { title: 'DESCRIBE', prefix: 'A-DES', count: 13 },
  { title: 'SETUP and Transport', prefix: 'A-SET', count: 22 },
  { title: 'Sessions', prefix: 'A-SES', count: 14 },
  { title: 'States', prefix: 'A-STA', count: 2 },
  { title: 'PLAY and PAUSE', prefix: 'A-PLY', count: 7 },
  { title: 'TEARDOWN', prefix: 'A-TRD', count: 5 },
  { title: 'Range', prefix: 'A-RNG', count: 7 },
  { title: 'RTP-Info', prefix: 'A-INF', count: 3 },
  { title: 'Scale and Speed', prefix: 'A-SCL', count: 3 },
  { title: 'Interleaved frames', prefix: 'A-ILV', count: 7 },
  { title: 'Publishing', prefix: 'A-REC', count: 10 },
  { title: 'REDIRECT', prefix: 'A-RED', count: 2 },
  { title: 'RTCP', prefix: 'A-RTC', count: 10 },
  { title: 'RTP', prefix: 'A-RTP', count: 3 },
  { title: 'Authentication', prefix: 'A-DIG', count: 11 },
  { title: 'Tunnel through HTTP', prefix: 'A-HTP', count: 7 },
  { title: 'WebSocket', prefix: 'A-WSS', count: 1 },
  { title: 'TLS', prefix: 'A-TLS', count: 3 },
  { title: 'SRTP', prefix: 'A-SRT', count: 6 },
  { title: 'RTSP 2.0', prefix: 'A-20', count: 1 },
  { title: 'Payload formats', prefix: 'A-PAY', count: 9 },
  { title: 'ONVIF', ids: [1, 2, 3, 5, 7, 8, 9].map((number) => `A-ONV-${number}`) },
  {
    title: 'Clients and their ways',
    ids: [
      ...['ffmpeg', 'rtspsrc', 'rtspclientsink', 'VLC', 'live555-proxy', 'Media-Foundation'],
      ...['ONVIF-Device-Manager', 'Hikvision', 'Dahua', 'Bosch-BVMS', 'Milestone', 'Hanwha'],
      ...['Tapo', 'Grandstream', 'OBS'],
    ].map((client) => `A-15-${client}`),
  },
]

export const idsOf = ({ prefix, count, ids }) =>
  ids ?? Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`.replace(/^Q-/, 'Q'))

const requirementLines = `
Q1: SETUP with an unknown session: 454; an id that a client brings is never adopted
Q2: an interleaved session belongs to its connection, one by UDP to its address and user; strangers get 454
Q3: Range in RTSP 1.0: 501 for an unknown unit, 457 for what is out of bounds, 400 for nonsense
Q4: key management that fails: 463
Q5: no room for a session: 503, with a Retry-After that varies from 5 to 15
Q6: an unknown method gets 501; a known one that is not allowed here 405 with Allow
Q7: Digest is offered with SHA-256 first and MD5 last
Q8: who offers only UDP and cannot have it gets 461, not TCP
Q9: LF alone ends a line; a bare CR, a NUL and folded lines get 400, and the connection ends
Q10: RTSP/2.0 gets an RTSP/1.0 505 on a connection that stays open
Q11: a destination of the client is the client itself, or refused
Q12: an unknown session gets 454 from OPTIONS and GET_PARAMETER, and does not matter to DESCRIBE
A-MSG-22: a source that does not start gets its viewer an error in time, not silence
A-DES-13: a mount can send its viewers elsewhere: 30x with Location
A-SET-21: a mount that has its share of viewers refuses the next with 453
A-SES-13: a redirect of a session leaves it in Init
A-SES-14: the pool behaves as GstRTSPSessionPool does, whatever the history
A-REC-9: a publisher by UDP lives by its RTP: no keepalive is needed
A-RED-2: a server that empties itself refuses newcomers and says BYE: clients follow no REDIRECT
A-RTC-5: a report of the viewer keeps its session alive; one from elsewhere does not
A-RTC-9: who sends neither RTCP nor requests leaves with the timeout of its session
A-RTC-10: a stream whose receiver is gone stops
A-RTP-1: sequence numbers, times and SSRCs begin at random, and the sequence wraps without a gap
A-TLS-3: a certificate is replaced without dropping anybody
A-SRT-3: keys are agreed on by MIKEY, in the description or in KeyMgmt
A-SRT-4: AES-CM with HMAC-SHA1 and AES-GCM, as in the test vectors of the RFCs
A-SRT-6: old packets are not taken twice, the roll-over counter survives a wrap, keys can be changed
A-PAY-1: H.264 (RFC 6184)
A-PAY-2: H.265 (RFC 7798)
A-PAY-3: AAC (RFC 3640)
A-PAY-4: Opus (RFC 7587)
A-PAY-5: G.711 and G.722 (RFC 3551)
A-PAY-6: JPEG (RFC 2435)
A-PAY-7: AV1 (AOM)
A-PAY-8: MPEG-TS (RFC 2250)
A-PAY-9: every other codec passes through unchanged
A-ONV-1: the methods that ONVIF demands
A-ONV-2: the transports that ONVIF demands: UDP, interleaved TCP, HTTP
A-ONV-3: aggregate control, a stated timeout, and every request or report a sign of life
A-ONV-7: the WebSocket of ONVIF
A-ONV-8: the rules of ONVIF for SRTP
A-ONV-9: metadata pass through
A-15-ffmpeg: one transport in the answer, MD5 last, keepalive by GET_PARAMETER, 501 without CSeq
A-15-rtspsrc: UDP, then multicast, then TCP; doubled headers; Digest without qop; 505 and fall back
A-15-rtspclientsink: pauses between its steps
A-15-VLC: no $ in the id, the base with a slash in Digest, Digest without qop
A-15-live555-proxy: the answer to its OPTIONS names the session
A-15-Media-Foundation: its keepalive comes when the timeout is over
A-15-ONVIF-Device-Manager: UDP and TCP, Content-Base
A-15-Hikvision: the main and the sub stream are told apart by query and path
A-15-Dahua: one back channel at a time
A-15-Bosch-BVMS: a relative URI in Digest
A-15-Milestone: SET_PARAMETER as keepalive; MIKEY with a byte too many
A-15-Hanwha: RTCP that does not add up
A-15-Tapo: RTP of 10000 bytes over TCP
A-15-Grandstream: credentials that nobody asked for, and that make no sense
A-15-OBS: mode=record, a query in front of the control, no keepalive
`

/** In our words: the rows that no run of `rtspool conform` tries. */
export const requirements = new Map(
  requirementLines
    .trim()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
)

/** Rows that are kept otherwise than the checklist proposes, and why. */
export const different = new Map([
  [
    'A-SES-13',
    'nothing inside a session is ever redirected: a mount that has moved says so to DESCRIBE and to the first SETUP',
  ],
])

/** Rows without a test, and why. */
export const uncovered = new Map([])
