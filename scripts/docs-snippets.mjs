/** Checks the snippets of the documentation: TypeScript against the built packages, shell by the names of its commands. */
import { join } from 'node:path'
import ts from 'typescript'
import { snippetsOf } from './docs-text.mjs'
import { root } from './workspace.mjs'

/** Where snippets stand for the compiler: from there it finds the packages of the repository. */
const folder = join(root, 'scripts')
const ambient = join(folder, 'snippet-names.d.mts')

const compilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
}

/** JavaScript has no types of its own: the compiler looks at imports, names, and the calls of the library. */
const javaScriptOptions = {
  ...compilerOptions,
  allowJs: true,
  checkJs: true,
  strict: false,
  exactOptionalPropertyTypes: false,
  noUncheckedIndexedAccess: false,
}

const messageOf = ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' ')

/** One name for each snippet of a language. */
function virtualFiles(pages, wanted) {
  const files = new Map()
  for (const { page, text } of pages) {
    for (const { language, code, line } of snippetsOf(text)) {
      if (language !== wanted) continue
      const name = join(folder, `snippet-${files.size + 1}.m${language}`)
      files.set(name, { page, line, code })
    }
  }
  return files
}

/** Compiles each snippet of a language as a module of its own. */
function compile(pages, language, options) {
  const files = virtualFiles(pages, language)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name)?.code ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name)?.code
    return code === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, code, version, true)
  }
  const program = ts.createProgram([ambient, ...files.keys()], options, host)
  const problems = ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const file = files.get(diagnostic.file?.fileName)
    if (!file) return `${diagnostic.file?.fileName ?? 'the snippets'}: ${messageOf(diagnostic)}`
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    return `${file.page}:${file.line + line}: ${messageOf(diagnostic)}`
  })
  return { count: files.size, problems }
}

/**
 * Compiles the snippets in TypeScript and JavaScript.
 *
 * @param pages - Each with its path and text.
 * @returns How many there are, and what is wrong, a line each.
 */
export function typeProblems(pages) {
  const typeScript = compile(pages, 'ts', compilerOptions)
  const javaScript = compile(pages, 'js', javaScriptOptions)
  return {
    count: typeScript.count + javaScript.count,
    problems: [...typeScript.problems, ...javaScript.problems],
  }
}

/** Programs that a reader may be asked to run. */
const commands = new Set(
  'cat cd chmod chown cp curl docker echo ffmpeg ffplay gst-launch-1.0 gst-play-1.0 journalctl mkdir node npm npx openssl printf rtspool systemctl useradd'.split(
    ' ',
  ),
)

/** The first word of each command of a line, behind settings of the environment. */
function commandsOf(line) {
  return line
    .replace(/\s#\s.*$/, '')
    .split(/ && | \|\| /)
    .map(
      (part) =>
        part
          .trim()
          .replace(/^(?:[A-Z_]+=('[^']*'|\S*)\s+)*/, '')
          .split(' ')[0],
    )
    .filter((word) => word !== '')
}

export function shellProblems(pages) {
  let count = 0
  const problems = []
  for (const { page, text } of pages) {
    for (const { language, code, line } of snippetsOf(text).filter(
      (each) => each.language === 'sh',
    )) {
      count++
      for (const command of code.replaceAll('\\\n', ' ').split('\n').flatMap(commandsOf)) {
        if (!commands.has(command)) {
          problems.push(`${page}:${line}: unknown command ${command} (${language})`)
        }
      }
    }
  }
  return { count, problems }
}
