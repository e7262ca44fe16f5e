import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Program of a user: its files by name, in a folder below which `rtspool` is installed. */
interface Program {
  readonly files: Readonly<Record<string, string>>
  /** Files that the compiler is told; the first one when absent. */
  readonly roots?: readonly string[]
  readonly options?: ts.CompilerOptions
}

const usualOptions: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
}

/** Files of the compiler and of the library, which most programs share. */
const parsed = new Map<string, ts.SourceFile | undefined>()

/** Compiles a program that is on no disk. @returns The complaints of the compiler. */
function complaintsOf({ files, roots, options }: Program): string[] {
  const folder = join(root, 'packages/of-a-user')
  const texts = new Map(Object.entries(files).map(([name, text]) => [join(folder, name), text]))
  const folders = new Set([...texts.keys()].map(dirname))
  const compilerOptions = { ...usualOptions, ...options }
  const host = ts.createCompilerHost(compilerOptions)
  const onDisk = { ...host }
  host.fileExists = (name) => texts.has(name) || onDisk.fileExists(name)
  host.readFile = (name) => texts.get(name) ?? onDisk.readFile(name)
  host.directoryExists = (name) =>
    [...folders].some((each) => each === name || each.startsWith(`${name}/`)) ||
    (onDisk.directoryExists?.(name) ?? true)
  host.realpath = (name) => (texts.has(name) ? name : (onDisk.realpath?.(name) ?? name))
  host.getSourceFile = (name, how, ...rest) => {
    const text = texts.get(name)
    if (text !== undefined) return ts.createSourceFile(name, text, how, true)
    const key = JSON.stringify([
      name,
      how,
      compilerOptions.moduleResolution,
      compilerOptions.module,
    ])
    if (!parsed.has(key)) parsed.set(key, onDisk.getSourceFile(name, how, ...rest))
    return parsed.get(key)
  }
  const rootNames = (roots ?? Object.keys(files).slice(0, 1)).map((name) => join(folder, name))
  const program = ts.createProgram({ rootNames, options: compilerOptions, host })
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const isModule = '{ "type": "module" }'
const declared = "declare module 'rtspool' { interface SessionData { camera: string } }\n"
/** The same for another entry of the library, whose sessions have members of both. */
const alsoDeclared =
  "declare module 'rtspool/session-pool' { interface SessionData { room: number } }\n"
const declaredTwice = `${declared}${alsoDeclared}`

/** Uses the declared data; another name, or another type, is an error. */
const used = `
export function use(session: Session): string | undefined {
  // @ts-expect-error a member that nobody declared
  void session.data.cameras
  // @ts-expect-error a string is no number
  const wrong: number | undefined = session.data.camera
  const room: number | undefined = session.data.room
  return room === wrong ? undefined : session.data.camera
}
`
const importType = "import type { Session } from 'rtspool'\n"

const programs: Readonly<Record<string, Program>> = {
  'for the server, and reaches its listeners and its hooks': {
    files: {
      'program.ts': `
import { RtspServer } from 'rtspool'
${declared}
const server = new RtspServer({
  pool: { onAdmit: ({ owner }) => ({ init: { data: { camera: owner.address } } }) },
})
server.pool.on('sessionRemoved', ({ data }) => data.camera?.length)
server.on('viewerFellBehind', ({ data }) => data.camera?.length)
// @ts-expect-error an address is a string
new RtspServer({ pool: { onAdmit: () => ({ init: { data: { camera: 1 } } }) } })
`,
      'package.json': isModule,
    },
  },
  'for a pool without a server, and in two places': {
    files: {
      'program.ts': `
import { SessionPool } from 'rtspool/session-pool'
import './seats.js'
declare module 'rtspool/session-pool' { interface SessionData { room: number } }
const { data } = new SessionPool().create({ data: { room: 1, seat: 'a' } })
export const place: [number | undefined, string | undefined] = [data.room, data.seat]
// @ts-expect-error a room has a number
new SessionPool().create({ data: { room: 'a' } })
`,
      'seats.ts': `
import 'rtspool/session-pool'
declare module 'rtspool/session-pool' { interface SessionData { seat: string } }
`,
      'package.json': isModule,
    },
  },
  'for the server and for its pool, which is one of the program': {
    files: {
      'program.ts': `
import { RtspServer } from 'rtspool'
import { type Session, SessionPool } from 'rtspool/session-pool'
${declaredTwice}
class Cameras extends SessionPool {
  of(name: string): Session[] { return this.filter().filter(({ data }) => data.camera === name) }
}
export const server = new RtspServer({ pool: new Cameras() })
${used}`,
      'package.json': isModule,
    },
  },
  'in declaration files that nothing imports': {
    files: {
      'program.ts': `${importType}${used}`,
      'types/camera.d.ts': `import 'rtspool'\n${declared}`,
      'types/room.d.ts': `import 'rtspool/session-pool'\n${alsoDeclared}`,
      'package.json': isModule,
    },
    roots: ['program.ts', 'types/camera.d.ts', 'types/room.d.ts'],
  },
  'by a package between the program and the library, and by the program': {
    files: {
      'program.ts': `import type { Session } from 'cameras'\n${alsoDeclared}${used}`,
      'node_modules/cameras/package.json':
        '{ "name": "cameras", "type": "module", "types": "./index.d.ts" }',
      'node_modules/cameras/index.d.ts': `${declared}export * from 'rtspool'\n`,
      'package.json': isModule,
    },
  },
  'in a module of a package of CommonJS': {
    files: { 'program.mts': `${importType}${declaredTwice}${used}`, 'package.json': '{}' },
    options: {
      module: ts.ModuleKind.Node16,
      moduleResolution: ts.ModuleResolutionKind.Node16,
    },
  },
  'in CommonJS, which requires the library': {
    files: {
      'program.cts': `${importType}import library = require('rtspool')\n${declaredTwice}${used}
export const server: { pool: { filter(): Session[] } } = new library.RtspServer()
`,
      'package.json': isModule,
    },
  },
  'for a bundler': {
    files: { 'program.ts': `${importType}${declaredTwice}${used}`, 'package.json': '{}' },
    options: {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    },
  },
  'for a program in JavaScript': {
    files: {
      'program.js': `
/** @param {import('rtspool').Session} session @returns {string | undefined} */
export const cameraOf = ({ data }) => data.camera
/** @param {import('rtspool').Session} session @returns {number | undefined} */
export const roomOf = ({ data }) => data.room
/** @param {import('rtspool').Session} session @returns {number | undefined} */
// @ts-expect-error a string is no number
export const wrong = ({ data }) => data.camera
`,
      'session.d.ts': `import 'rtspool'\n${declaredTwice}`,
      'package.json': isModule,
    },
    roots: ['program.js', 'session.d.ts'],
    options: { allowJs: true, checkJs: true },
  },
}

// The first program of each way of resolving reads all declarations of the library.
describe('data of sessions are declared', { tags: 'U-13', timeout: 180_000 }, () => {
  it.each(Object.entries(programs))('%s', (_, program) => {
    expect(complaintsOf(program)).toEqual([])
  })

  it('or are an error, where nothing declares them', () => {
    const files = { 'program.ts': `${importType}${used}`, 'package.json': isModule }
    expect(complaintsOf({ files })).toContainEqual(
      expect.stringContaining("Property 'camera' does not exist"),
    )
  })
})
