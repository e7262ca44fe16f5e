import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { ShareLogins } from '../access/share-logins.js'
import { type ConfigFile, defaultFiles, readConfigFile } from './config-file.js'
import { crossProblems } from './cross-checks.js'
import { type Environment, environmentLayer } from './environment.js'
import { isSection, type KeyPath, type KeySchema, nameOf, valueAt } from './key-schema.js'
import {
  ConfigError,
  type ConfigLayer,
  type ConfigProblem,
  type KeySources,
  problemsOf,
} from './problems.js'
import { type Config, configSchema, keySchema } from './schema.js'

/**
 * Sources of a configuration. The command line overrides the environment, and both override the
 * file.
 */
export interface ConfigSources {
  /** Name of the configuration file; `undefined` = no file. */
  readonly file: string | undefined
  readonly environment: Environment
  /** Layer of the values that options of the command line set. */
  readonly flags: ConfigLayer
  /** Users from the command line, each as `name:password`. */
  readonly users: readonly string[]
  /** Share links of the running server, with which players log in; absent = none. */
  readonly shares?: ShareLogins | undefined
}

/** A merged and checked configuration, with the sources of its values. */
export interface LoadedConfig extends KeySources {
  readonly config: Config
  readonly file: ConfigFile | undefined
  /**
   * Warnings about the file, the environment and the command line, such as a variable that sets nothing; one line each.
   */
  readonly warnings: readonly string[]
  /**
   * Returns the name of the option or variable that overrides the file for a key.
   *
   * @param path - Names of the section and the key.
   * @returns `undefined` if the value comes from the file or is the default.
   */
  winnerOf(path: KeyPath): string | undefined
}

/**
 * Returns the name of the configuration file.
 *
 * @param named - Name on the command line or in the environment.
 * @returns `undefined` if none is named and none of {@link defaultFiles} exists.
 */
export const findConfigFile = (named: string | undefined): string | undefined =>
  named ?? defaultFiles.find((name) => existsSync(name))

/**
 * Reads all sources (file, environment variables, command line), checks and merges them.
 *
 * @throws {ConfigError} Lists every mistake in every source.
 */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const root = keySchema()
  const file = sources.file === undefined ? undefined : readConfigFile(sources.file)
  return mergeLayers(root, file, environmentLayer(root, sources.environment), sources.flags)
}

/**
 * Checks a configuration file together with variables of the environment, without options of the command line. Secrets
 * that keys of the file need may be in variables.
 *
 * @param environment - Variables by name. @defaultValue none
 * @throws {ConfigError} Lists every mistake in the file and the variables.
 */
export function checkConfigFile(file: ConfigFile, environment: Environment = {}): LoadedConfig {
  const root = keySchema()
  const noFlags: ConfigLayer = { kind: 'flags', tree: {}, sourceOf: nameOf }
  return mergeLayers(root, file, environmentLayer(root, environment), noFlags)
}

/**
 * Checks a parsed configuration file, and merges it with the environment and the command line.
 *
 * @throws {ConfigError} Lists every mistake in every source.
 */
export function mergeFile(file: ConfigFile, { environment, flags }: ConfigSources): LoadedConfig {
  const root = keySchema()
  return mergeLayers(root, file, environmentLayer(root, environment), flags)
}

function mergeLayers(
  root: KeySchema,
  file: ConfigFile | undefined,
  environment: ConfigLayer & { readonly warnings: readonly string[] },
  flags: ConfigLayer,
): LoadedConfig {
  const layers = [...(file ? [file] : []), environment, flags]
  const problems = layers.flatMap((layer) => problemsOfLayer(layer, root))
  if (problems.length > 0) throw new ConfigError(problems)
  const trees = layers.map(({ tree, kind }) =>
    kind === 'file' && file ? withAbsoluteFiles(root, tree, dirname(resolve(file.name))) : tree,
  )
  const config = configSchema.parse(trees.reduce((below, above) => merged(root, below, above), {}))
  const strongest = (path: KeyPath, from: readonly ConfigLayer[]): ConfigLayer | undefined =>
    from.findLast(({ tree }) => valueAt(tree, path) !== undefined)
  const loaded: LoadedConfig = {
    config,
    file,
    warnings: environment.warnings,
    winnerOf: (path) => strongest(path, [environment, flags])?.sourceOf(path),
    sourceOf: (path) => {
      const layer = strongest(path, layers)
      if (!layer) return nameOf(path)
      return layer.kind === 'file'
        ? `${layer.sourceOf(path)}: ${nameOf(path)}`
        : layer.sourceOf(path)
    },
  }
  const crossed = crossProblems(config, loaded)
  if (crossed.length > 0) throw new ConfigError(crossed)
  return loaded
}

function problemsOfLayer(layer: ConfigLayer, root: KeySchema): ConfigProblem[] {
  const { error } = configSchema.safeParse(layer.tree)
  return error ? problemsOf(error.issues, layer, root) : []
}

/**
 * Merges the values of two sources, of which `above` overrides `below`: sections key by key. A list is replaced as a
 * whole, and so is a section whose keys are names that the user chooses.
 */
function merged(
  schema: KeySchema,
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const inner = schema.properties?.[name]
    const before = result[name]
    const isBoth = isSection(value) && isSection(before) && inner?.properties !== undefined
    result[name] = isBoth ? merged(inner, before, value) : value
  }
  return result
}

/**
 * Returns the values of a configuration file with absolute paths of files. In the file, such paths are relative to its
 * folder.
 */
function withAbsoluteFiles(
  schema: KeySchema,
  tree: Readonly<Record<string, unknown>>,
  folder: string,
): Record<string, unknown> {
  const entries = Object.entries(tree).map(([name, value]) => {
    const { additionalProperties: others, properties } = schema
    const inner = properties?.[name] ?? (typeof others === 'object' ? others : undefined)
    if (inner?.isFile && typeof value === 'string') return [name, resolve(folder, value)] as const
    return [
      name,
      inner && isSection(value) ? withAbsoluteFiles(inner, value, folder) : value,
    ] as const
  })
  return Object.fromEntries(entries)
}
