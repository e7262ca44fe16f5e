/** Compiles consumers of a packed library, under the strictest settings and with each compiler that people have. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { npm, root } from './workspace.mjs'

/** The oldest TypeScript that reads the declarations, and all since; the locked one comes from node_modules. */
const versions = ['5.6', '5.7', '5.8', '5.9', '7.0']

/** @typedef {{ version: string, tsc: string }} Compiler */

/** The compiler that builds the project. */
const lockedCompiler = { version: 'locked', tsc: join(root, 'node_modules/typescript/bin/tsc') }

/**
 * Installs the compilers that are missing below node_modules/.cache.
 *
 * @returns {Compiler[]} The locked one first.
 * @throws {Error} When npm cannot bring one.
 */
export function allCompilers() {
  const others = versions.map((version) => {
    const prefix = join(root, 'node_modules/.cache', `typescript-${version}`)
    const tsc = join(prefix, 'node_modules/typescript/bin/tsc')
    if (!existsSync(tsc)) {
      const quiet = ['--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
      const { status } = npm([
        'install',
        `--prefix=${prefix}`,
        ...quiet,
        `typescript@~${version}.0`,
      ])
      if (status !== 0) throw new Error(`TypeScript ${version} cannot be installed`)
    }
    return { version, tsc }
  })
  return [lockedCompiler, ...others]
}

const nodeOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  // The two that most projects turn off: the library has to bring what its declarations need.
  skipLibCheck: false,
  types: [],
  target: 'es2022',
  module: 'nodenext',
  noEmit: true,
}

/** Programs of their own, each as its author would write it: nothing of one helps another. */
const programs = {
  'server.ts': `
import { MediaFactory, RtspServer, type Session } from 'rtspool'
declare module 'rtspool' {
  interface SessionData { camera: string }
}
const server = new RtspServer({
  pool: {
    onAdmit: ({ path, request, owner }) =>
      path.startsWith('/cam') && request.method === 'SETUP' && { init: { data: { camera: owner.address } } },
  },
})
server.mounts.add('/cam', new MediaFactory(() => ({
  description: { session: undefined as never, media: [] },
  start({ tracks: [track] }) { track?.push(new Uint8Array(12)) },
  close() {},
})))
export const cameraOf = (session: Session): string | undefined => session.data.camera
`,
  'pool.ts': `
import { SessionPool } from 'rtspool/session-pool'
declare module 'rtspool/session-pool' {
  interface SessionData { room: number }
}
export const room: number | undefined = new SessionPool().create({ data: { room: 1 } }).data.room
`,
  'conformance.ts': `
import { testSessionPool } from 'rtspool/testing'
import { SessionPool } from 'rtspool/session-pool'
testSessionPool({ test: () => {}, createPool: (options) => new SessionPool(options) })
`,
  'client.ts': `
import { connect } from 'rtspool/client'
export async function sizes(url: string): Promise<void> {
  const client = await connect(url, { tracks: ({ kind }) => kind === 'video' })
  for await (const { packet } of client.packets()) if (packet.length > 1500) break
  await client.close()
}
`,
  'relay.ts': `
import { RtspServer } from 'rtspool'
import { relayMedia } from 'rtspool/relay'
const camera = relayMedia({ url: 'rtsp://192.0.2.7/', transports: ['tcp'] }, { lingerSeconds: 30 })
new RtspServer().mounts.add('/cam', camera)
camera.on('stateChanged', ({ state, until }) => until && state === 'waiting')
`,
  'cluster.ts': `
import { type ClusterStore, MemoryStore } from 'rtspool/cluster'
const store: ClusterStore = new MemoryStore({ leaseMs: 10_000 })
export const tags: Promise<string[]> = store.nodes().then((rows) => rows.map(({ tag }) => tag))
`,
  'push.ts': `
import { aac, h264, LiveMedia } from 'rtspool/push'
const live = new LiveMedia({ tracks: [h264(), aac()] })
export const isSent: boolean = live.tracks[1].writeAccessUnit(new Uint8Array(8), { pts: 1 })
`,
  'file.ts': `
import { fileMedia } from 'rtspool/file'
export const media = fileMedia(new URL('file:///x.mp4'), { loop: true })
`,
}

/** Names of the programs, one for each entry of the library. */
export const consumerNames = Object.keys(programs)

/** How a bundler resolves them. One program has them all, but for that of another interface of the same name. */
const bundlerOptions = { ...nodeOptions, module: 'esnext', moduleResolution: 'bundler' }
const bundled = consumerNames.filter((name) => name !== 'pool.ts')

/** Makes a folder with programs, as their author would have it. @returns The folder. */
function writeConsumer(unpacked, temp, name, files, compilerOptions) {
  const folder = join(temp, `consumer-${name}`)
  mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
  // Where npm puts them: beside each other, so that the library finds the types of Node as well.
  symlinkSync(unpacked, join(folder, 'node_modules', 'rtspool'))
  for (const types of ['@types/node', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', types), join(folder, 'node_modules', types))
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const file of files) writeFileSync(join(folder, file), programs[file])
  const options = { ...compilerOptions, preserveSymlinks: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  return folder
}

/** @returns {Promise<string[]>} Lines of the compiler; none when the program compiles. */
function compile({ tsc }, folder) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tsc, '-p', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve([])
      else resolve((stdout.trim() || `the compiler ended with ${status}`).split('\n'))
    })
  })
}

/**
 * @param {string} unpacked - Folder of the unpacked library.
 * @param {string} temp - Folder for the programs.
 * @param {Compiler[]} compilers
 * @returns {Promise<string[]>} Complaints of the compilers, a line each.
 */
export async function declarationProblems(unpacked, temp, compilers = [lockedCompiler]) {
  const consumers = consumerNames.map((name) => ({
    name,
    folder: writeConsumer(unpacked, temp, name, [name], nodeOptions),
  }))
  const folder = writeConsumer(unpacked, temp, 'bundler', bundled, bundlerOptions)
  consumers.push({ name: 'with a bundler', folder })
  const waiting = compilers.flatMap((compiler) =>
    consumers.map((consumer) => ({ compiler, ...consumer })),
  )
  const problems = []
  const next = async () => {
    for (let each = waiting.shift(); each; each = waiting.shift()) {
      const { compiler, name, folder } = each
      const title = `declarations, TypeScript ${compiler.version}, ${name}`
      for (const line of await compile(compiler, folder)) problems.push(`${title}: ${line}`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, next))
  return problems.sort()
}
