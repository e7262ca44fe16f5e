import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Path of the test picture. */
export const testPath = '/test'

/** The clip that the test picture plays. */
export const testFile = fileURLToPath(new URL('../assets/test.mp4', import.meta.url))

/**
 * Explains why the test picture cannot play, without opening it. Viewers would get 503.
 *
 * @returns `undefined` if nothing is missing.
 */
export function whyNoTestPicture(
  file = testFile,
  resolve: (name: string) => string = (name) => import.meta.resolve(name),
): string | undefined {
  if (!existsSync(file)) return `${file} is missing`
  try {
    resolve('mediabunny')
    return undefined
  } catch {
    return 'the package mediabunny is missing, which reads files: npm install mediabunny'
  }
}
