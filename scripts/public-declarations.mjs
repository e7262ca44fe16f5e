/**
 * Reduces the declarations of a package to those that its users see: what its entries export, and all that these name.
 * A user's compiler reads nothing else, and no file through which a name only passes. One file holds them all, but for
 * the entries, and for files in which a name means something else.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
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

const posix = (path) => path.split(sep).join('/')

function statementOf(node) {
  let statement = node
  while (statement.parent && !ts.isSourceFile(statement.parent)) statement = statement.parent
  return statement
}

/** The file of the declarations that are in no file of their own. */
const commonFile = 'types.d.ts'

const isAlias = (symbol) => (symbol.flags & ts.SymbolFlags.Alias) !== 0

/** Entries of a package in a folder of declarations, and the names that each file declares and needs. */
class Declarations {
  #folder
  #entries
  #program
  #checker
  /** The entries, and the files all of whose names they export. */
  #starred = new Set()
  /** Files whose declarations the common file holds. */
  #common = new Set()

  constructor(folder, entries) {
    this.#folder = ts.sys.resolvePath(folder)
    this.#entries = entries.map((entry) => join(folder, entry))
    this.#program = ts.createProgram(this.#entries, compilerOptions)
    this.#checker = this.#program.getTypeChecker()
  }

  /** @returns {Map<string, string>} The public declarations by path in the folder. */
  texts() {
    const kept = this.#keptStatements()
    const files = this.#program.getSourceFiles().filter((file) => this.#isOwn(file))
    for (const file of files) {
      if (this.#isEntry(file)) this.#starred.add(file)
    }
    // A set also visits what is added meanwhile.
    for (const file of this.#starred) {
      for (const target of this.#starTargetsOf(file)) this.#starred.add(target)
    }
    this.#common = this.#commonFiles(files, kept)
    const texts = new Map()
    for (const file of files) {
      const text = this.#common.has(file) ? undefined : this.#textOf(file, kept)
      if (text !== undefined) texts.set(this.#pathOf(file), text)
    }
    if (this.#common.size > 0) texts.set(commonFile, this.#commonText(kept))
    return texts
  }

  /** The files in which each name means the same, apart from entries and from those of which all names are exported. */
  #commonFiles(files, kept) {
    const meanings = new Map()
    const common = new Set()
    for (const file of files) {
      const statements = file.statements.filter((statement) => kept.has(statement))
      if (statements.length === 0 || this.#starred.has(file)) continue
      const own = this.#meaningsIn(statements, file)
      if ([...own].some(([name, meaning]) => (meanings.get(name) ?? meaning) !== meaning)) continue
      for (const [name, meaning] of own) meanings.set(name, meaning)
      common.add(file)
    }
    return common.size > 1 ? common : new Set()
  }

  /** What the names that statements use stand for: a declaration, or a text for names from outside. */
  #meaningsIn(statements, file) {
    const meanings = new Map()
    const visit = (node) => {
      if (ts.isIdentifier(node)) {
        const meaning = this.#meaningOf(node, file)
        if (meaning !== undefined) meanings.set(node.text, meaning)
      }
      ts.forEachChild(node, visit)
    }
    for (const statement of statements) visit(statement)
    return meanings
  }

  #meaningOf(identifier, file) {
    const symbol = this.#checker.getSymbolAtLocation(identifier)
    const [declaration] = symbol?.declarations ?? []
    if (!declaration) return `global ${identifier.text}`
    if (declaration.getSourceFile() !== file) return undefined
    if (isAlias(symbol)) {
      const meant = this.#meant(symbol).declarations?.[0]
      if (meant) return meant
      return `${moduleOf(declaration)} ${(declaration.propertyName ?? declaration.name).text}`
    }
    const statement = statementOf(declaration)
    const isTopLevel =
      declaration === statement ||
      (ts.isVariableStatement(statement) && declaration.parent.parent === statement)
    return isTopLevel ? declaration : undefined
  }

  #commonText(kept) {
    const imports = new Modules()
    const references = new Set()
    const body = []
    for (const file of this.#common) {
      for (const reference of referencesIn(file)) references.add(reference)
      for (const statement of file.statements.filter((each) => kept.has(each))) {
        body.push(this.#statementText(statement, file, imports))
      }
    }
    return [...references, ...imports.lines('import'), ...body, 'export {};\n'].join('')
  }

  #isOwn({ fileName }) {
    return fileName.startsWith(`${posix(this.#folder)}/`)
  }

  #pathOf({ fileName }) {
    return posix(relative(this.#folder, fileName))
  }

  /** The path at which users find the declarations of a file. */
  #placeOf(file) {
    return this.#common.has(file) ? join(this.#folder, commonFile) : file.fileName
  }

  #isEntry({ fileName }) {
    return this.#entries.some((entry) => posix(entry) === posix(fileName))
  }

  #meant(symbol) {
    return isAlias(symbol) ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  #exportsOf(file) {
    const module = this.#checker.getSymbolAtLocation(file)
    return module ? this.#checker.getExportsOfModule(module) : []
  }

  /** The statements that declare the exports of the entries, or a name in such a statement. */
  #keptStatements() {
    const kept = new Set()
    const add = (symbol) => {
      for (const declaration of (symbol && this.#meant(symbol).declarations) ?? []) {
        const statement = statementOf(declaration)
        if (this.#isOwn(statement.getSourceFile()) && !ts.isSourceFile(statement))
          kept.add(statement)
      }
    }
    const visit = (node) => {
      if (ts.isIdentifier(node)) add(this.#checker.getSymbolAtLocation(node))
      ts.forEachChild(node, visit)
    }
    for (const entry of this.#entries) {
      for (const symbol of this.#exportsOf(this.#program.getSourceFile(entry))) add(symbol)
    }
    // A set also visits what is added meanwhile.
    for (const statement of kept) visit(statement)
    return kept
  }

  #textOf(file, kept) {
    const statements = file.statements.filter((statement) => kept.has(statement))
    const isEntry = this.#isEntry(file)
    if (statements.length === 0 && !isEntry) return undefined
    const imports = new Modules()
    const body = statements.map((statement) => this.#statementText(statement, file, imports))
    const exports = new Modules()
    if (isEntry) this.#addExports(file, exports)
    const references = referencesIn(file)
    const stars = this.#starred.has(file) ? this.#starsOf(file, kept) : []
    const entries = isEntry ? this.#entriesBehind(file) : []
    const ties = [...entries, ...imports.lines('import'), ...exports.lines('export'), ...stars]
    const parts = [...references, ...ties, ...body]
    // Without an export of another form, all that a file declares would be exported.
    const isMarked = file.statements.some(ts.isExportDeclaration)
    const isModule = !exports.isEmpty || stars.length > 0
    return `${parts.join('')}${isMarked && !isModule ? 'export {};\n' : ''}`
  }

  /**
   * Imports of the other entries on which an entry depends. Without these, a program that imports this entry alone
   * could not add to an interface of the others by their names.
   */
  #entriesBehind(file) {
    const reached = new Set([file])
    const visit = (node) => {
      const isName = ts.isStringLiteral(node)
      const module = isName && this.#checker.getSymbolAtLocation(node)?.declarations?.[0]
      if (module && ts.isSourceFile(module) && this.#isOwn(module)) reached.add(module)
      ts.forEachChild(node, visit)
    }
    // A set also visits what is added meanwhile.
    for (const each of reached) visit(each)
    reached.delete(file)
    const others = [...reached].filter((each) => this.#isEntry(each))
    return others.map((each) => `import '${specifierOf(each.fileName, file.fileName)}';\n`).sort()
  }

  #starTargetsOf(file) {
    return starsIn(file).map((star) => {
      const module = this.#checker.getSymbolAtLocation(star.moduleSpecifier)
      return module?.declarations?.[0]
    })
  }

  /** Exports of all names of another file. They stay as they are, because users can add to an interface only so. */
  #starsOf(file, kept) {
    const targets = this.#starTargetsOf(file)
    return starsIn(file).map((star, index) => {
      const target = targets[index]
      if (!target?.statements.some((statement) => kept.has(statement))) {
        throw new Error(`${file.fileName}: expected declarations in ${star.moduleSpecifier.text}`)
      }
      return `${star.getText()}\n`
    })
  }

  /** The text of a statement with its docstring, in which names of other files are those of `imports`. */
  #statementText(statement, file, imports) {
    const edits = []
    const visit = (node) => {
      if (ts.isImportTypeNode(node)) this.#editImportType(node, file, edits)
      else if (ts.isIdentifier(node)) this.#addImport(node, file, imports)
      ts.forEachChild(node, visit)
    }
    visit(statement)
    let text = ''
    let position = statement.getFullStart()
    for (const { pos, end, by } of edits) {
      text += file.text.slice(position, pos) + by
      position = end
    }
    text += file.text.slice(position, statement.end)
    return `${text.replace(/^\/\/\/ <reference .*\n/gm, '').replace(/^\s*\n/, '')}\n`
  }

  #addImport(identifier, file, imports) {
    const symbol = this.#checker.getSymbolAtLocation(identifier)
    const [declaration] = symbol?.declarations ?? []
    if (!symbol || !isAlias(symbol) || declaration?.getSourceFile() !== file) return
    const specifier = moduleOf(declaration)
    if (specifier === undefined) return
    if (!ts.isImportSpecifier(declaration)) {
      throw new Error(`${file.fileName}: expected imports by name, got ${specifier}`)
    }
    const { isTypeOnly, parent } = declaration
    const isType = isTypeOnly || parent.parent.isTypeOnly
    const own = this.#ownPlace(this.#meant(symbol), file)
    if (own?.isHere && own.name === identifier.text) return
    const outside = (declaration.propertyName ?? declaration.name).text
    const name = own?.name ?? outside
    imports.add(own?.specifier ?? specifier, { name, as: identifier.text, isType })
  }

  #editImportType(node, file, edits) {
    const literal = node.argument.literal
    if (!literal?.text.startsWith('.') || !node.qualifier) return
    const symbol = this.#checker.getSymbolAtLocation(node.qualifier)
    const place = symbol && this.#ownPlace(this.#meant(symbol), file)
    if (!place) return
    edits.push({ pos: literal.getStart(), end: literal.end, by: `"${place.specifier}"` })
  }

  #addExports(file, exports) {
    for (const symbol of this.#exportsOf(file)) {
      const declaration = symbol.declarations?.[0]
      if (!declaration || !ts.isExportSpecifier(declaration)) continue
      if (declaration.getSourceFile() !== file) continue
      const isType = declaration.isTypeOnly || declaration.parent.parent.isTypeOnly
      const own = this.#ownPlace(this.#meant(symbol), file)
      if (!own) throw new Error(`${file.fileName}: expected ${symbol.name} to be of this package`)
      exports.add(own.specifier, { name: own.name, as: symbol.name, isType })
    }
  }

  /** The file of this package that declares a symbol, as `from` imports it, and its name there; else `undefined`. */
  #ownPlace(symbol, from) {
    const declaration = symbol.declarations?.[0]
    const file = declaration?.getSourceFile()
    if (!file || !this.#isOwn(file)) return undefined
    const [target, place] = [this.#placeOf(file), this.#placeOf(from)]
    return { specifier: specifierOf(target, place), name: symbol.name, isHere: target === place }
  }
}

/** The lines that name types which a file needs. */
const referencesIn = (file) => file.text.match(/^\/\/\/ <reference .*\n/gm) ?? []

/** Exports of all names of another file. */
const starsIn = (file) =>
  file.statements.filter((each) => ts.isExportDeclaration(each) && !each.exportClause)

/** The name by which the file at the path `from` imports another file. */
function specifierOf(target, from) {
  const path = posix(relative(dirname(from), target)).replace(/\.d\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

/** The module from which a declaration imports; `undefined` for one that does not import. */
function moduleOf(declaration) {
  let node = declaration
  while (node && !ts.isImportDeclaration(node)) node = node.parent
  return node?.moduleSpecifier.text
}

/** Names by the module that they come from. */
class Modules {
  #modules = new Map()

  get isEmpty() {
    return this.#modules.size === 0
  }

  add(specifier, { name, as, isType }) {
    const text = `${isType ? 'type ' : ''}${name === as ? name : `${name} as ${as}`}`
    const names = this.#modules.get(specifier) ?? new Map()
    // A value is a type as well.
    if (isType && names.has(as)) return
    this.#modules.set(specifier, names.set(as, text))
  }

  lines(verb) {
    return [...this.#modules].sort().map(([specifier, names]) => {
      const texts = [...names.values()]
      const areTypes = texts.every((text) => text.startsWith('type '))
      const list = areTypes ? texts.map((text) => text.slice('type '.length)) : texts
      return `${verb} ${areTypes ? 'type ' : ''}{ ${list.sort().join(', ')} } from '${specifier}';\n`
    })
  }
}

/**
 * @param {string} packageFolder
 * @param {string} declarations - Folder of the declarations of all files, laid out as those of the package.
 * @returns {Map<string, string>} The declarations that users need, by path below the folder of the entries.
 */
export function publicDeclarations(packageFolder, declarations) {
  const { exports = {} } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const entries = Object.values(exports)
    .filter(({ types }) => types)
    .map(({ types }) => types.replace(/^\.\/[^/]+\//, ''))
  return new Declarations(declarations, entries).texts()
}
