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

it('declarations stay where an entry of the package exports them, or one that names them', async () => {
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
export { Server, type Options as ServerOptions } from './server.js';
export type * from './data.js';
`,
    'pool/index.d.ts': files['pool/index.d.ts'],
    'server.d.ts': `import { Base as Other } from './base/base.js';
import { EventEmitter } from 'node:events';
/** Options, under another name outside. */
export interface Options {
    /** Port. */
    readonly port: number;
}
/** Public. */
export declare class Server extends Other {
    #private;
    readonly events: EventEmitter;
    readonly pool: import("./pool/pool.js").Pool;
}
`,
    'base/base.d.ts': `/** Named by a public class. */
export declare class Base {
}
export {};
`,
    'pool/pool.d.ts': files['pool/pool.d.ts'],
    'data.d.ts': files['data.d.ts'],
  })
})

it('an import that is not by name is refused, because its file cannot be found', async () => {
  const index = "import * as all from './all.js';\nexport declare const one: typeof all.one;\n"
  const files = { 'index.d.ts': index, 'all.d.ts': 'export declare const one: 1;\n' }
  await expect(declarationsOf({ ...files, 'pool/index.d.ts': 'export {};\n' })).rejects.toThrow(
    'expected imports by name',
  )
})
