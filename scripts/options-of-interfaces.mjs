/** Reads the options of the library from their interfaces: name, type, meaning and default, as their docstrings have them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { filesIn } from './generated-docs.mjs'
import { fail, root } from './workspace.mjs'

const sourceFolder = 'packages/rtspool/src'

/** Interfaces and type aliases of the library that are exported from their file, by name. */
function readDeclarations() {
  const found = new Map()
  for (const path of filesIn([sourceFolder], '.ts')) {
    const text = readFileSync(join(root, path), 'utf8')
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
    for (const statement of file.statements) {
      const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
      const isExported = statement.modifiers?.some(
        ({ kind }) => kind === ts.SyntaxKind.ExportKeyword,
      )
      if (isType && isExported) found.set(statement.name.text, { file, statement })
    }
  }
  return found
}

const declarations = readDeclarations()

const plain = (text) =>
  text
    .replace(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`')
    .replace(/\s*\n\s*/g, ' ')
    .trim()

/** The description, and the tags by name, of the last docstring of a node. */
function docstringOf(node) {
  const block = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)
  const textOf = (comment) => plain(ts.getTextOfJSDocComment(comment) ?? '')
  const tags = new Map((block?.tags ?? []).map((tag) => [tag.tagName.text, textOf(tag.comment)]))
  return { text: textOf(block?.comment), tags }
}

/** The names of the interfaces that a declaration extends, whole or with some options left out. */
function basesOf(statement) {
  const clauses = statement.heritageClauses ?? []
  return clauses
    .flatMap(({ types }) => types)
    .map((type) => {
      const name = type.expression.text
      const [base = type, omitted] = name === 'Omit' ? type.typeArguments : [type]
      const left = omitted?.getText().match(/\w+/g) ?? []
      return { name: base === type ? name : base.typeName.text, without: left }
    })
}

function optionOf(member, file) {
  const { text, tags } = docstringOf(member)
  return {
    name: member.name.getText(file),
    type: member.type
      .getText(file)
      .replace(/\s+/g, ' ')
      .replace(/^\| | \| undefined$/g, '')
      // The type of `session.data` says nothing about an option.
      .replace(/<(?:NoInfer<Data>|Data)>/g, ''),
    isOptional: member.questionToken !== undefined,
    text,
    default: tags.get('default') ?? tags.get('defaultValue'),
  }
}

/**
 * The options of an interface, its own first and then those of the interfaces that it extends.
 *
 * @returns Nothing for a type alias, and `undefined` when no such type is exported.
 */
export function optionsOf(name) {
  const declaration = declarations.get(name)
  if (!declaration) return undefined
  const { file, statement } = declaration
  if (!ts.isInterfaceDeclaration(statement)) return []
  const own = statement.members
    .filter(ts.isPropertySignature)
    .map((member) => optionOf(member, file))
  const taken = new Set(own.map((option) => option.name))
  const inherited = basesOf(statement).flatMap((base) => {
    const isKept = (option) => !base.without.includes(option.name) && !taken.has(option.name)
    return (optionsOf(base.name) ?? []).filter(isKept)
  })
  return [...own, ...inherited]
}

/** The first paragraph of the docstring of an interface. */
export function meaningOf(name) {
  const declaration = declarations.get(name) ?? fail(`no interface ${name} is exported`)
  return docstringOf(declaration.statement).text
}

/** Names that end in `Options` among all that the entries of the package export. */
export function publicOptions() {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/rtspool/package.json'), 'utf8'))
  const entries = Object.values(manifest.exports)
    .map(({ types }) => types)
    .filter(Boolean)
  const sources = entries.map((types) =>
    types.replace('./lib', sourceFolder).replace(/\.d\.ts$/, '.ts'),
  )
  const names = sources.flatMap(
    (path) => readFileSync(join(root, path), 'utf8').match(/\b[A-Z]\w*Options\b/g) ?? [],
  )
  return [...new Set(names)].sort()
}
