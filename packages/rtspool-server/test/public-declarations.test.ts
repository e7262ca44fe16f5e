import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { publicDeclarations } from '../../../scripts/public-declarations.mjs'

const manifest = {
  type: 'module',
  exports: {
    '.': { types: './dist/index.d.ts' },
    './pool': { types: './dist/pool/index.d.ts' },
    './package.json': './package.json',
  },
}

/** A package with these declarations. */
async function declarationsOf(files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'rtspool-declarations-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, 'declarations', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  return Object.fromEntries(publicDeclarations(folder, join(folder, 'declarations')))
}

it('declarations stay if an entry of the package exports them, or a declaration that stays names them', async () => {
  const files = {
    'index.d.ts': `/// <reference types="node" preserve="true" />
export { Server, type Options as ServerOptions } from './server.js';
export type * from './data.js';
`,
    'pool/index.d.ts': "export type { Pool } from './pool.js';\n",
    'server.d.ts': `import { EventEmitter } from 'node:events';
import { Base as Other, type Hidden } from './base/index.js';
/** Options, under another name outside. */
export interface Options {
    /** Port. */
    readonly port: number;
}
/** Named by no public declaration. */
export interface Inner {
    /** A field. */
    readonly hidden: Hidden;
}
/** Public. */
export declare class Server extends Other {
    #private;
    readonly events: EventEmitter;
    readonly pool: import("./pool/index.js").Pool;
}
/** A function of one file. */
export declare const inner: (inner: Inner) => void;
`,
    'base/index.d.ts': "export { Base, Hidden } from './base.js';\n",
    'base/base.d.ts': `/** Named by a public class. */
export declare class Base {
}
/** Named by a hidden declaration only. */
export declare class Hidden {
}
export {};
`,
    'pool/pool.d.ts': '/** Pool. */\nexport type Pool = 1;\n',
    'data.d.ts': '/** To be extended. */\nexport interface Data {\n}\n',
    'alone.d.ts': '/** Imported by nobody. */\nexport type Alone = 1;\n',
  }
  expect(await declarationsOf(files)).toEqual({
    'index.d.ts': `/// <reference types="node" preserve="true" />
import './pool/index.js';
export { Server, type Options as ServerOptions } from './types.js';
export type * from './data.js';
`,
    'pool/index.d.ts': "export type { Pool } from '../types.js';\n",
    'types.d.ts': `import { Base as Other } from './types.js';
import { EventEmitter } from 'node:events';
/** Named by a public class. */
export declare class Base {
}
/** Pool. */
export type Pool = 1;
/** Options, under another name outside. */
export interface Options {
    /** Port. */
    readonly port: number;
}
/** Public. */
export declare class Server extends Other {
    #private;
    readonly events: EventEmitter;
    readonly pool: import("./types.js").Pool;
}
export {};
`,
    'data.d.ts': files['data.d.ts'],
  })
})

it('a file in which a name means something else keeps its declarations', async () => {
  const one =
    'export interface One {\n    readonly at: Place;\n}\ninterface Place {\n}\nexport {};\n'
  const other = 'export interface Other {\n    readonly at: Place;\n}\n'
  const third = 'export type Third = 3;\n'
  const files = { 'one.d.ts': one, 'other.d.ts': other, 'third.d.ts': third }
  const index = `export { One } from './one.js';
export { Other } from './other.js';
export { Third } from './third.js';
`
  const found = await declarationsOf({
    ...files,
    'index.d.ts': index,
    'pool/index.d.ts': 'export {};\n',
  })
  // `Place` of the other file is of the language, and no export.
  expect(found).toEqual({
    'index.d.ts': `export { Other } from './other.js';
export { One, Third } from './types.js';
`,
    'pool/index.d.ts': 'export {};\n',
    'other.d.ts': other,
    'types.d.ts': `${one.replace('export {};\n', '')}${third}export {};\n`,
  })
})

it('all names stay that a file exports through others', async () => {
  const files = {
    'index.d.ts': "export type * from './store.js';\n",
    'pool/index.d.ts': 'export {};\n',
    'store.d.ts': "export type Store = 1;\nexport type * from './mail.js';\n",
    'mail.d.ts': 'export type Mail = 2;\n',
  }
  const found = await declarationsOf(files)
  expect([found['store.d.ts'], found['mail.d.ts']]).toEqual([
    "export type * from './mail.js';\nexport type Store = 1;\n",
    'export type Mail = 2;\n',
  ])
})

it('an import that is not by name is refused, because its file cannot be found', async () => {
  const index = "import * as all from './all.js';\nexport declare const one: typeof all.one;\n"
  const files = { 'index.d.ts': index, 'all.d.ts': 'export declare const one: 1;\n' }
  await expect(declarationsOf({ ...files, 'pool/index.d.ts': 'export {};\n' })).rejects.toThrow(
    'expected imports by name',
  )
})
