import { useRef, useState } from 'preact/hooks'

/** State of the request to the API that a form or a button sends, and the function that sends it. */
export interface Action {
  readonly isRunning: boolean
  /** Sentence for the user about a failed request; empty if the last one succeeded. */
  readonly problem: string
  /**
   * Calls `request`, unless an earlier call is running. An error appears in {@link problem}.
   *
   * @returns True if it succeeded.
   */
  readonly run: (request: () => Promise<unknown>) => Promise<boolean>
}

/** Hook for a form or a button that sends requests: returns the state of the present or last request. */
export function useAction(): Action {
  const [isRunning, setRunning] = useState(false)
  const [problem, setProblem] = useState('')
  // The state of a component is as old as its last drawing: a second click may come before the next one.
  const hasBegun = useRef(false)
  const run: Action['run'] = async (request) => {
    if (hasBegun.current) return false
    hasBegun.current = true
    setRunning(true)
    try {
      await request()
      setProblem('')
      return true
    } catch (error) {
      setProblem((error as Error).message)
      return false
    } finally {
      hasBegun.current = false
      setRunning(false)
    }
  }
  return { isRunning, problem, run }
}
