/**
 * `npm run docs` writes, and `npm run check:api` compares, `packages/rtspool/api/*.api.md`: the signatures of all public
 * names, one file for each entry of the package. A change of the public face shows in review, and none happens unseen.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'
import { fail, root, say } from './workspace.mjs'

const packageFolder = join(root, 'packages/rtspool')
const reportFolder = join(packageFolder, 'api')
const isCheck = process.argv.includes('--check')

const packageJson = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
/** Name of the report, and the declarations that it shows. */
const entries = Object.entries(packageJson.exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([name, { types }]) => [name === '.' ? 'rtspool' : name.slice(2), types])

/** A report shows signatures; whether a name has documentation is the concern of `npm run check:docs`. */
const silent = { default: { logLevel: 'none' } }

/** @returns The report of one entry, as text. */
function reportOf(name, types, folder) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(packageFolder, 'api-extractor.json'),
    packageJsonFullPath: join(packageFolder, 'package.json'),
    configObject: {
      projectFolder: packageFolder,
      mainEntryPointFilePath: join(packageFolder, types),
      compiler: { tsconfigFilePath: join(packageFolder, 'tsconfig.json') },
      newlineKind: 'lf',
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: folder,
        reportTempFolder: folder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  })
  const result = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === 'error') console.error(message.text)
    },
  })
  if (!result.succeeded) fail(`no report of ${name}: see above`)
  // The packed declarations are indented by tabs, which the report keeps behind its own spaces; the tabs are right.
  return readFileSync(join(folder, `${name}.api.md`), 'utf8').replaceAll(/^ +(\t+)/gm, (_, tabs) =>
    '    '.repeat(tabs.length),
  )
}

const folder = mkdtempSync(join(tmpdir(), 'rtspool-api-'))
try {
  const stale = []
  for (const [name, types] of entries) {
    const file = join(reportFolder, `${name}.api.md`)
    const text = reportOf(name, types, folder)
    if (!isCheck) {
      mkdirSync(reportFolder, { recursive: true })
      writeFileSync(file, text)
    } else if (read(file) !== text) stale.push(file.slice(root.length))
  }
  if (stale.length > 0) {
    fail(`the public face has changed: ${stale.join(', ')}; run npm run docs and commit the result`)
  }
  say(`${entries.length} reports of the public face ${isCheck ? 'are up to date' : 'written'}`)
} finally {
  rmSync(folder, { recursive: true })
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
