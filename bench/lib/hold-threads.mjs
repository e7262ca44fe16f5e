// Holds all workers of this process, as a machine does that gives a thread no processor.
import { Session } from 'node:inspector/promises'
import { Workers } from './inspected-workers.mjs'

/** Keeps each worker busy with nothing. @returns Resolves when they go on with their work. */
export async function holdThreads(seconds) {
  const session = new Session()
  session.connect()
  const workers = new Workers(session)
  await workers.attach()
  const expression = `{ const end = Date.now() + ${seconds * 1000}; while (Date.now() < end); }`
  const answers = await workers.postAll('Runtime.evaluate', { expression })
  session.disconnect()
  return answers.length
}
