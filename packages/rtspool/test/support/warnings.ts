import { forgetWarnings } from '../../src/listeners.js'
import { nextTurn } from './until.js'

/** Collects the library's warnings while `run` runs and in the turn after, as `[code, message]`. */
export async function warningsDuring(
  run: () => unknown,
): Promise<readonly (readonly [code: string, message: string])[]> {
  const warnings: [string, string][] = []
  const listener = (warning: Error & { readonly code?: string }): void => {
    if (warning.name === 'RtspoolWarning') warnings.push([warning.code ?? '', warning.message])
  }
  forgetWarnings()
  process.on('warning', listener)
  try {
    await run()
    await nextTurn()
  } finally {
    process.off('warning', listener)
    forgetWarnings()
  }
  return warnings
}
