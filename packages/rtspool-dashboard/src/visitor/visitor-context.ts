import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Visitor } from './visitor.js'

/** Context with the user who is logged in, for all parts of the page. */
export const VisitorContext = createContext<Visitor | undefined>(undefined)

/**
 * Hook that returns the user who is logged in. @throws {Error} outside of {@link VisitorContext}.
 */
export function useVisitor(): Visitor {
  const visitor = useContext(VisitorContext)
  if (!visitor) throw new Error('nobody has logged in')
  return visitor
}
