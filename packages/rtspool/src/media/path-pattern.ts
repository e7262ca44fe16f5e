import { shown } from '../option-checks.js'
import { pathProblem } from '../rtsp/index.js'

/**
 * Returns whether a path pattern matches a path. A pattern matches an equal path, and with `/*` at
 * its end also everything below, at any depth. `/*` alone matches every path, including the root.
 */
export function matchesPathPattern(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

/**
 * Checks a path that the application gives, such as a mount path: the decoded path of some request must be able to
 * equal it.
 *
 * @param name - Name of the path in messages: `a mount path`.
 * @throws {TypeError} If the path is not absolute, can be in no request, or is percent-encoded. `*` is refused too,
 *   because it looks like a pattern.
 */
export function checkPath(name: string, path: unknown): asserts path is string {
  checkAbsolute(name, path)
  checkParts(name, path, path)
}

/**
 * Checks that a path pattern can match: a path, or one that ends in `/*`.
 *
 * @param name - Name of the pattern in messages: `auth.rules[0].path`.
 * @throws {TypeError} If it is not absolute or matches no request.
 */
export function checkPathPattern(name: string, pattern: unknown): asserts pattern is string {
  checkAbsolute(name, pattern)
  checkParts(name, pattern.endsWith('/*') ? pattern.slice(0, -1) : pattern, pattern)
}

/** Checks that a value is an absolute path. @throws {TypeError} If it is not a string that begins with `/`. */
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
