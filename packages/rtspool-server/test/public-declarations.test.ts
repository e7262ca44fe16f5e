import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { hiddenStatements } from '../../../scripts/public-declarations.mjs'
import { withoutCommentsIn } from '../../../scripts/strip-comments.mjs'

const files = {
  'package.json': JSON.stringify({
    type: 'module',
    exports: { '.': { types: './index.d.ts' }, './package.json': './package.json' },
  }),
  'index.d.ts': "export { Server, type Options as ServerOptions } from './server.js';\n",
  'server.d.ts': `import { Base, Hidden } from './base.js';
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
export declare class Server extends Base {
    #private;
}
/** A function of one file. */
export declare const inner: (inner: Inner) => void;
`,
  'base.d.ts': `/** Named by a public class. */
export declare class Base {
    /** Imported by an import type. */
    kind: import('./kind.js').Kind;
}
/** Named by a hidden declaration only. */
export declare class Hidden {
}
`,
  'kind.d.ts': '/** Kind. */\nexport type Kind = 1;\n',
  'alone.d.ts': '/** Imported by nobody. */\nexport type Alone = 1;\n',
}

async function packageFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rtspool-declarations-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

it('comments stay where an entry of the package exports a declaration, or names it', async () => {
  const folder = await packageFolder()
  const hidden = hiddenStatements(folder)
  const strip = async (name: string): Promise<string> =>
    withoutCommentsIn(
      await readFile(join(folder, name), 'utf8'),
      hidden.get(join(folder, name)) ?? [],
    )
  expect([...hidden.keys()].map((path) => path.slice(folder.length + 1)).sort()).toEqual([
    ...['base.d.ts', 'index.d.ts', 'kind.d.ts', 'server.d.ts'],
  ])
  expect(await strip('server.d.ts')).toBe(
    files['server.d.ts'].replace(/^ *\/\*\* (Named|A f).*\n/gm, ''),
  )
  expect(await strip('base.d.ts')).toBe(files['base.d.ts'].replace(/^.*by a hidden.*\n/gm, ''))
  expect(await strip('kind.d.ts')).toBe(files['kind.d.ts'])
  expect(await strip('index.d.ts')).toBe(files['index.d.ts'])
})
