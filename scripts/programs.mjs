/** The programs that the interop tests and benchmarks use: how to see them, and how to get them. */
import { spawnSync } from 'node:child_process'

const element = (name) => ['gst-inspect-1.0', '--exists', name]
const importRtspServer =
  "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"

const importApp = "import gi; gi.require_version('GstApp', '1.0'); from gi.repository import GstApp"

/**
 * One line a program. Probed by what is really there, not by asking the package manager, so that
 * programs from other sources count as well.
 */
export const programs = Object.freeze([
  { name: 'ffmpeg', probe: ['ffmpeg', '-version'], packages: ['ffmpeg'] },
  { name: 'ffprobe', probe: ['ffprobe', '-version'], packages: ['ffmpeg'] },
  { name: 'haproxy', probe: ['haproxy', '-v'], packages: ['haproxy'] },
  {
    name: 'gst-launch-1.0',
    probe: ['gst-launch-1.0', '--version'],
    packages: ['gstreamer1.0-tools'],
  },
  {
    name: 'gst-inspect-1.0',
    probe: ['gst-inspect-1.0', '--version'],
    packages: ['gstreamer1.0-tools'],
  },
  {
    name: 'gst decodebin',
    probe: element('decodebin'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-base'],
  },
  {
    name: 'gst videoscale',
    probe: element('videoscale'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-base'],
  },
  {
    name: 'gst rtspsrc',
    probe: element('rtspsrc'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-good'],
  },
  {
    name: 'gst h264parse',
    probe: element('h264parse'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-bad'],
  },
  {
    name: 'gst x264enc',
    probe: element('x264enc'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-ugly'],
  },
  {
    name: 'gst avdec_h264',
    probe: element('avdec_h264'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-libav'],
  },
  {
    name: 'gst srtpdec',
    probe: element('srtpdec'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-bad'],
  },
  {
    name: 'gst srtpenc',
    probe: element('srtpenc'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-plugins-bad'],
  },
  {
    name: 'gst rtspclientsink',
    probe: element('rtspclientsink'),
    packages: ['gstreamer1.0-tools', 'gstreamer1.0-rtsp'],
  },
  {
    name: 'GstRtspServer for Python',
    probe: ['/usr/bin/python3', '-c', importRtspServer],
    packages: ['python3-gi', 'gir1.2-gst-rtsp-server-1.0'],
  },
  { name: 'python3', probe: ['/usr/bin/python3', '--version'], packages: ['python3'] },
  {
    name: 'GStreamer for Python',
    probe: ['/usr/bin/python3', '-c', importApp],
    packages: ['python3-gi', 'gir1.2-gst-plugins-base-1.0', 'gstreamer1.0-plugins-good'],
  },
  // A network of its own for multicast: what is joined and sent there reaches nobody else.
  {
    name: 'network namespace',
    probe: ['unshare', '-rn', 'ip', 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'lan1'],
    packages: ['util-linux', 'iproute2'],
  },
  // The store of a cluster.
  { name: 'redis-server', probe: ['redis-server', '--version'], packages: ['redis-server'] },
  // Firewalls and NATs of the tests in namespaces.
  {
    name: 'nft',
    probe: ['unshare', '-rn', 'nft', 'add', 'table', 'inet', 'way'],
    packages: ['util-linux', 'nftables'],
  },
  // The live picture in a real browser.
  { name: 'chromium', probe: ['chromium', '--version'], packages: ['chromium'] },
  // The clock of the differential test, the load tool of the benchmarks and their peers are written in C.
  {
    name: 'pkg-config',
    probe: ['pkg-config', '--version'],
    packages: ['pkg-config'],
  },
  {
    name: 'gst-rtsp-server headers',
    probe: ['pkg-config', '--exists', 'gstreamer-rtsp-server-1.0'],
    packages: ['pkg-config', 'libgstrtspserver-1.0-dev'],
  },
  {
    name: 'C compiler',
    probe: ['gcc', '-E', '-include', 'stdio.h', '-x', 'c', '-o', '/dev/null', '/dev/null'],
    packages: ['gcc', 'libc6-dev'],
  },
])

const found = new Map()

/** Whether a program of the table is here. Asked once a process. */
export function isPresent(program) {
  let present = found.get(program.name)
  if (present === undefined) {
    const [command, ...args] = program.probe
    const { status } = spawnSync(command, args, { stdio: 'ignore', timeout: 60_000 })
    present = status === 0
    found.set(program.name, present)
  }
  return present
}

/** Forgets the answers of {@link isPresent}, after something was installed. */
export function forgetProbes() {
  found.clear()
}

/** The programs of the table that are not here. */
export function missingPrograms() {
  return programs.filter((program) => !isPresent(program))
}

/** The Debian packages that bring these programs, each once, in the order of the table. */
export function packagesOf(list) {
  return [...new Set(list.flatMap((program) => program.packages))]
}

/** The command that a user runs to install Debian packages. */
export function installCommand(packages) {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`
}

/**
 * Why a test that needs the named programs must be skipped, or `undefined` when all are here.
 *
 * @param {...string} names - Names of the table.
 * @throws {RangeError} When the table has no such name.
 */
export function reasonToSkip(...names) {
  const missing = names.map(programNamed).filter((program) => !isPresent(program))
  if (missing.length === 0) return undefined
  const list = missing.map((program) => program.name).join(', ')
  return `missing: ${list} (Debian: ${packagesOf(missing).join(' ')})`
}

function programNamed(name) {
  const program = programs.find((candidate) => candidate.name === name)
  if (!program) throw new RangeError(`no program '${name}' in the table`)
  return program
}
