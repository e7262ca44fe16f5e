import { useState } from 'preact/hooks'

/** A request that a person has asked for. */
export interface Action {
  readonly isRunning: boolean
  /** Sentence about the last attempt; empty if it succeeded. */
  readonly problem: string
  /** Runs a request unless one is running. @returns True if it succeeded. */
  readonly run: (request: () => Promise<unknown>) => Promise<boolean>
}

/** Follows the requests of a form or a button. */
export function useAction(): Action {
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState('')
  const run: Action['run'] = async (request) => {
    if (isRunning) return false
    setRunning(true)
    try {
      await request()
      setProblem('')
      return true
    } catch (error) {
      setProblem((error as Error).message)
      return false
    } finally {
      setRunning(false)
    }
  }
  return { isRunning, problem, run }
}
