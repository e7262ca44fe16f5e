import { useRef, useState } from 'preact/hooks'

/** State of a request to the API that a form or a button sends. */
export interface Action {
  readonly isRunning: boolean
  /** Sentence for the user about a failed request; empty if the last one succeeded. */
  readonly problem: string
  /** Sends a request, unless one is running. @returns True if it succeeded. */
  readonly run: (request: () => Promise<unknown>) => Promise<boolean>
}

/** Hook that returns the state of the requests of a form or a button. */
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
