/**
 * Joins the compiled modules of the library to one file for each layer, named after the folder of its sources: `server.js`
 * holds what `server/` has. A folder with an entry of its own, such as `media/file/`, has a file of its own. npm packs
 * files in the order of their names, so that each costs a header and shares little with its neighbours. The entries, and
 * the module of the send threads, stay where they are, and only export what they did.
 *
 * The modules of the command are joined where the same imports load them, so that each part is loaded only when it is used.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, posix, relative, sep } from 'node:path'
import { rolldown } from 'rolldown'

/** The module of the send threads, which none of the others imports. */
const worker = 'transport/worker/send-worker.js'

/** Paths of the entries of a package, as its manifest has them, below the folder of its code. */
function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.values(exports)
    .filter((target) => target.default)
    .map((target) => target.default.replace(/^\.\/lib\//, ''))
}

/** Returns the name of the file that holds the modules of a folder, without `.js`. */
function fileOf(folder, entryFolders) {
  // The entry of the package, and what all layers use, have no folder.
  if (folder === '.') return 'basics'
  const inside = entryFolders.filter((each) => `${folder}/`.startsWith(`${each}/`))
  return inside.sort((one, other) => other.length - one.length)[0] ?? folder.split('/')[0]
}

/** Corrects the URLs of other files that a module has, as its code moves to another folder. */
const movedUrls = (placeOf) => ({
  name: 'moved urls',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null
    const { from, to } = placeOf(id)
    const moved = code.replace(/new URL\((['"`])(\.[^'"`]+)\1/g, (_, quote, path) => {
      const target = posix.relative(to, posix.join(from, path))
      return `new URL(${quote}${target.startsWith('.') ? '' : './'}${target}${quote}`
    })
    return { code: moved, map: null }
  },
})

const textsOf = (output) => new Map(output.map(({ fileName, code }) => [fileName, code]))

/** Options for all packages: other packages, and the modules of Node, are not joined. */
const inputOptions = {
  platform: 'node',
  external: (name) => /^[^./\0]/.test(name) && !/^[a-z]:\\/i.test(name),
}
const outputOptions = {
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
  minify: false,
  minifyInternalExports: false,
}

/**
 * @param {string} folder - Folder of the command, whose compiled modules are in its `dist`.
 * @returns {Promise<Map<string, string>>} The code by its name. All files are in one folder; `main.js` is the command.
 */
export async function joinedCommand(folder) {
  const dist = join(folder, 'dist')
  const from = (path) => relative(dist, dirname(path)).split(sep).join('/') || '.'
  const bundle = await rolldown({
    ...inputOptions,
    input: { main: join(dist, 'main.js') },
    plugins: [movedUrls((path) => ({ from: from(path), to: '.' }))],
  })
  const { output } = await bundle.generate(outputOptions)
  await bundle.close()
  return textsOf(output)
}

/**
 * @param {string} folder - Folder of the library, whose compiled modules are in its `dist`.
 * @param {readonly (readonly [path: string, source: string])[]} others - Entries that the manifest has not.
 * @returns {Promise<Map<string, string>>} The code by its path, such as `media/file.js`.
 */
export async function joinedModules(folder, others = []) {
  const dist = join(folder, 'dist')
  const entries = [...entriesOf(folder), worker]
  const input = Object.fromEntries([
    ...entries.map((path) => [path.replace(/\.js$/, ''), join(dist, path)]),
    ...others.map(([path, source]) => [path.replace(/\.js$/, ''), source]),
  ])
  const alone = new Set(Object.values(input))
  const entryFolders = entries.map((path) => posix.dirname(path)).filter((path) => path !== '.')
  const folderOf = (path) => relative(dist, dirname(path)).split(sep).join('/') || '.'
  const placeOf = (path) => ({
    from: folderOf(path),
    to: alone.has(path) ? folderOf(path) : posix.dirname(fileOf(folderOf(path), entryFolders)),
  })
  const bundle = await rolldown({
    ...inputOptions,
    input,
    plugins: [movedUrls(placeOf)],
    // What an entry exports is what its source exports: entries hold nothing that others import.
    preserveEntrySignatures: 'allow-extension',
  })
  const nameOf = (path) => (alone.has(path) ? null : fileOf(folderOf(path), entryFolders))
  const { output } = await bundle.generate({
    ...outputOptions,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: nameOf, debugName: 'layers' }],
    },
  })
  await bundle.close()
  return textsOf(output)
}
