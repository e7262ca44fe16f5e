import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { joinedCommand, joinedModules } from '../../../scripts/join-modules.mjs'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-modules-'))
afterAll(() => rmSync(folder, { recursive: true }))

const files = {
  'package.json': JSON.stringify({
    type: 'module',
    exports: {
      '.': { types: './lib/index.d.ts', default: './lib/index.js' },
      './bell': { types: './lib/rooms/bell/index.d.ts', default: './lib/rooms/bell/index.js' },
      './package.json': './package.json',
    },
  }),
  'dist/index.js': "export { House } from './rooms/house.js'\nexport { names } from './names.js'\n",
  'dist/names.js': "export const names = ['house']\n",
  'dist/rooms/house.js': `
import { basename } from 'node:path'
import { names } from '../names.js'
import { Door } from './doors/door.js'
const size = 2
export class House { door = new Door(); name = basename(names[0]); size = size }
`,
  'dist/rooms/doors/door.js': `
const size = 1
export class Door { size = size; frame = new URL('../../transport/worker/send-worker.js', import.meta.url).href }
`,
  'dist/rooms/bell/index.js': "export { ring } from './ring.js'\n",
  'dist/rooms/bell/ring.js':
    "import { names } from '../../names.js'\nexport const ring = () => names\n",
  'dist/transport/worker/send-worker.js': 'export const sent = 1\n',
}

describe('modules of a library that are joined', () => {
  let modules: Map<string, string>
  beforeAll(async () => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    modules = await joinedModules(folder)
    for (const [name, code] of modules) {
      mkdirSync(dirname(join(folder, 'lib', name)), { recursive: true })
      writeFileSync(join(folder, 'lib', name), code)
    }
  })

  const load = (name: string) => import(pathToFileURL(join(folder, 'lib', name)).href)

  it('are one for each layer and each folder of an entry, beside the entries and the module of send threads', () => {
    expect([...modules.keys()].sort()).toEqual([
      ...['basics.js', 'index.js', 'rooms.js', 'rooms/bell.js', 'rooms/bell/index.js'],
      'transport/worker/send-worker.js',
    ])
  })

  it('export from entries what the sources export', async () => {
    expect(Object.keys(await load('index.js'))).toEqual(['House', 'names'])
    expect(Object.keys(await load('rooms/bell/index.js'))).toEqual(['ring'])
  })

  it('share what they import, and keep names of the same text apart', async () => {
    const [{ House, names }, { ring }] = await Promise.all([
      load('index.js'),
      load('rooms/bell/index.js'),
    ])
    expect(ring()).toBe(names)
    expect(new House()).toMatchObject({ size: 2, name: 'house', door: { size: 1 } })
    expect([House.name, new House().door.constructor.name]).toEqual(['House', 'Door'])
  })

  it('find files beside them', async () => {
    const { House } = await load('index.js')
    const worker = join(folder, 'lib/transport/worker/send-worker.js')
    expect(new House().door.frame).toBe(pathToFileURL(worker).href)
  })

  it('import packages and modules of Node by their names', () => {
    expect(modules.get('rooms.js')).toMatch(/from ["']node:path["']/)
  })
})

describe('modules of a command that are joined', () => {
  const command = join(folder, 'command')
  const sources = {
    'package.json': '{ "type": "module" }',
    'dist/main.js': `
import { size } from './parts/size.js'
export const first = size
export const later = () => import('./parts/later.js')
`,
    'dist/parts/size.js': 'export const size = 1\n',
    'dist/parts/later.js': `
import { size } from './size.js'
globalThis.isLoaded = true
export const page = new URL('../../page/index.html', import.meta.url).href
export const last = size
`,
  }

  it('load a part only when it is used, and find files of the package', async () => {
    for (const [name, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(command, name)), { recursive: true })
      writeFileSync(join(command, name), text)
    }
    mkdirSync(join(command, 'lib'))
    const modules = await joinedCommand(command)
    for (const [name, code] of modules) writeFileSync(join(command, 'lib', name), code)
    const main = await import(pathToFileURL(join(command, 'lib/main.js')).href)
    expect([main.first, Reflect.get(globalThis, 'isLoaded')]).toEqual([1, undefined])
    const { last, page } = await main.later()
    expect([last, page]).toEqual([1, pathToFileURL(join(command, 'page/index.html')).href])
    expect(Reflect.get(globalThis, 'isLoaded')).toBe(true)
    Reflect.deleteProperty(globalThis, 'isLoaded')
  })
})
