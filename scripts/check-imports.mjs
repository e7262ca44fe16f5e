/** Imports point down only: runs the rules of .dependency-cruiser.mjs, after showing that they catch. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import config from '../.dependency-cruiser.mjs'
import { root } from './workspace.mjs'

const library = 'packages/rtspool/src'
const command = 'packages/rtspool-server/src'
const conform = 'packages/rtspool-conform/src'

/** A room, one that it may import, and one above or beside it that it may not. */
const rooms = [
  [library, 'server/door', 'server/connection', 'server'],
  [library, 'server/connection', 'server/handlers', 'server/door'],
  [library, 'server/handlers', 'server/setup', 'server/connection'],
  [library, 'server/setup', 'server/key-mgmt', 'server/handlers'],
  [library, 'server/auth', 'server/request', 'server/setup'],
  [library, 'server/key-mgmt', 'server/request', 'server/sources'],
  [library, 'server/sources', 'server/liveness', 'server/auth'],
  [library, 'server/request', 'server/liveness', 'server/sources'],
  [library, 'server/liveness', 'media', 'server/request'],
  [library, 'server/overload', 'media', 'server/liveness'],
  [library, 'media/streams', 'media', 'media/file'],
  [library, 'media', 'media/gap', 'media/streams'],
  [library, 'media/gap', 'media/track', 'media'],
  [library, 'media/track', 'media/fan-out', 'media/gap'],
  [library, 'media/push', 'media/track', 'media/streams'],
  [library, 'media/push/formats', 'media/coded', 'media/push'],
  [library, 'media/coded', 'rtp', 'media/track'],
  [library, 'media/fan-out', 'transport', 'media/timeline'],
  [library, 'media/timeline', 'rtp', 'media/track'],
  [library, 'media/file', 'media/track', 'media/streams'],
  [library, 'media/file/tracks', 'rtp', 'media/file/iso'],
  [library, 'media/file/iso', 'rtp', 'media/file'],
  [library, 'media/file/matroska', 'rtp', 'media/file/tracks'],
  [library, 'media/file/ts', 'rtp', 'media/file/tracks'],
  [library, 'transport/multicast', 'transport/udp', 'transport/tunnel'],
  [library, 'transport/tunnel', 'transport/tcp', 'transport/multicast'],
  [library, 'transport/tcp', 'transport/system', 'transport/udp'],
  [library, 'transport/udp', 'transport/system', 'transport/multicast'],
  [library, 'transport/system', 'rtp', 'transport/tcp'],
  [library, 'rtp/payloader', 'rtp/codec', 'rtp'],
  [library, 'rtp/codec', 'rtp/codec', 'rtp/payloader'],
  [library, 'session-pool/admission', 'session-pool/bans', 'session-pool'],
  [library, 'session-pool/bans', 'session-pool/structures', 'session-pool/admission'],
  [library, 'session-pool/listing', 'session-pool/structures', 'session-pool/bans'],
  [library, 'session-pool/structures', 'session-pool/structures', 'session-pool/listing'],
  [library, 'testing/pool-suite', 'session-pool', 'testing'],
  [library, 'cluster/memory', 'cluster/memory', 'cluster/node'],
  [library, 'cluster/node', 'cluster/node', 'cluster'],
  [library, 'cluster/redis', 'cluster/redis', 'cluster/memory'],
  [library, 'client/streams', 'client/connection', 'client'],
  [library, 'client/connection', 'transport', 'client/streams'],
  [library, 'client/description', 'sdp', 'client/connection'],
  [command, 'api', 'metrics', ''],
  [command, 'metrics', 'events', 'api'],
  [command, 'options', 'config', 'metrics'],
  [command, 'users', 'config', 'options'],
  [command, 'health', 'config', 'users'],
  [command, 'config', 'events', 'options'],
  [command, 'events', 'log', 'config'],
  [command, 'log', 'access', 'events'],
  [command, 'live', 'access', 'events'],
  [command, 'access', 'access', 'live'],
  [command, 'dashboard', 'dashboard', 'live'],
  [command, 'recording', 'codec', 'log'],
  [command, 'motion', 'recording', 'log'],
  [command, 'codec', 'fmp4', 'live'],
  [command, 'fmp4', 'fmp4', 'codec'],
  [conform, 'rows', 'carriers', ''],
  [conform, 'carriers', 'command-line', 'rows'],
  [conform, 'command-line', 'command-line', ''],
]

const roomCases = rooms.flatMap(([source, room, below, above]) => {
  const importOf = (other) => {
    const path = relative(room, join(other, 'target.js'))
    return path.startsWith('.') ? path : `./${path}`
  }
  const prefix = { [command]: 'server/', [conform]: 'conform/' }[source] ?? ''
  const rule = `room-${prefix}${room}`.replaceAll('/', '-')
  return [
    { from: `${source}/${room}/room-below.ts`, to: importOf(below) },
    { from: `${source}/${room}/room-above.ts`, to: importOf(above), rule },
  ]
})

/** One import a line, and the rule that has to catch it; without a rule it is allowed. */
const cases = [
  { from: `${library}/rtsp/a.ts`, to: '../errors.js' },
  { from: `${library}/rtsp/b.ts`, to: '../clock.js', rule: 'layer-rtsp' },
  { from: `${library}/rtsp/c.ts`, to: '../sdp/target.js', rule: 'layer-rtsp' },
  { from: `${library}/sdp/b.ts`, to: '../bytes.js' },
  { from: `${library}/rtsp/e.ts`, to: '../bytes.js', rule: 'layer-rtsp' },
  { from: `${library}/sdp/a.ts`, to: '../rtp/target.js', rule: 'layer-sdp' },
  { from: `${library}/rtp/a.ts`, to: '../media/target.js', rule: 'layer-rtp' },
  { from: `${library}/rtcp/a.ts`, to: '../rtp/target.js', rule: 'layer-rtcp' },
  { from: `${library}/http/a.ts`, to: '../errors.js' },
  { from: `${library}/http/b.ts`, to: '../rtsp/target.js', rule: 'layer-http' },
  { from: `${library}/http/c.ts`, to: 'node:net', rule: 'sockets' },
  { from: `${library}/rtp/b.ts`, to: 'node:buffer' },
  { from: `${library}/rtp/c.ts`, to: 'node:crypto', rule: 'pure-formats' },
  { from: `${library}/rtcp/b.ts`, to: 'node:timers', rule: 'pure-formats' },
  { from: `${library}/srtp/a.ts`, to: '../rtp/target.js' },
  { from: `${library}/srtp/b.ts`, to: 'node:crypto' },
  { from: `${library}/srtp/c.ts`, to: 'node:timers', rule: 'pure-formats-srtp' },
  { from: `${library}/srtp/d.ts`, to: '../rtcp/target.js', rule: 'layer-srtp' },
  { from: `${library}/mikey/a.ts`, to: '../srtp/target.js' },
  { from: `${library}/mikey/b.ts`, to: '../rtsp/target.js', rule: 'layer-mikey' },
  { from: `${library}/mikey/c.ts`, to: 'node:crypto', rule: 'pure-formats' },
  { from: `${library}/session-pool/a.ts`, to: '../clock.js' },
  { from: `${library}/session-pool/f.ts`, to: '../option-checks.js' },
  { from: `${library}/rtsp/d.ts`, to: '../option-checks.js', rule: 'layer-rtsp' },
  { from: `${library}/session-pool/b.ts`, to: '../rtsp/target.js', rule: 'layer-session-pool' },
  { from: `${library}/session-pool/c.ts`, to: '../server/target.js', rule: 'layer-session-pool' },
  { from: `${library}/session-pool/d.ts`, to: '../listeners.js' },
  { from: `${library}/rtsp/l.ts`, to: '../listeners.js', rule: 'layer-rtsp' },
  { from: `${library}/session-pool/e.ts`, to: 'node:net', rule: 'sockets' },
  { from: `${library}/transport/a.ts`, to: '../rtp/target.js' },
  { from: `${library}/transport/b.ts`, to: 'node:dgram' },
  { from: `${library}/transport/c.ts`, to: '../media/target.js', rule: 'layer-transport' },
  { from: `${library}/transport/d.ts`, to: '../session-pool/index.js', rule: 'layer-transport' },
  { from: `${library}/public/a.ts`, to: '../session-pool/index.js' },
  { from: `${library}/public/b.ts`, to: '../media/target.js', rule: 'layer-public' },
  { from: `${library}/media/p.ts`, to: '../public/target.js' },
  { from: `${library}/media/a.ts`, to: '../transport/target.js' },
  { from: `${library}/media/b.ts`, to: '../session-pool/index.js', rule: 'layer-media' },
  { from: `${library}/media/c.ts`, to: '../server/target.js', rule: 'layer-media' },
  { from: `${library}/media/d.ts`, to: 'node:http', rule: 'sockets' },
  { from: `${library}/media/e.ts`, to: './file/index.js', rule: 'file-entry' },
  { from: `${library}/media/g.ts`, to: './push/index.js', rule: 'push-entry' },
  { from: `${library}/media/file/a.ts`, to: '../target.js' },
  { from: `${library}/media/file/b.ts`, to: 'mediabunny' },
  { from: `${library}/media/f.ts`, to: 'mediabunny', rule: 'no-runtime-dependency' },
  { from: `${library}/media/file/c.ts`, to: 'pino', rule: 'no-runtime-dependency-file' },
  { from: `${library}/transport/e.ts`, to: 'pino', rule: 'no-runtime-dependency-transport' },
  { from: `${library}/cluster/p.ts`, to: 'mediabunny', rule: 'no-runtime-dependency' },
  {
    from: `${library}/cluster/redis-client.ts`,
    to: 'pino',
    rule: 'no-runtime-dependency-cluster',
  },
  { from: `${library}/server/a.ts`, to: '../session-pool/index.js' },
  { from: `${library}/server/b.ts`, to: '../media/target.js' },
  { from: `${library}/server/c.ts`, to: '../session-pool/target.js', rule: 'session-pool-entry' },
  { from: `${library}/server/d.ts`, to: '../index.js', rule: 'not-to-index' },
  { from: `${library}/server/e.ts`, to: './missing.js', rule: 'resolvable' },
  { from: `${library}/errors.ts`, to: './rtsp/target.js', rule: 'leaf' },
  { from: `${library}/errors.ts`, to: './option-checks.js', rule: 'leaf' },
  { from: `${library}/address-prefix.ts`, to: './option-checks.js' },
  { from: `${library}/server/ring-a.ts`, to: './ring-b.js', rule: 'no-cycle' },
  { from: `${library}/testing/a.ts`, to: '../session-pool/target.js' },
  { from: `${library}/testing/b.ts`, to: '../server/target.js', rule: 'layer-testing' },
  { from: `${library}/server/f.ts`, to: '../testing/target.js', rule: 'layer-server' },
  { from: `${library}/auth/a.ts`, to: 'node:crypto' },
  { from: `${library}/auth/b.ts`, to: '../rtsp/target.js', rule: 'layer-auth' },
  { from: `${library}/client/a.ts`, to: '../transport/target.js' },
  { from: `${library}/client/b.ts`, to: '../media/target.js', rule: 'layer-client' },
  { from: `${library}/client/c.ts`, to: 'node:net', rule: 'sockets' },
  { from: `${library}/server/g.ts`, to: '../client/target.js', rule: 'layer-server' },
  { from: `${library}/relay/a.ts`, to: '../media/target.js' },
  { from: `${library}/relay/d.ts`, to: '../client/target.js' },
  { from: `${library}/relay/b.ts`, to: '../server/target.js', rule: 'layer-relay' },
  { from: `${library}/relay/c.ts`, to: 'node:net', rule: 'sockets' },
  { from: `${library}/cluster/a.ts`, to: '../session-pool/index.js' },
  { from: `${library}/cluster/b.ts`, to: '../server/target.js', rule: 'layer-cluster' },
  { from: `${library}/cluster/c.ts`, to: 'node:net', rule: 'sockets' },
  { from: `${library}/client/e.ts`, to: '../cluster/index.js', rule: 'cluster-entry' },
  { from: `${library}/client/d.ts`, to: '../relay/target.js', rule: 'layer-client' },
  { from: `${library}/server/h.ts`, to: '../relay/target.js', rule: 'layer-server' },
  ...roomCases,
  { from: `${command}/a.ts`, to: 'rtspool' },
  { from: `${command}/f.ts`, to: 'rtspool/rtp' },
  { from: `${command}/b.ts`, to: 'rtspool/lib/rtsp.js', rule: 'resolvable' },
  { from: `${command}/c.ts`, to: '../../rtspool/src/server/target.js', rule: 'public-exports' },
  { from: `${command}/d.ts`, to: '../../rtspool/lib/rtsp.js', rule: 'public-exports' },
  { from: `${command}/e.ts`, to: '../../rtspool-conform/src/target.js', rule: 'public-exports' },
  { from: `${conform}/a.ts`, to: './target.js' },
  { from: `${conform}/b.ts`, to: 'rtspool', rule: 'conform-alone' },
  { from: `${conform}/c.ts`, to: '../../rtspool/src/rtsp/target.js', rule: 'conform-alone' },
  { from: `${conform}/d.ts`, to: '../../rtspool-server/src/main.js', rule: 'conform-alone' },
]

/** What the imports above point at, and the smallest packages around them. */
const fixtures = {
  ...Object.fromEntries(
    [
      ...['rtsp', 'sdp', 'rtp', 'rtcp', 'srtp', 'mikey', 'http', 'auth'],
      ...[
        'session-pool',
        'testing',
        'public',
        'transport',
        'media',
        'server',
        'client',
        'relay',
        'cluster',
      ],
    ].map((layer) => [`${library}/${layer}/target.ts`, 'export const target = 1\n']),
  ),
  ...Object.fromEntries(
    rooms
      .flatMap(([source, ...folders]) => folders.map((folder) => join(source, folder, 'target.ts')))
      .map((file) => [file, 'export const target = 1\n']),
  ),
  [`${library}/session-pool/index.ts`]: "export { target } from './target.js'\n",
  [`${library}/media/file/index.ts`]: 'export const target = 1\n',
  [`${library}/media/push/index.ts`]: 'export const target = 1\n',
  [`${library}/cluster/index.ts`]: 'export const target = 1\n',
  [`${library}/index.ts`]: 'export const target = 1\n',
  [`${library}/clock.ts`]: 'export const target = 1\n',
  [`${library}/option-checks.ts`]: 'export const target = 1\n',
  [`${library}/listeners.ts`]: 'export const target = 1\n',
  [`${library}/bytes.ts`]: 'export const target = 1\n',
  [`${library}/server/ring-b.ts`]: "import './ring-a.js'\n",
  [`${library}/orphan.ts`]: 'export const target = 1\n',
  [`${command}/main.ts`]: 'export const target = 1\n',
  [`${conform}/target.ts`]: 'export const target = 1\n',
  'packages/rtspool/lib/index.js': 'export const target = 1\n',
  'packages/rtspool/lib/public/rtp.js': 'export const target = 1\n',
  'packages/rtspool/lib/rtsp.js': 'export const target = 1\n',
  'packages/rtspool/package.json': JSON.stringify({
    name: 'rtspool',
    type: 'module',
    exports: {
      '.': { default: './lib/index.js' },
      './rtp': { default: './lib/public/rtp.js' },
    },
  }),
  'node_modules/mediabunny/package.json': '{"name":"mediabunny","main":"index.js"}',
  'node_modules/mediabunny/index.js': '',
  'node_modules/pino/package.json': '{"name":"pino","main":"index.js"}',
  'node_modules/pino/index.js': '',
  'package.json': '{"type":"module","dependencies":{"mediabunny":"1","pino":"1","rtspool":"1"}}',
}

async function violationsIn(folder) {
  const before = process.cwd()
  process.chdir(folder)
  try {
    const tsConfig = extractTSConfig(join(root, 'tsconfig.base.json'))
    const folders = [library, command, conform]
    const { forbidden, options } = config
    const cruiseOptions = { ...options, ruleSet: { forbidden }, validate: true }
    const { output } = await cruise(folders, cruiseOptions, options.enhancedResolveOptions, {
      tsConfig,
    })
    return output
  } finally {
    process.chdir(before)
  }
}

function write(folder, file, contents) {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), contents)
}

/** Runs the rules over a small made-up tree in which each case is one import. */
async function selfTest() {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-imports-'))
  try {
    for (const [file, contents] of Object.entries(fixtures)) write(folder, file, contents)
    for (const { from, to } of cases) write(folder, from, `import '${to}'\n`)
    symlinkSync(join(folder, 'packages/rtspool'), join(folder, 'node_modules/rtspool'), 'dir')
    const { summary } = await violationsIn(folder)
    return [...wrongCases(summary.violations), ...uncaughtOrphan(summary.violations)]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function wrongCases(violations) {
  const wrong = []
  for (const { from, to, rule } of cases) {
    const caught = violations
      .filter((violation) => violation.from === from && violation.rule.name !== 'no-orphan')
      .map((violation) => violation.rule.name)
    if (rule === undefined && caught.length > 0) {
      wrong.push(`${from} may import ${to}, but ${caught.join(', ')} forbids it`)
    } else if (rule !== undefined && !caught.includes(rule)) {
      wrong.push(`${from} imports ${to}, and ${rule} does not catch it (${caught.join(', ')})`)
    }
  }
  return wrong
}

function uncaughtOrphan(violations) {
  const orphan = `${library}/orphan.ts`
  const isCaught = violations.some(({ rule, to }) => rule.name === 'no-orphan' && to === orphan)
  return isCaught ? [] : [`${orphan} is imported by nobody, and no-orphan does not catch it`]
}

function print(violation) {
  const path = violation.cycle
    ? [violation.from, ...violation.cycle.map((step) => step.name)].join(' -> ')
    : `${violation.from} -> ${violation.to}`
  console.log(`${violation.rule.name}: ${path}`)
}

async function check() {
  const wrong = await selfTest()
  for (const line of wrong) console.log(line)
  console.log(`self-test: ${cases.length + 1} imports, ${wrong.length} judged wrongly`)
  const { summary } = await violationsIn(root)
  for (const violation of summary.violations) print(violation)
  const { totalCruised, totalDependenciesCruised } = summary
  const found = `${summary.violations.length} forbidden`
  console.log(`${totalCruised} modules, ${totalDependenciesCruised} imports, ${found}`)
  if (wrong.length > 0 || summary.violations.length > 0) process.exitCode = 1
}

await check()
