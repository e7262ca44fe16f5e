import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * Writes a program of these lines of a shell, in a folder of its own that goes with the test.
 *
 * @returns Its path.
 */
export function fakeProgram(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'ffmpeg')
  writeFileSync(path, ['#!/bin/sh', ...lines].join('\n'))
  chmodSync(path, 0o755)
  return path
}
