/**
 * Whether a path pattern means a path: the path itself, or for a pattern that ends in `/*` everything below it, at
 * any depth. `/*` alone means every path, the root among them.
 */
export function matchesPathPattern(pattern: string, path: string): boolean {
  return pattern.endsWith('/*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}
