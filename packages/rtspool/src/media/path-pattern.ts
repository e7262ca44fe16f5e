import { shown } from '../option-checks.js'
import { pathProblem } from '../rtsp/index.js'

/**
 * Whether a path pattern means a path: the path itself, or for a pattern that ends in `/*` everything below it, at
 * any depth. `/*` alone means every path, the root among them.
 */
export function matchesPathPattern(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/**
 * Makes sure that a path written by the application can be that of a request.
 *
 * @param name - What the path is, in messages: `a mount path`.
 * @throws {TypeError} when it is not absolute, no request can have it, or it is written as in a URI. `*` is refused
 * as well, for it looks like a pattern.
 */
export function checkPath(name: string, path: unknown): asserts path is string {
  checkAbsolute(name, path)
  checkParts(name, path, path)
}

/**
 * Makes sure that a path pattern means something: a path, or one that ends in `/*`.
 *
 * @param name - What the pattern is, in messages: `auth.rules[0].path`.
 * @throws {TypeError} when it is not absolute or matches no request.
 */
export function checkPathPattern(name: string, pattern: unknown): asserts pattern is string {
  checkAbsolute(name, pattern)
  checkParts(name, pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern, pattern)
}

/** @throws {TypeError} when it is no string that begins with `/`. */
export function checkAbsolute(name: string, path: unknown): asserts path is string {
  if (typeof path === 'string' && path.startsWith('/')) return
  throw new TypeError(`${name} must be an absolute path such as '/cam', got ${shown(path)}`)
}

function checkParts(name: string, path: string, received: string): void {
  const refuse = (expected: string): never => {
    throw new TypeError(`${name} must ${expected}, got ${shown(received)}`)
  }
  if (path.includes('*')) refuse("have no '*' but in '/*' at the end of a pattern")
  if (/[?#]/.test(path)) refuse("have no '?' or '#': queries and fragments are no part of a path")
  if (/%[0-9a-f]{2}/i.test(path)) refuse('be decoded text, without percent escapes')
  const problem = pathProblem(path)
  if (problem !== undefined) refuse(`have ${problem}`)
}
