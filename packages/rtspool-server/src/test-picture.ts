import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Path at which the server plays the test picture. */
export const testPath = '/test'

/** Path of the MP4 file that the server plays as the test picture. */
export const testFile = fileURLToPath(new URL('../assets/test.mp4', import.meta.url))

const asset = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url))

/** Files that `rtspool camera` plays, by the path in the URL: H.264 with AAC, H.265, and linear PCM. */
export const cameraFiles: ReadonlyMap<string, string> = new Map([
  [testPath, testFile],
  ['/h265', asset('test-h265.mp4')],
  ['/pcm', asset('test-pcm.wav')],
])

/**
 * Returns the reason why the test picture cannot play: its file or the package that reads files is missing. Viewers
 * would get 503.
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
