/** Trials of U-7 to U-9 and U-13 to U-15: types, the log, secrets, the package. */
import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { join, urlOf } from '../support/clients.mjs'
import { sleep } from '../support/waiting.mjs'

const run = promisify(execFile)
const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))

const folder = mkdtempSync(joinPath(tmpdir(), 'rtspool-before-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

/** Texts of the files below a folder whose names end so. */
const textsOf = (where, ending) =>
  readdirSync(where, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(joinPath(where, name), 'utf8'))

/** Compiles a program of a user of the library. @returns The errors of the compiler. */
async function errorsOf(build, text, options = {}) {
  mkdirSync(joinPath(folder, 'node_modules'))
  symlinkSync(joinPath(build.root, 'packages/rtspool'), joinPath(folder, 'node_modules/rtspool'))
  writeFileSync(joinPath(folder, 'program.ts'), text)
  writeFileSync(joinPath(folder, 'package.json'), '{ "type": "module" }')
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: 'es2022', module: 'nodenext', skipLibCheck: true },
    ...options,
  }
  const settings = JSON.stringify({ compilerOptions, files: ['program.ts'] })
  writeFileSync(joinPath(folder, 'tsconfig.json'), settings)
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error) => error)
  return stdout.split('\n').filter((line) => line.includes('error TS'))
}

const compiled = ({ length }) =>
  length === 0 ? 'compiles' : `does not compile, error${length === 1 ? '' : 's'}: ${length}`

export const trials = {
  'U-7': {
    way: 'types',
    async seen(build) {
      const options = { types: [], skipLibCheck: false }
      const errors = await errorsOf(build, "import 'rtspool'\n", options)
      return {
        holds: errors.length === 0,
        saw: `a program without the types of Node: ${compiled(errors)}`,
      }
    },
  },
  'U-8': {
    way: 'command',
    async seen(build) {
      const server = await build.command()
      const to = { host: '127.0.0.1', port: server.port }
      const { status } = await (await join(to)).request('DESCRIBE', urlOf(to, '/nosuch'))
      await sleep(200)
      const log = server.stderr
      return {
        holds: /refused[^\n]*\/nosuch|\/nosuch[^\n]*refused/.test(log),
        saw: `DESCRIBE of a path that is not there: ${status}, in the log ${/nosuch/.test(log) ? 'with its path' : 'nothing'}`,
      }
    },
  },
  'U-9': {
    way: 'command',
    async seen(build) {
      const file = joinPath(folder, 'users')
      writeFileSync(file, 'ann:canary\n', { mode: 0o600 })
      const run = await build.command(['--users-file', file])
      if (run.ended !== undefined)
        return { holds: false, saw: `--users-file: exit code ${run.ended}` }
      const to = { host: '127.0.0.1', port: run.port }
      const peer = await join(to)
      peer.credentials = { user: 'ann', password: 'canary' }
      const { status } = await peer.request('DESCRIBE', urlOf(to, '/test'))
      const isHidden = !readFileSync(`/proc/${run.child.pid}/cmdline`, 'utf8').includes('canary')
      return {
        holds: status === 200 && isHidden,
        saw: `--users-file: login ${status}, not on the command line`,
      }
    },
  },
  'U-13': {
    way: 'types',
    async seen(build) {
      const program = [
        "import { SessionPool } from 'rtspool/session-pool'",
        "import type { Session } from 'rtspool'",
        "declare module 'rtspool' { interface SessionData { camera: string } }",
        "declare module 'rtspool/session-pool' { interface SessionData { room: number } }",
        'export const room = new SessionPool().create({ data: { room: 1 } }).data.room',
        'export const cameraOf = (session: Session): string | undefined => session.data.camera',
      ]
      const errors = await errorsOf(build, program.join('\n'))
      return {
        holds: errors.length === 0,
        saw: `a program that declares data of a server and of a pool: ${compiled(errors)}`,
      }
    },
  },
  'U-14': {
    way: 'types',
    async seen(build) {
      const program = [
        "import { RtspServer } from 'rtspool'",
        'new RtspServer({ pool: { onAdmit: ({ path, request }) =>',
        "  path.startsWith('/cam') && request.method === 'SETUP' } })",
      ]
      const errors = await errorsOf(build, program.join('\n'))
      return {
        holds: errors.length === 0,
        saw: `a hook that reads path and request: ${compiled(errors)}`,
      }
    },
  },
  'U-15': {
    way: 'package',
    async seen(build) {
      const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
      const { stdout } = await run('npm', args, { cwd: joinPath(build.root, 'packages/rtspool') })
      const parsed = JSON.parse(stdout)
      const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed)
      const pages = packed.files.filter(({ path }) => /^docs\/.*\.md$/.test(path)).length
      return { holds: pages > 0, saw: `${pages} pages in the package` }
    },
  },
  'U-16': {
    way: 'documents',
    async seen(build) {
      const folders = ['lib', 'dist'].map((name) => joinPath(build.root, 'packages/rtspool', name))
      const declarations = folders
        .filter((folder) => existsSync(folder))
        .flatMap((folder) => textsOf(folder, '.d.ts'))
        .join('\n')
      const body =
        /export interface RtspServerOptions\b[^{]*\{(.*?)\n\}/s.exec(declarations)?.[1] ?? ''
      const options = [...body.matchAll(/^(?: {4}|\t)readonly (\w+)\??:/gm)].map(([, name]) => name)
      const pages = textsOf(joinPath(build.root, 'docs'), '.md')
      pages.push(readFileSync(joinPath(build.root, 'README.md'), 'utf8'))
      // A row of a table, or a section of its own.
      const place = /^(?:\| `(\w+)`|### (\w+)$)/gm
      const found = pages.flatMap((page) =>
        [...page.matchAll(place)].map(([, row, title]) => row ?? title),
      )
      const absent = options.filter((name) => !found.includes(name))
      return {
        holds: options.length > 5 && absent.length === 0,
        saw: `${absent.length} of ${options.length} options of the server documented nowhere`,
      }
    },
  },
}
