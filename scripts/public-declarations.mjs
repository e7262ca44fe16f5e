/** Finds the declarations that users of a package see: those that its entries export, and all that these name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Neither the library of the language nor the types of Node: names of the package are found without them. */
const compilerOptions = {
  target: ts.ScriptTarget.Latest,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  noLib: true,
  noEmit: true,
  types: [],
}

/** Declares a name that other files can import, and so is left out if nothing names it. */
const isNamed = (statement) =>
  ts.isClassDeclaration(statement) ||
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  ts.isFunctionDeclaration(statement) ||
  ts.isVariableStatement(statement)

function statementOf(node) {
  let statement = node
  while (statement.parent && !ts.isSourceFile(statement.parent)) statement = statement.parent
  return statement
}

/** The statements that declare the exports of `entries`, or a name in such a statement. */
function namedStatements(program, entries) {
  const checker = program.getTypeChecker()
  const found = new Set()
  const add = (symbol) => {
    const isAlias = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
    const meant = isAlias ? checker.getAliasedSymbol(symbol) : symbol
    for (const declaration of meant?.declarations ?? []) found.add(statementOf(declaration))
  }
  const visit = (node) => {
    if (ts.isIdentifier(node)) add(checker.getSymbolAtLocation(node))
    ts.forEachChild(node, visit)
  }
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry))
    for (const symbol of module ? checker.getExportsOfModule(module) : []) add(symbol)
  }
  // A set also visits what is added meanwhile.
  for (const statement of found) visit(statement)
  return found
}

/**
 * Finds the declaration files that the entries of a package lead to, and in each the statements that no user sees.
 *
 * @param {string} packageFolder
 * @returns {Map<string, { pos: number, end: number }[]>} By path of the file: the places of these statements in its text.
 */
export function hiddenStatements(packageFolder) {
  const { exports = {} } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const entries = Object.values(exports)
    .filter(({ types }) => types)
    .map(({ types }) => join(packageFolder, types))
  const program = ts.createProgram(entries, compilerOptions)
  const seen = namedStatements(program, entries)
  const own = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(ts.sys.resolvePath(packageFolder)))
  return new Map(
    own.map(({ fileName, statements }) => [
      join(fileName),
      statements
        .filter((statement) => isNamed(statement) && !seen.has(statement))
        .map(({ pos, end }) => ({ pos, end })),
    ]),
  )
}
