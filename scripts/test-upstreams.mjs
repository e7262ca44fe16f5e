/**
 * `npm run test:upstreams -- [--seconds 10] [PEER=WAY,WAY ...]`: pulls from servers of other kinds over each way that they serve,
 * compares what arrives with what they have sent, kills each and starts it again, and prints a table. `--short` tries, at the
 * same time and for a second, what needs Debian packages only. Ends with 1 if a cell fails.
 */
import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { buildGoServer } from './go-servers.mjs'
import { ensureNewerPlayers, newerPlayersBin } from './newer-players.mjs'
import { reasonToSkip } from './programs.mjs'
import { ensureBuilt, ensureInstalled, fail, root, say } from './workspace.mjs'

const addresses = { client: '10.9.8.7', servers: '10.9.8.8' }
/** Commands in the network of the servers. live555 takes its port again only if no connection is in TIME_WAIT. */
const serverNetwork = [
  'ip link set lo up',
  `ip addr add ${addresses.servers}/24 dev lan1`,
  'ip link set lan1 up',
  'ip route add default dev lan1',
  'echo 0 > /proc/sys/net/ipv4/tcp_max_tw_buckets',
].join(' && ')
/**
 * Two networks of their own, one of the client and one of the servers. live555 has fixed ports, and does not start with the
 * loopback alone; gst-rtsp-server shares the ports of its multicast groups with nobody on its machine.
 */
const network = [
  'unshare -n sleep infinity & servers=$!',
  'while [ "$(readlink /proc/$servers/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done',
  'ip link set lo up',
  'ip link add lan0 type veth peer name lan1 netns $servers',
  `ip addr add ${addresses.client}/24 dev lan0`,
  'ip link set lan0 up',
  'ip route add default dev lan0',
  `nsenter -t $servers -n sh -c '${serverNetwork}'`,
  `export UPSTREAMS_NETWORK=$servers UPSTREAMS_CLIENT=${addresses.client} UPSTREAMS_HOST=${addresses.servers}`,
  'exec "$@"',
].join('\n')

const short = [
  ...['--at-once', '--seconds', '1'],
  ...['gst-rtsp-server=tls,srtp,multicast', 'rtspool=http,webSocket,multicast'],
]
const all = ['gst-rtsp-server', 'gortsplib', 'go2rtc', 'live555', 'rtspool']

/** Makes the servers that the arguments name, or all, ready. @returns Those that cannot be had, with the reason */
async function missingServers(isWanted) {
  const missing = new Map()
  for (const name of ['gortsplib', 'go2rtc'].filter(isWanted)) {
    const reason = buildGoServer(name)
    if (reason !== undefined) missing.set(name, reason)
  }
  if (isWanted('live555')) {
    const reason = await ensureNewerPlayers()
    if (reason !== undefined) missing.set('live555', reason)
  }
  return missing
}

async function testUpstreams() {
  ensureInstalled()
  ensureBuilt()
  const { ensurePrograms } = await import('./debian-packages.mjs')
  ensurePrograms()
  const reason = reasonToSkip('ffmpeg', 'GstRtspServer for Python', 'network namespace')
  if (reason !== undefined) fail(reason)
  const given = process.argv.slice(2)
  const args = given.includes('--short') ? short : given
  const named = args.filter((arg) => all.some((name) => arg.split('=')[0] === name))
  const isWanted = (name) => named.length === 0 || named.some((arg) => arg.split('=')[0] === name)
  const missing = await missingServers(isWanted)
  for (const [name, text] of missing) say(`without ${name}: ${text}`)
  const servers = named.length > 0 ? [] : all.filter((name) => !missing.has(name))
  const run = [process.execPath, '--no-warnings', join(root, 'test/upstreams/run.mjs')]
  const program = ['sh', '-ec', network, 'sh', ...run, ...args, ...servers]
  // live555 stands behind Debian's own programs on the path: ffmpeg and GStreamer are those of the machine.
  const PATH = `${process.env.PATH}${delimiter}${newerPlayersBin}`
  const enter = ['-rn', '--pid', '--mount-proc', '--fork', '--kill-child']
  const child = spawn('unshare', [...enter, ...program], {
    stdio: 'inherit',
    env: { ...process.env, PATH },
  })
  child.once('close', (code) => {
    process.exitCode = code ?? 1
  })
}

await testUpstreams()
