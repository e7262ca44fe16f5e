/**
 * Measures how easily a newcomer finds the way, and ends with 1 when a measure is worse than its limit. The limits only
 * ever get stricter: a change that improves a measure for good writes the new value here.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from './workspace.mjs'

/** A limit that is to become another one has `wanted`. */
const limits = {
  filesOfFolder: { limit: 20 },
  linesOfFile: { limit: 260 },
  fieldsOfClass: { limit: 16 },
  guessesOfFounders: { limit: 11 },
  guessesOfNewcomer: { limit: 8 },
  guessesByFolder: { limit: 27 },
  guessesByQuestion: { limit: 15 },
}

/** First thoughts of people who looked for a feature before they knew the folders. */
const guessesOfFounders = {
  Digest: 'auth/digest.ts',
  'SDP parser': 'sdp/parse.ts',
  'interleaved frames': 'rtsp/interleaved.ts',
  pool: 'session-pool/session-pool.ts',
  'HTTP tunnel': 'transport/http-tunnel.ts',
  WebSocket: 'transport/websocket.ts',
  SRTP: 'srtp/srtp.ts',
  MIKEY: 'srtp/mikey.ts',
  'H.264 packetizer': 'rtp/h264.ts',
  'file media': 'file/file-media.ts',
  'options of the command': 'packages/rtspool-server/src/options.ts',
  'UDP port pair': 'transport/udp-ports.ts',
  multicast: 'transport/multicast.ts',
  'GOP cache': 'media/gop-cache.ts',
  'test picture': 'packages/rtspool-server/src/test-picture.ts',
}

const guessesOfNewcomer = {
  'PLAY handler': 'handlers/play.ts',
  'Transport header': 'rtsp/headers/transport.ts',
  'RTCP parser': 'rtcp/parse.ts',
  nonces: 'auth/nonces.ts',
  TLS: 'door/tls.ts',
  'expiry of sessions': 'session-pool/expiry.ts',
  'Opus packetizer': 'payloader/opus.ts',
  'MP4 reader': 'file/mp4.ts',
  'sender reports': 'rtcp/sender-report.ts',
  'clock of tests': 'testing/manual-clock.ts',
}

/** First thoughts of somebody who knew the names of the folders, and not those of the files. */
const guessesByFolder = {
  'error codes': 'rtspool/src/errors.ts',
  'connections of an address': 'door/connection-limits.ts',
  'options of a running server': 'server/update.ts',
  'counts of a server': 'server/stats.ts',
  overload: 'overload/overload.ts',
  'TEARDOWN handler': 'handlers/teardown.ts',
  'Range header': 'headers/range.ts',
  'RTP-Info header': 'headers/rtp-info.ts',
  'fmtp of SDP': 'sdp/fmtp.ts',
  BYE: 'rtcp/bye.ts',
  'MIKEY parser': 'mikey/parse.ts',
  'H.265 packetizer': 'payloader/h265.ts',
  'Opus depacketizer': 'depacketizer/opus.ts',
  'seeking in files': 'file/seek.ts',
  'PROXY protocol': 'door/proxy-protocol.ts',
  'scale of a replay': 'replay/scale.ts',
  'segments of recordings': 'recording/segment.ts',
  'removal of old recordings': 'stored/retention.ts',
  'JPEG snapshots': 'snapshots/jpeg.ts',
  webhooks: 'events/webhook.ts',
  Prometheus: 'metrics/metrics.ts',
  'format of the log': 'log/format.ts',
  'health check': 'health/health.ts',
  'configuration file': 'config/parse.ts',
  'reload of the configuration': 'reload/reload.ts',
  'keys of TLS': 'sections/tls.ts',
  'completion in bash': 'completion/bash.ts',
  'rtspool user': 'users/user-command.ts',
  'faults of a camera': 'camera/faults.ts',
  'ONVIF discovery': 'onvif/discovery.ts',
  'MP4 header of the live picture': 'fmp4/moov.ts',
  'text at the start': 'rtspool-server/src/banner.ts',
  'end by a signal': 'rtspool-server/src/shutdown.ts',
}

/**
 * First thoughts of a reader who knew the tree of folders, on questions of everyday work. A thought that names a file
 * about something else is left out.
 */
const guessesByQuestion = {
  'keep-alive of a pulled camera': 'rtspool/src/client/connection/keep-alive.ts',
  'timeout of sessions': 'rtspool/src/server/liveness/session-timeout.ts',
  'header of SETUP': 'rtspool/src/rtsp/headers/transport.ts',
  'Digest at the server': 'rtspool/src/server/auth/digest.ts',
  'FU-A fragments': 'rtspool/src/rtp/depacketizer/h264.ts',
  'receiver reports': 'rtspool/src/rtcp/receiver-report.ts',
  'a full pool': 'rtspool/src/session-pool/admission/admit.ts',
  'thinned viewers': 'rtspool/src/media/fan-out/backpressure.ts',
  'UDP ports': 'rtspool/src/transport/udp/port-pool.ts',
  'GET and POST of a tunnel': 'rtspool/src/transport/tunnel/pairing.ts',
  'a dead node': 'rtspool/src/cluster/node/heartbeat.ts',
  'Lua scripts': 'rtspool/src/cluster/redis/scripts.ts',
  'reconnection of a relay': 'rtspool/src/relay/reconnect.ts',
  'sample tables of MP4': 'rtspool/src/media/file/iso/sample-table.ts',
  'encryption of packets': 'rtspool/src/srtp/context.ts',
  'PLAY, Range and RTP-Info': 'rtspool/src/server/handlers/play.ts',
  'deletion of recordings': 'rtspool-server/src/recording/retention.ts',
  'time of a replay': 'rtspool-server/src/replay/seek.ts',
  'cache of snapshots': 'rtspool-server/src/snapshots/cache.ts',
  'routes of the API': 'rtspool-server/src/api/routes.ts',
  'bearer tokens': 'rtspool-server/src/api/access/token.ts',
  'changes of a reload': 'rtspool-server/src/config/reload/diff.ts',
  'ONVIF device service': 'rtspool-server/src/camera/onvif/device-service.ts',
  'quirks of cameras': 'rtspool-server/src/camera/quirks/quirks.ts',
  'text of Prometheus': 'rtspool-server/src/metrics/prometheus.ts',
  'restart of a program': 'rtspool-server/src/sources/exec/restart.ts',
  'kick on the page': 'rtspool-dashboard/src/sessions/kick.ts',
  'player of the page': 'rtspool-dashboard/src/watch/player.ts',
  'words of the page': 'rtspool-dashboard/src/words/words.ts',
  'charts of the page': 'rtspool-dashboard/src/charts/line-chart.ts',
  'SETUP in conform': 'rtspool-conform/src/rows/setup.ts',
  'options of conform': 'rtspool-conform/src/command-line/options.ts',
  'ended login of the page': 'rtspool-dashboard/src/api/client.ts',
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '')
const sources = files.filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file))
const textOf = (file) => readFileSync(join(root, file), 'utf8')

function mostFiles() {
  const counts = new Map()
  for (const file of sources) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
  const [[folder, count]] = [...counts].sort(([, a], [, b]) => b - a)
  return { measure: 'most files in a folder', value: count, is: folder, ...limits.filesOfFolder }
}

/** Of the 5% that are longest the shortest. */
function manyLines() {
  const lengths = sources
    .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
    .sort((a, b) => a.lines - b.lines)
  const { file, lines } = lengths[Math.ceil(lengths.length * 0.95) - 1]
  return { measure: 'lines of a file (95%)', value: lines, is: file, ...limits.linesOfFile }
}

function* classesOf(file) {
  const tree = ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest)
  const isStatic = (member) =>
    member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true
  for (const node of tree.statements) {
    if (!ts.isClassDeclaration(node)) continue
    const fields = node.members.filter(
      (member) => ts.isPropertyDeclaration(member) && !isStatic(member),
    )
    yield { name: node.name?.text, file, fields: fields.length }
  }
}

function mostFields() {
  const [{ name, file, fields }] = sources
    .flatMap((file) => [...classesOf(file)])
    .sort((a, b) => b.fields - a.fields)
  const is = `${name} in ${file}`
  return { measure: 'most fields of a class', value: fields, is, ...limits.fieldsOfClass }
}

/**
 * The files that a guess means: those whose path ends with it, or else those of its name anywhere below its folder. The guess is
 * right when that is one file.
 */
function meantBy(guess) {
  const ending = files.filter((file) => `/${file}`.endsWith(`/${guess}`))
  if (ending.length > 0) return ending
  return files.filter(
    (file) => basename(file) === basename(guess) && `/${file}`.includes(`/${dirname(guess)}/`),
  )
}

/** At least as many guesses must be right as the limit says. */
function rightGuesses(measure, guesses, limit) {
  let right = 0
  for (const [feature, guess] of Object.entries(guesses)) {
    const meant = meantBy(guess)
    if (meant.length === 1) right++
    const found =
      meant.length === 1 ? meant[0] : `miss${meant.length > 1 ? `: ${meant.join(', ')}` : ''}`
    console.log(`${feature.padEnd(24)} ${guess.padEnd(44)} ${found}`)
  }
  console.log()
  return { measure, value: right, is: `of ${Object.keys(guesses).length}`, isLeast: true, ...limit }
}

const measures = [
  mostFiles(),
  manyLines(),
  mostFields(),
  rightGuesses('guesses of founders', guessesOfFounders, limits.guessesOfFounders),
  rightGuesses('guesses of a newcomer', guessesOfNewcomer, limits.guessesOfNewcomer),
  rightGuesses('guesses by folder', guessesByFolder, limits.guessesByFolder),
  rightGuesses('guesses by question', guessesByQuestion, limits.guessesByQuestion),
]
for (const { measure, value, limit, wanted, is, isLeast } of measures) {
  const isKept = isLeast ? value >= limit : value <= limit
  if (!isKept) process.exitCode = 1
  const bound = `${isLeast ? 'at least' : 'at most'} ${limit}${wanted === undefined ? '' : `, wanted ${wanted}`}`
  console.log(`${isKept ? 'ok  ' : 'FAIL'} ${measure}: ${value} (${bound}), ${is}`)
}
