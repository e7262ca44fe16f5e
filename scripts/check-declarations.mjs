/** Whether declarations of a packed library compile for whoever installs it, under the strictest settings. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace.mjs'

const compilerOptions = {
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
  'file.ts': `
import { fileMedia } from 'rtspool/file'
export const media = fileMedia(new URL('file:///x.mp4'), { loop: true })
`,
}

/**
 * @param unpacked - Folder of the unpacked library.
 * @param temp - Folder for the programs.
 * @returns What the compiler says, a line each.
 */
export function declarationProblems(unpacked, temp) {
  return Object.entries(programs).flatMap(([name, text]) => {
    const folder = join(temp, `consumer-${name}`)
    mkdirSync(join(folder, 'node_modules', '@types'), { recursive: true })
    // Where npm puts them: beside each other, so that the library finds the types of Node as well.
    symlinkSync(unpacked, join(folder, 'node_modules', 'rtspool'))
    for (const types of ['@types/node', 'undici-types']) {
      symlinkSync(join(root, 'node_modules', types), join(folder, 'node_modules', types))
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, name), text)
    const options = { ...compilerOptions, preserveSymlinks: true }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: [name] }),
    )
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], {
      encoding: 'utf8',
    })
    if (status === 0) return []
    return stdout
      .trim()
      .split('\n')
      .map((line) => `declarations, ${name}: ${line}`)
  })
}
